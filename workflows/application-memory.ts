import { DAY, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { DeliveryHandle, Traffic } from '../model/delivery.js';
import type { Stood } from '../model/drift.js';
import { isTask, placeOf, type AnyRelease } from '../model/release.js';
import type { HistoryEntry, Renamed } from '../model/wire.js';
import { iso } from '../model/wire.js';
import type { Recalled } from '../activities/people.js';
import type { ApplicationState, DeploymentEnded, LastDeployed, OpenDeployment } from './messages.js';

/** How many ended deployments an application remembers; a rollback can go back to any good one of them. */
export const HISTORY_LENGTH = 50;
const KEYS_KEPT_FOR = DAY;
const KEYS_KEPT_AT_LEAST = 200;
/** Upper bound on remembered idempotency keys, so that the memory stays far under 128 KB however fast CI calls. */
const KEYS_KEPT_AT_MOST = 300;

interface RememberedKey {
  key: string;
  body: string;
  n: number;
  at: number;
}

/** Everything an application knows: small, plain, carried whole over each continue-as-new. */
export interface Memory {
  highest: number;
  /** In the order of their turns; `queue[0]` runs and holds the lock. */
  queue: OpenDeployment[];
  history: HistoryEntry[];
  lastGood?: HistoryEntry;
  /** The release that ended well last: where a rollback finds the service and the target groups. */
  release?: AnyRelease;
  /** What that one left at the load balancer, where it said so. */
  stood?: Stood;
  held?: { by: string; reason: string; at: string };
  /** It goes on under another name; what it knew is there. */
  renamed?: Renamed & { id: string };
  /** The application that is about to go on under this name: until it does, nothing is deployed. */
  claimed?: { id: string; from: string };
  /** Renames by which this name was taken, the newest ones. */
  takenBy?: string[];
  formerly?: string;
  /** What a cancelled deployment was told to keep: the next one undoes it first. */
  diverged?: DeliveryHandle;
  keys: RememberedKey[];
  /** Sticky sessions to switch on again, not before `at` (epoch ms). */
  sticky?: { at: number; traffic: Traffic };
}

/** An application that was never heard of. */
export function emptyMemory(): Memory {
  return { highest: 0, queue: [], history: [], keys: [] };
}

/** Takes an ended deployment out of the queue and into the history. Telling it twice changes nothing. */
export function noteEnded(
  memory: Memory,
  {
    n,
    entry,
    release,
    kept,
    sticky,
    stood,
  }: Omit<DeploymentEnded, 'release'> & Partial<Pick<DeploymentEnded, 'release'>>,
): void {
  const held = memory.queue[0]?.id === entry.id;
  memory.queue = memory.queue.filter((q) => q.id !== entry.id);
  memory.highest = Math.max(memory.highest, n);
  if (!memory.history.some((h) => h.id === entry.id))
    memory.history = [entry, ...memory.history].slice(0, HISTORY_LENGTH);
  // What was found out before it was told has still to be heard; what is told again after others have ended has been.
  if (memory.history[0]?.id !== entry.id) return;
  if (kept) memory.diverged = kept;
  else if (held && release) delete memory.diverged;
  if (sticky) memory.sticky = { at: Date.parse(entry.completedAt) + stickyFor(sticky), traffic: sticky };
  if (entry.status !== 'SUCCEEDED') return;
  memory.lastGood = entry;
  if (release) memory.release = withoutDefinition(release);
  if (stood) memory.stood = stood;
  else delete memory.stood;
}

/**
 * A release as it is remembered: a rollback brings back a registered revision, and must never register what the last good release
 * held, which may be the very version that it leaves. The sealed text would also be most of the memory.
 */
function withoutDefinition(release: AnyRelease): AnyRelease {
  return { ...release, taskDefinition: { ...release.taskDefinition, sealed: '' } };
}

/** How long a cookie that was given before the change is good: until then it may find an emptied group (ecs-alb-facts §3). */
function stickyFor({ snapshot }: Traffic): Millis {
  return Math.max(0, ...snapshot.rules.map(({ stickiness }) => (stickiness?.durationSeconds ?? 0) * SECOND));
}

/** The history of a deployment whose workflow is gone without a word: terminated, or past the retention. */
export function lostEntry(id: string, now: number): HistoryEntry {
  const at = iso(now);
  return {
    id,
    status: 'FAILED',
    startedAt: at,
    completedAt: at,
    reason: 'Its workflow was terminated; what it left in AWS was not undone.',
  };
}

/** Whether a deployment is in the queue, or has ended. */
export function isKnown(memory: Memory, deployment: string): boolean {
  return [...memory.queue, ...memory.history].some(({ id }) => id === deployment);
}

/** Takes over what could be found out where there was no memory. */
export function noteRecalled(memory: Memory, found: Recalled, now: number): void {
  memory.highest = Math.max(memory.highest, found.highest);
  // One that said its end already is open for its last acts only; the one that has the lock keeps it.
  const [holder, ...waiting] = memory.queue;
  const strangers = found.open.filter(({ id }) => !isKnown(memory, id));
  memory.queue = [...(holder ? [holder] : []), ...[...waiting, ...strangers].sort((a, b) => a.n - b.n)];
  for (const entry of found.history) {
    if (!memory.history.some((h) => h.id === entry.id)) memory.history.push(entry);
  }
  memory.history = memory.history.sort((a, b) => b.completedAt.localeCompare(a.completedAt)).slice(0, HISTORY_LENGTH);
  if (found.release) memory.release ??= withoutDefinition(found.release);
  const good = memory.lastGood ?? memory.history.find((h) => h.status === 'SUCCEEDED');
  if (good) memory.lastGood = good;
  if (!found.running || good) return;
  const { id, ...lost } = lostEntry(found.running.deployment, now);
  memory.lastGood = {
    ...lost,
    id,
    status: 'SUCCEEDED',
    taskDefinition: found.running.taskDefinition,
    reason: 'Found running in AWS; its history was lost.',
  };
  memory.history.push(memory.lastGood);
}

/** The answer given before under this idempotency key: the same deployment, or `OTHER_BODY` when the body was another. */
export function recallKey(memory: Memory, key: string, body: string): { n: number } | 'OTHER_BODY' | undefined {
  const known = memory.keys.find((k) => k.key === key);
  if (!known) return undefined;
  return known.body === body ? { n: known.n } : 'OTHER_BODY';
}

/** Remembers an idempotency key for a day, and at least the newest 200 of them. */
export function rememberKey(memory: Memory, entry: RememberedKey, now: number): void {
  memory.keys = [entry, ...memory.keys]
    .filter((k, index) => index < KEYS_KEPT_AT_LEAST || now - k.at < KEYS_KEPT_FOR)
    .slice(0, KEYS_KEPT_AT_MOST);
}

/**
 * The good version that a rollback without a named one goes to: while something runs, the last good version (the one it replaces);
 * else the newest good one before the version that runs. What a rollback brought back is as old as it was at first, so that a
 * second rollback goes further back and never to the version that the first one left.
 */
export function rollbackTarget(memory: Memory, to?: string): HistoryEntry | undefined {
  const { history, lastGood } = memory;
  const isGood = (h: HistoryEntry): boolean => h.status === 'SUCCEEDED' && h.taskDefinition !== undefined;
  if (to !== undefined) return history.find((h) => h.id === to && isGood(h));
  if (!lastGood || memory.queue.length > 0) return lastGood;
  const first = lastGood.rollbackTo ?? lastGood.id;
  const runs = history.findIndex(({ id }) => id === first);
  if (runs < 0) return undefined;
  return history.slice(runs + 1).find((h) => isGood(h) && h.taskDefinition !== lastGood.taskDefinition);
}

/**
 * The last version that ended well and was analysed: what PREVIOUS compares with. Versions that a rollback left behind are passed
 * over, for they did not stay good.
 */
export function evidenceToCompareWith({ lastGood, history }: Memory): string | undefined {
  if (!lastGood) return undefined;
  const first = lastGood.rollbackTo ?? lastGood.id;
  const from = history.findIndex(({ id }) => id === first);
  const good = history.slice(Math.max(0, from)).filter(({ status }) => status === 'SUCCEEDED');
  return good.find(({ analysed, rollbackTo }) => analysed === true && rollbackTo === undefined)?.id;
}

/** Why nothing is deployed under this name, and what to do; undefined where it may be. */
export function whyClosed(
  app: string,
  { renamed, claimed }: Pick<Memory, 'renamed' | 'claimed'>,
): { reason: string; fix: string } | undefined {
  if (renamed) {
    return {
      reason: renamed.underWay
        ? `${app} is being renamed to ${renamed.to} by ${renamed.by}: ${renamed.reason}`
        : `${app} was renamed to ${renamed.to} by ${renamed.by} at ${renamed.at}: ${renamed.reason}`,
      fix: `Deploy ${renamed.to}; to give it this name again: sluice rename ${renamed.to} ${app} --reason "…".`,
    };
  }
  if (!claimed) return undefined;
  return {
    reason: `${app} takes over what ${claimed.from} has, which is being renamed.`,
    fix: `Try again in some seconds. If it stays so: sluice rename ${claimed.from} ${app} --reason "…".`,
  };
}

/** Why the last good version is not deployed once more for drift; nothing where it may be. */
export function whyNotAgain(app: string, memory: Memory, good: string, now: number): string | undefined {
  const { queue, held, diverged, lastGood, release, history } = memory;
  const closed = whyClosed(app, memory);
  if (closed) return closed.reason;
  const [busy] = queue;
  if (busy) return `${busy.id} is under way.`;
  if (held) return `${app} is held by ${held.by}: ${held.reason}`;
  if (diverged) return `${diverged.deployment} was told to keep what it had done.`;
  if (!lastGood || lastGood.id !== good) return `${good} is not the version that should be running any more.`;
  if (!release || lastGood.taskDefinition === undefined) return `What ${good} brought out is not known any more.`;
  const window = release.drift?.redeploy?.minWindow;
  if (window === undefined) return 'trigger.onOutOfSync is disabled.';
  const [last] = history;
  const until = last ? Date.parse(last.completedAt) + window : 0;
  return now < until ? `trigger.onOutOfSync.minWindow is not over before ${iso(until)}.` : undefined;
}

/** The rollback that is under way or waits, if a further one would do no more than it: to the same version, or to none named. */
export function sameRollback(memory: Memory, to?: string): OpenDeployment | undefined {
  return memory.queue.find(({ rollbackTo }) => rollbackTo !== undefined && (to === undefined || to === rollbackTo));
}

/** Pending deployments that a new one makes pointless: those that wait, but for rollbacks. */
export function superseded(memory: Memory): OpenDeployment[] {
  return memory.queue.slice(1).filter(({ rollbackTo }) => rollbackTo === undefined);
}

function asTold({ id: _inside, ...renamed }: NonNullable<Memory['renamed']>): Renamed {
  return renamed;
}

function stateNameOf({ renamed, queue, held, diverged }: Memory): ApplicationState['state'] {
  if (renamed) return 'RENAMED';
  if (queue.length > 0) return 'DEPLOYING';
  if (held) return 'HELD';
  return diverged ? 'DIVERGED' : 'IDLE';
}

/** The application as others see it. */
export function stateOf(app: string, memory: Memory): ApplicationState {
  const [running, ...waiting] = memory.queue;
  const pending = waiting.at(-1);
  const { release } = memory;
  return {
    app,
    state: stateNameOf(memory),
    ...(memory.renamed && { renamed: asTold(memory.renamed) }),
    ...(memory.formerly !== undefined && { formerly: memory.formerly }),
    ...(release &&
      isTask(release) && {
        task: { cluster: release.task.cluster, family: release.taskDefinition.family, provider: release.provider },
      }),
    ...(release && !isTask(release) && { service: placeOf(release) }),
    labels: release?.labels ?? {},
    ...(running && { running: running.id }),
    ...(pending && { pending: pending.id }),
    ...(memory.held && { held: memory.held }),
    ...(memory.lastGood && { lastGood: memory.lastGood }),
    history: memory.history,
    highest: memory.highest,
  };
}

/** What should be running, for those who look whether it does. */
export function lastDeployedOf({ queue, held, diverged, lastGood, release, stood, renamed }: Memory): LastDeployed {
  const [busy] = queue;
  return {
    ...(renamed && { renamed: renamed.to }),
    ...(busy && { busy: busy.id }),
    ...(held && { held }),
    ...(diverged && { diverged: diverged.deployment }),
    ...(lastGood && release && { good: { entry: lastGood, release, ...(stood && { stood }) } }),
  };
}

/** What Temporal's own UI shows of the application: Markdown. */
export function detailsOfApplication(state: ApplicationState): string {
  return [
    `### ${state.app}: ${state.state}`,
    `Running: ${state.running ?? 'nothing'}; waiting: ${state.pending ?? 'nothing'}; last good: ${state.lastGood?.id ?? 'none'}.`,
    ...(state.renamed ? [`Renamed to ${state.renamed.to} by ${state.renamed.by}: ${state.renamed.reason}`] : []),
    ...(state.held ? [`Held by ${state.held.by}: ${state.held.reason}`] : []),
  ].join('\n\n');
}
