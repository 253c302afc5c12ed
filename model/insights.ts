import { DAY } from './duration.js';
import type { Millis } from './duration.js';
import type { DeploymentDocument } from './wire.js';

/** What an ended deployment counts by. */
export type Ended = Pick<
  DeploymentDocument,
  'id' | 'app' | 'status' | 'trigger' | 'startedAt' | 'completedAt' | 'rollbackTo'
>;

/** How long something took, over several: seconds. */
export interface Spread {
  median: number;
  p90: number;
  count: number;
}

/** The four measures of delivery (DORA: deployment frequency, lead time, change failure rate, time to restore) of one group. */
export interface Insight {
  /** The application, the value of a label, or `all`. */
  group: string;
  /** Changes that ended well, were rolled back or failed; cancelled, superseded and rollbacks are no changes. */
  changes: number;
  /** Of those, that did not stay: rolled back, failed, or taken back afterwards. */
  bad: number;
  /** Changes that ended well, for each day of the period. */
  perDay: number;
  /** `bad` of `changes`, 0 to 1; absent without a change. */
  failureRate?: number;
  /** From the request to the new version having all of the traffic. */
  lead?: Spread;
  /** From a bad change's beginning to its rollback's end; of one that was taken back later, from its end to the end of what took it back. */
  restore?: Spread;
  /** Each day of UTC that the period touches, oldest first; the first and the last may be parts of one. */
  days: { day: string; good: number; bad: number }[];
}

export interface InsightsDocument {
  /** ISO 8601. */
  from: string;
  to: string;
  groups: Insight[];
  /** There were more than are counted: the newest are. */
  truncated?: true;
}

/** @param groupsOf of a deployment: it counts in each @param to epoch ms, the end of the period */
export function insightsOf(
  deployments: readonly Ended[],
  period: { days: number; to: number },
  groupsOf: (deployment: Ended) => readonly string[],
): Insight[] {
  const from = period.to - period.days * DAY;
  const takenBack = undone(deployments);
  const groups = new Map<string, Change[]>();
  for (const deployment of deployments) {
    const change = changeOf(deployment, takenBack);
    if (!change || change.endedAt < from || change.endedAt >= period.to) continue;
    for (const group of groupsOf(deployment)) groups.set(group, [...(groups.get(group) ?? []), change]);
  }
  return [...groups]
    .map(([group, changes]) => insightOf(group, changes, period))
    .sort((a, b) => b.changes - a.changes || (a.group < b.group ? -1 : 1));
}

interface Change {
  endedAt: number;
  bad: boolean;
  lead?: Millis;
  restore?: Millis;
}

/** When a good deployment was taken back: by the first rollback to an earlier version that ended well after it. */
function undone(deployments: readonly Ended[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const good = deployments
    .filter(({ status, completedAt }) => status === 'SUCCEEDED' && completedAt !== undefined)
    .sort((a, b) => at(a.completedAt) - at(b.completedAt));
  const running = new Map<string, Ended>();
  for (const deployment of good) {
    const before = running.get(deployment.app);
    // The same version once more, as for drift: what takes it back later takes back the change that brought it.
    if (before && before.id === deployment.rollbackTo) continue;
    if (deployment.rollbackTo !== undefined && before) found.set(before.id, at(deployment.completedAt));
    running.set(deployment.app, deployment);
  }
  return found;
}

function changeOf(deployment: Ended, takenBack: ReadonlyMap<string, number>): Change | undefined {
  const { id, status, trigger, startedAt, completedAt, rollbackTo } = deployment;
  if (completedAt === undefined || rollbackTo !== undefined) return undefined;
  const endedAt = at(completedAt);
  if (status === 'SUCCEEDED') {
    const back = takenBack.get(id);
    const lead = endedAt - at(trigger.at);
    return { endedAt, lead, bad: back !== undefined, ...(back !== undefined && { restore: back - endedAt }) };
  }
  if (status !== 'ROLLED_BACK' && status !== 'FAILED') return undefined;
  return {
    endedAt,
    bad: true,
    ...(status === 'ROLLED_BACK' && startedAt !== undefined && { restore: endedAt - at(startedAt) }),
  };
}

function insightOf(group: string, changes: readonly Change[], { days, to }: { days: number; to: number }): Insight {
  const bad = changes.filter((change) => change.bad).length;
  const lead = spreadOf(changes.flatMap((change) => change.lead ?? []));
  const restore = spreadOf(changes.flatMap((change) => change.restore ?? []));
  const good = changes.filter((change) => change.lead !== undefined).length;
  const [first, last] = [dayOf(to - days * DAY), dayOf(to - 1)];
  return {
    group,
    changes: changes.length,
    bad,
    perDay: good / days,
    ...(changes.length > 0 && { failureRate: bad / changes.length }),
    ...(lead && { lead }),
    ...(restore && { restore }),
    days: Array.from({ length: last - first + 1 }, (_, i) => {
      const day = first + i;
      const of = changes.filter(({ endedAt }) => dayOf(endedAt) === day);
      const wrong = of.filter((change) => change.bad).length;
      return { day: new Date(day * DAY).toISOString().slice(0, 10), good: of.length - wrong, bad: wrong };
    }),
  };
}

/** Days of UTC since 1970. */
function dayOf(at: number): number {
  return Math.floor(at / DAY);
}

function spreadOf(times: readonly Millis[]): Spread | undefined {
  if (times.length === 0) return undefined;
  const sorted = [...times].sort((a, b) => a - b);
  const quantile = (share: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0) / 1_000;
  return { median: quantile(0.5), p90: quantile(0.9), count: sorted.length };
}

function at(instant: string | undefined): number {
  return Date.parse(instant ?? '');
}
