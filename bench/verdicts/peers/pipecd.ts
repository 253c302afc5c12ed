import { mannWhitney } from '../../../analysis/statistics/mann-whitney.js';
import type { Policy, Verdict } from '../policy.js';
import type { Rollout } from '../rollout.js';
import { mixed, reading, seen } from '../seen.js';

/** What one look of PipeCD's analyzer says: nothing to judge is a pass with it, an error is a failure. */
type Look = 'pass' | 'fail' | 'nothing' | 'error';

/** Hard-coded there. */
const ALPHA = 0.05;

/**
 * PipeCD's stage loop (pipecd.md §2.1 to §2.3): one look at each whole `interval`, the first after one (the one that falls on the deadline
 * is a race there: here it is made); the window is [now - interval, now] whatever the source's delay; failures add up and more than `failureLimit`
 * of them end it.
 */
function stage(
  rollout: Rollout,
  failureLimit: number,
  look: (rollout: Rollout, from: number, now: number) => Look,
): Verdict {
  const { start, interval, duration } = rollout;
  let [failures, measurements] = [0, 0];
  for (let now = start + interval; now <= start + duration; now += interval) {
    const outcome = look(rollout, now - interval, now);
    if (outcome === 'pass' || outcome === 'fail') measurements += 1;
    if (outcome === 'fail' || outcome === 'error') failures += 1;
    if (failures > failureLimit) return { verdict: 'ROLLBACK', at: (now - start) / 60, measurements };
  }
  return { verdict: 'PROMOTE', at: duration / 60, measurements };
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

/** CANARY_PRIMARY with deviation HIGH (pipecd.md §2.5): Mann and Whitney's test of the window's points at every look. */
export function canaryPrimary(failureLimit: number): Policy {
  function look(rollout: Rollout, from: number, now: number): Look {
    const canary = seen(rollout.canary, from, now, now);
    const primary = seen(rollout.primary, from, now, now);
    if (canary.length === 0 && primary.length === 0) return 'nothing';
    if (canary.length === 0 || primary.length === 0) return 'error';
    return mannWhitney(canary.map(reading), primary.map(reading), 'HIGH').pValue > ALPHA ? 'pass' : 'fail';
  }
  return { name: `pipecd canary_primary fl${failureLimit}`, judge: (rollout) => stage(rollout, failureLimit, look) };
}
