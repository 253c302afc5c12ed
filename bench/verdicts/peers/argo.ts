import type { Policy, Verdict } from '../policy.js';
import type { Rollout } from '../rollout.js';
import { pooled, reading, type Seen, seen } from '../seen.js';
import { assessMetric, counted, type Limits, measurement, NOTHING_COUNTED, type Phase } from './argo-metric.js';

/** The window of Argo's Datadog provider where none is set, and of a usual rate(…[5m]) (anchors.md §1.6). */
const WINDOW = 300;

/**
 * Argo Rollouts with an inline analysis step: `interval` and an equal `initialDelay`, `count` so many that they fill the duration, and
 * `successCondition: default(result, 0) <= limit`, so that silence is a success: without it the usual empty series of a service without
 * errors would be an Error. Measurements are evaluated at now, whatever the source's delay.
 */
function analysis(rollout: Rollout, failureLimit: number, query: (points: Seen[]) => number | undefined): Verdict {
  const { start, interval, duration, canary, limit } = rollout;
  const limits: Limits = { interval: 'set', count: Math.floor(duration / interval), failureLimit };
  let counters = NOTHING_COUNTED;
  let phase: Phase = 'Running';
  let measurements = 0;
  let now = start;
  while (phase === 'Running') {
    now += interval;
    const result = query(seen(canary, now - WINDOW, now, now));
    if (result !== undefined) measurements += 1;
    const last = measurement({ success: (result ?? 0) <= limit });
    counters = counted(counters, last);
    phase = assessMetric(limits, counters, last, false);
  }
  return { verdict: phase === 'Successful' ? 'PROMOTE' : 'ROLLBACK', at: (now - start) / 60, measurements };
}

/** Datadog v1: the last point alone, and null is 0. */
export function datadogLastPoint(failureLimit: number): Policy {
  function query(points: Seen[]): number | undefined {
    const last = points.at(-1);
    return last && reading(last);
  }
  return {
    name: `argo datadog last point fl${failureLimit}`,
    judge: (rollout) => analysis(rollout, failureLimit, query),
  };
}

/** Prometheus: the quotient of two rates over five minutes. */
export function prometheus(failureLimit: number): Policy {
  return {
    name: `argo prometheus 5m fl${failureLimit}`,
    judge: (rollout) => analysis(rollout, failureLimit, pooled),
  };
}
