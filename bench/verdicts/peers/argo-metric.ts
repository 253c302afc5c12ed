/** The phases of Argo Rollouts, of a measurement, a metric and a run (anchors.md §1.2). */
export type Phase = 'Pending' | 'Running' | 'Successful' | 'Inconclusive' | 'Error' | 'Failed';

/** A metric's limits under Argo's names; absent ones have Argo's defaults. */
export interface Limits {
  count?: number;
  /** Only whether there is one matters here: without it and without `count` one measurement is taken. */
  interval?: string | null;
  failureLimit?: number;
  inconclusiveLimit?: number;
  consecutiveErrorLimit?: number;
  consecutiveSuccessLimit?: number;
}

/** What Argo counts of one metric. `count` leaves errors out. */
export interface Counters {
  count: number;
  successful: number;
  failed: number;
  inconclusive: number;
  error: number;
  consecutiveError: number;
  consecutiveSuccess: number;
}

export const NOTHING_COUNTED: Counters = {
  count: 0,
  successful: 0,
  failed: 0,
  inconclusive: 0,
  error: 0,
  consecutiveError: 0,
  consecutiveSuccess: 0,
};

/** The counters after one more measurement. An error is no count, and ends a row of successes; anything else ends a row of errors. */
export function counted(before: Counters, measurement: Phase): Counters {
  if (measurement === 'Error') {
    const { error, consecutiveError } = before;
    return { ...before, error: error + 1, consecutiveError: consecutiveError + 1, consecutiveSuccess: 0 };
  }
  return {
    ...before,
    count: before.count + 1,
    successful: before.successful + (measurement === 'Successful' ? 1 : 0),
    failed: before.failed + (measurement === 'Failed' ? 1 : 0),
    inconclusive: before.inconclusive + (measurement === 'Inconclusive' ? 1 : 0),
    consecutiveError: 0,
    consecutiveSuccess: measurement === 'Successful' ? before.consecutiveSuccess + 1 : 0,
  };
}

/** One measurement by what its two conditions said; an absent one was not written. */
export function measurement(conditions: { success?: boolean; failure?: boolean }): Phase {
  const { success, failure } = conditions;
  if (failure === true) return 'Failed';
  if (success === undefined) return 'Successful';
  if (success) return 'Successful';
  return failure === undefined ? 'Failed' : 'Inconclusive';
}

/** The phase of one metric (anchors.md §1.2, "One metric", in its order). `last` is its newest measurement. */
export function assessMetric(limits: Limits, counters: Counters, last: Phase | undefined, terminating: boolean): Phase {
  if (last === undefined) return terminating ? 'Successful' : 'Pending';
  if (last === 'Running') return 'Running';
  const { failureLimit = 0, inconclusiveLimit = 0, consecutiveErrorLimit = 4, consecutiveSuccessLimit = 0 } = limits;
  if (counters.consecutiveError > consecutiveErrorLimit) return 'Error';
  if (counters.inconclusive > inconclusiveLimit) return 'Inconclusive';
  if (failureLimit >= 0 && counters.failed > failureLimit) return 'Failed';
  if (consecutiveSuccessLimit > 0 && counters.consecutiveSuccess >= consecutiveSuccessLimit) return 'Successful';
  if (counters.count >= wanted(limits)) {
    if (consecutiveSuccessLimit === 0) return 'Successful';
    return failureLimit >= 0 ? 'Inconclusive' : 'Failed';
  }
  return terminating ? 'Successful' : 'Running';
}

/** A `count` of 0 is no count. */
function wanted({ count = 0, interval = null }: Limits): number {
  if (count > 0) return count;
  return interval === null ? 1 : Infinity;
}

const WORSE: readonly Phase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

/** The phase of a run: Running until every metric is at its end, then the worst; a dry-run metric is waited for, but never counts. */
export function assessRun(metrics: readonly { phase: Phase; dryRun: boolean }[]): Phase {
  if (metrics.some(({ phase }) => phase === 'Running' || phase === 'Pending')) return 'Running';
  const counting = metrics.filter(({ dryRun }) => !dryRun);
  return counting.reduce<Phase>((worst, { phase }) => (isWorse(worst, phase) ? phase : worst), 'Successful');
}

/** Whether `next` is a worse phase than `current`. */
export function isWorse(current: Phase, next: Phase): boolean {
  return WORSE.indexOf(next) > WORSE.indexOf(current);
}
