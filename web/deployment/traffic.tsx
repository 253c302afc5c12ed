import type { JSX } from 'preact';
import type { DeploymentDocument } from '../../model/wire.js';

type Shares = NonNullable<DeploymentDocument['traffic']['verified']>;

/** The share of the requests that each version was given, and what the load balancer says when it is asked. */
export function Traffic({
  kind,
  traffic,
}: {
  kind: DeploymentDocument['kind'] | undefined;
  traffic: DeploymentDocument['traffic'];
}): JSX.Element {
  if (kind) return <NoWeights kind={kind} />;
  const { wanted, verified } = traffic;
  const same = verified !== null && JSON.stringify(wanted) === JSON.stringify(verified);
  return (
    <section aria-labelledby="traffic">
      <h2 id="traffic">Requests</h2>
      <Bar name="Wanted" shares={wanted} />
      {verified === null ? (
        <p class="quiet">The rules have not been read back yet.</p>
      ) : (
        <Bar name="Verified" shares={verified} />
      )}
      {verified !== null && (
        <p class={same ? 'quiet' : 'warn'}>
          {same
            ? '✓ The load balancer’s rules say what is wanted.'
            : '◐ The load balancer’s rules are on their way to what is wanted.'}
        </p>
      )}
    </section>
  );
}

function NoWeights({ kind }: { kind: NonNullable<DeploymentDocument['kind']> }): JSX.Element {
  return (
    <section aria-labelledby="traffic">
      <h2 id="traffic">Requests</h2>
      <p class="quiet">
        {kind === 'STANDALONE_TASK'
          ? 'A standalone task: it runs once and takes no requests.'
          : 'Found by service discovery: each version is asked in proportion to its tasks.'}
      </p>
    </section>
  );
}

function Bar({ name, shares }: { name: string; shares: Shares }): JSX.Element {
  const sides = [
    ['Primary', shares.primary],
    ['Canary', shares.canary],
    ...(shares.baseline === undefined ? [] : [['Baseline', shares.baseline]]),
  ] as [string, number][];
  const words = sides.map(([side, share]) => `${side} ${share} %`).join(', ');
  return (
    <div class="weights">
      <span class="quiet">{name}</span>
      <div class="bar" role="img" aria-label={`${name}: ${words}`}>
        {sides.map(([side, share]) => (
          <span key={side} class={side.toLowerCase()} style={{ flexGrow: share }} />
        ))}
      </div>
      <span class="number">{words}</span>
    </div>
  );
}
