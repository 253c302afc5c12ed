import { useEffect, useState } from 'preact/hooks';
import type { JSX } from 'preact';
import { describeMatcher, type ChainDocument } from '../../model/chain.js';
import { ask } from '../api.js';
import { Link } from '../link.js';
import { Status } from '../status.js';

const LOOK_EACH = 3_000;

/** The deployments that follow a good one, as a tree; nothing before it has begun. */
export function Chain({ id, shown }: { id: string; shown: string }): JSX.Element | null {
  const [chain, setChain] = useState<ChainDocument | undefined>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let closed = false;
    const look = async (): Promise<void> => {
      // Not there yet, or the server is away: the next look tells.
      const found = await ask<ChainDocument>('GET', `/chains/${id}`).catch(() => undefined);
      if (closed) return;
      if (found) setChain(found);
      if (found?.completedAt === undefined) timer = setTimeout(() => void look(), LOOK_EACH);
    };
    void look();
    return () => {
      closed = true;
      clearTimeout(timer);
    };
  }, [id]);
  if (!chain) return null;
  return (
    <section aria-labelledby="chain">
      <h2 id="chain">Chain</h2>
      <p>
        <Status status={chain.status} /> {chain.reason}
      </p>
      <ol class="chain">
        <li>
          <Node deployment={chain.id} shown={shown} />
        </li>
        {chain.blocks.map((block, i) => (
          <li key={i}>
            <Status status={block.status} /> <strong>{describeMatcher(block.matcher) || 'all applications'}</strong>
            {block.nodes.length === 0 && block.reason !== undefined && <p class="quiet">{block.reason}</p>}
            <ul>
              {block.nodes.map((node) => (
                <li key={node.app}>
                  <Status status={node.status} />{' '}
                  {node.deployment === undefined ? node.app : <Node deployment={node.deployment} shown={shown} />}
                  {node.reason !== undefined && <span class="quiet"> {node.reason}</span>}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Node({ deployment, shown }: { deployment: string; shown: string }): JSX.Element {
  if (deployment === shown) return <strong aria-current="page">{deployment}</strong>;
  return <Link to={`/deployments/${deployment}`}>{deployment}</Link>;
}
