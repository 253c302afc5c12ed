import type { Policy } from '../policy.js';
import type { Rollout } from '../rollout.js';
import { mixed, reading, seen } from '../seen.js';

/** What one look of PipeCD's analyzer says: nothing to judge is a pass with it. */
type Look = 'pass' | 'fail' | 'nothing';

/**
 * PipeCD's stage loop (pipecd.md §2.1 to §2.3): one look at each whole `interval`, the first after one, the one that falls on the
 * deadline lost to it; the window is [now - interval, now] whatever the source's delay; failures add up and more than `failureLimit`
 * of them end it.
 */
function stage(rollout: Rollout, failureLimit: number, look: (rollout: Rollout, from: number, now: number) => Look) {
  const { start, interval, duration } = rollout;
  let [failures, measurements] = [0, 0];
  for (let now = start + interval; now <= start + duration; now += interval) {
    const outcome = look(rollout, now - interval, now);
    if (outcome !== 'nothing') measurements += 1;
    if (outcome === 'fail') failures += 1;
    if (failures > failureLimit) return { verdict: 'ROLLBACK', at: (now - start) / 60, measurements } as const;
  }
  return { verdict: 'PROMOTE', at: duration / 60, measurements } as const;
}

/** THRESHOLD (pipecd.md §2.4): every point of the window must be within the limit. A missing numerator is a 0 (Datadog's null). */
export function threshold(over: 'whole-LB' | 'canary', failureLimit: number): Policy {
  function look({ canary, primary, limit }: Rollout, from: number, now: number): Look {
    const own = seen(canary, from, now, now);
    const points = over === 'canary' ? own : mixed(own, seen(primary, from, now, now));
    if (points.length === 0) return 'nothing';
    return points.every((point) => reading(point) <= limit) ? 'pass' : 'fail';
  }
  return {
    name: `pipecd threshold ${over} fl${failureLimit}`,
    judge: (rollout) => stage(rollout, failureLimit, look),
  };
}
