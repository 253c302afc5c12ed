import {
  ApplicationFailure,
  condition,
  patched,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  uuid4,
} from '@temporalio/workflow';
import { describeMatcher } from '../model/chain.js';
import type { ChainBlock, ChainDocument, ChainedApplication, ChainNode } from '../model/chain.js';
import { HOUR, MINUTE, SECOND } from '../model/duration.js';
import { mentionedFor } from '../model/notification.js';
import type { Audience } from '../model/notification.js';
import { iso } from '../model/wire.js';
import type { HistoryEntry } from '../model/wire.js';
import { announce } from './announce.js';
import { deployCommit } from './deploy-commit.js';
import { cancelChainUpdate, chainNodeEndedSignal, chainQuery } from './messages.js';
import type { ChainInput, Control } from './messages.js';
import { readControl } from './controls.js';
import { looking, remembering } from './proxies.js';
import { isFailedActivity, reasonOf } from './reason.js';

/** What cannot be deployed now, such as a held application, is tried again for so long. */
const WAITS_FOR = 10 * MINUTE;
const TRY_AGAIN = 30 * SECOND;
/** A deployment tells its end; one that could not is found out by looking, ever less often: each look costs ten events. */
const LOOK_AFTER = { first: 10 * MINUTE, longest: 2 * HOUR };
/** Side by side. The state tells of all of them each time one changes, and a workflow's history may be 50 MB. */
const MOST_NODES = 100;
const REASON_LENGTH = 500;

/**
 * The deployments that follow a good one: the applications of a block side by side, block after block, until one does not succeed. It
 * never touches a deployment: one that was begun goes to its own end, whatever becomes of the chain.
 */
export async function chain({ id, app, blocks, audience = { labels: {} } }: ChainInput): Promise<ChainDocument> {
  const state: ChainDocument = {
    id,
    app,
    status: 'RUNNING',
    reason: `${id} succeeded.`,
    startedAt: iso(Date.now()),
    blocks: blocks.map((matcher) => ({ matcher, status: 'NOT_STARTED', nodes: [] })),
  };
  const ended = new Map<string, HistoryEntry>();
  let cancelled: Control | undefined;
  // Chains that began under an older version go on saying all again, and looking as often.
  const isSparing = patched('chain-sparing');

  function publish(): void {
    upsertMemo({ chain: state });
    setCurrentDetails(detailsOfChain(state));
  }

  setHandler(chainQuery, () => state, { description: 'Its blocks, and the deployments in them.' });
  setHandler(chainNodeEndedSignal, (entry?: HistoryEntry) => {
    // Temporal's UI can send any signal, with no payload: to throw over it would stop the workflow for ever.
    if (entry?.id !== undefined) ended.set(entry.id, entry);
  });
  setHandler(
    cancelChainUpdate,
    (control?: Partial<Control>) => {
      cancelled = readControl(control);
      return state;
    },
    {
      description: 'Begin no further deployment. Those that run go on. {"by": "…", "reason": "…"}',
      validator: (_control) => {
        if (state.status === 'RUNNING' && !cancelled) return;
        throw ApplicationFailure.nonRetryable(`The chain after ${id} is ${state.status}.`, 'Refused');
      },
    },
  );

  async function runNode(node: ChainNode, found: ChainedApplication): Promise<void> {
    const note = ({ reason, ...over }: Partial<ChainNode>): void => {
      const before = JSON.stringify(node);
      Object.assign(node, over, reason !== undefined && { reason: reason.slice(0, REASON_LENGTH) });
      if (!isSparing || JSON.stringify(node) !== before) publish();
    };
    const giveUpAt = Date.now() + WAITS_FOR;
    while (node.deployment === undefined) {
      if (cancelled) return note({ status: 'CANCELLED', reason: `The chain was cancelled by ${cancelled.by}.` });
      const deployed = await deployCommit({ ...found, chain: id }, `deploy ${found.app}`);
      if (deployed.outcome === 'DEPLOYED') note({ status: 'PENDING', deployment: deployed.deployment });
      else if (deployed.outcome !== 'WAITS' || Date.now() >= giveUpAt)
        return note({ status: 'FAILED', reason: deployed.problem });
      else {
        note({ status: 'WAITING', reason: deployed.problem });
        await condition(() => cancelled !== undefined, TRY_AGAIN, { summary: `${node.app} cannot be deployed now` });
      }
    }
    const { deployment } = node;
    for (let pause = LOOK_AFTER.first; !ended.has(deployment);) {
      if (await condition(() => ended.has(deployment), pause, { summary: `until ${deployment} has ended` })) break;
      if (isSparing) pause = Math.min(2 * pause, LOOK_AFTER.longest);
      const look = await remembering.lookAtDeployment(deployment);
      if (look.ended) ended.set(deployment, look.ended);
      else if (!look.open) return note({ status: 'FAILED', reason: `${deployment} is gone.` });
    }
    const entry = ended.get(deployment);
    if (entry) note({ status: entry.status, reason: entry.reason });
  }

  async function runBlock(block: ChainBlock): Promise<void> {
    block.status = 'RUNNING';
    publish();
    const deployedAlready = [app, ...state.blocks.flatMap(({ nodes }) => nodes.map((node) => node.app))];
    const found = await findApplications(block, deployedAlready);
    if ('problem' in found) {
      block.status = 'FAILED';
      block.reason = found.problem;
      return;
    }
    if (found.applications.length > MOST_NODES) {
      block.status = 'FAILED';
      block.reason = `${found.applications.length} applications fit, and a block deploys ${MOST_NODES} at most: divide it by further labels`;
      return;
    }
    const pairs = found.applications.map((one): [ChainNode, ChainedApplication] => [
      { app: one.app, status: 'WAITING' },
      one,
    ]);
    block.nodes = pairs.map(([node]) => node);
    publish();
    await Promise.all(pairs.map(([node, one]) => runNode(node, one)));
    const bad = block.nodes.filter(({ status }) => status !== 'SUCCEEDED');
    block.status =
      bad.length === 0 ? 'SUCCEEDED' : bad.some(({ status }) => status !== 'CANCELLED') ? 'FAILED' : 'CANCELLED';
    if (bad.length > 0) block.reason = bad.map(({ app: one, status }) => `${one} ended ${status}`).join(', ');
  }

  publish();
  for (const [i, block] of state.blocks.entries()) {
    if (cancelled) break;
    await runBlock(block);
    if (block.status === 'SUCCEEDED') continue;
    state.status = block.status === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
    state.reason = `Block ${i + 1} of ${state.blocks.length} did not succeed: ${block.reason ?? ''}. No further deployment was begun.`;
    break;
  }
  if (state.status === 'RUNNING') {
    const all = state.blocks.every(({ status }) => status === 'SUCCEEDED');
    state.status = all ? 'SUCCEEDED' : 'CANCELLED';
    state.reason = all
      ? 'All of its applications were deployed.'
      : `Cancelled by ${cancelled?.by ?? 'somebody'}: ${cancelled?.reason ?? ''}`;
  }
  state.completedAt = iso(Date.now());
  publish();
  if (state.status === 'FAILED' && patched('tell-failed-chain')) await tellFailed(state, audience);
  return state;
}

function tellFailed({ id, app, reason }: ChainDocument, { labels, mentions = [] }: Audience): Promise<void> {
  const mention = mentionedFor(mentions, 'CHAIN_FAILED');
  return announce({
    id: uuid4(),
    event: 'CHAIN_FAILED',
    app,
    deployment: id,
    labels,
    at: Date.now(),
    reason,
    link: `/api/v1/chains/${id}`,
    page: `/deployments/${id}`,
    ...(mention && { mention }),
  });
}

async function findApplications(
  { matcher }: ChainBlock,
  not: string[],
): Promise<{ applications: ChainedApplication[] } | { problem: string }> {
  try {
    return await looking.findChained.executeWithOptions({ summary: `find ${describeMatcher(matcher)}` }, [
      { matcher, not },
    ]);
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    return { problem: `The repositories could not be read: ${reasonOf(error)}` };
  }
}

/** What Temporal's own UI shows of the chain: Markdown. */
function detailsOfChain({ id, status, reason, blocks }: ChainDocument): string {
  const rows = blocks.flatMap((block, i) => [
    `- **${i + 1}. ${describeMatcher(block.matcher) || 'all applications'}**: ${block.status}${block.nodes.length === 0 && block.reason ? ` (${block.reason})` : ''}`,
    ...block.nodes.map((node) => `  - ${node.deployment ?? node.app}: ${node.status} ${node.reason ?? ''}`),
  ]);
  return [`### After ${id}: ${status}`, reason, '', ...rows].join('\n');
}
