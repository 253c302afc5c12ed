import type { Policy, Verdict } from '../policy.js';
import type { Rollout } from '../rollout.js';
import { pooled, reading, type Seen, seen } from '../seen.js';

/** Failed checks that end a canary: the usual setting of Flagger's own examples. */
const THRESHOLD = 5;
const TICK = 60;

/**
 * Flagger's loop (anchors.md §2.2, §2.3): a check each minute; one that fails or finds no value adds to `failedChecks`, which nothing
 * takes back; the tick after the threshold was reached rolls back without another check.
 */
function loop(rollout: Rollout, window: number, query: (points: Seen[]) => number | undefined): Verdict {
  const { start, duration, canary, limit } = rollout;
  let [failedChecks, measurements] = [0, 0];
  for (let now = start + TICK; now <= start + duration; now += TICK) {
    if (failedChecks >= THRESHOLD) return { verdict: 'ROLLBACK', at: (now - start) / 60, measurements };
    const value = query(seen(canary, now - window, now, now));
    if (value !== undefined) measurements += 1;
    if (value === undefined || value > limit) failedChecks += 1;
  }
  return { verdict: 'PROMOTE', at: duration / 60, measurements };
}

/** The built-in metrics from Prometheus, over the last minute. */
export function builtIn(): Policy {
  return { name: 'flagger built-in 1m x5', judge: (rollout) => loop(rollout, 60, pooled) };
}

/** Datadog: a window of ten times the metric's interval, and the oldest point in it. */
export function datadogOldest(): Policy {
  function query(points: Seen[]): number | undefined {
    const oldest = points[0];
    return oldest && reading(oldest);
  }
  return { name: 'flagger datadog oldest x5', judge: (rollout) => loop(rollout, 600, query) };
}
