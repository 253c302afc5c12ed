import type { Profile } from './profile.js';
import type { Random } from './random.js';
import type { Minute, Traffic } from './traffic.js';

/**
 * One bucket of one minute as a metrics source shows it; all in seconds. It has the shape of a point of `sluice judge`: `at` is its
 * start, it is invisible before `arrivedAt`, and what lies before the rollout's start is history.
 */
export interface Point {
  at: number;
  arrivedAt: number;
  requests?: number;
  /** Absent where there was none: ALB reports no 5xx point for a minute without errors. */
  errors?: number;
  /** The p95 in milliseconds. */
  value?: number;
}

/** All that a judge may know of one rollout. The first request reached the canary at `start`. */
export interface Rollout {
  kind: Profile['kind'];
  start: number;
  /** Seconds. */
  duration: number;
  interval: number;
  /** The delay that the source is known to have, in seconds; each bucket's own is up to 30 % off. */
  lag: number;
  limit: number;
  canary: Point[];
  primary: Point[];
  /** A second set of the old version that gets as much traffic as the canary: only Kayenta's usual setting has one. */
  baseline: Point[];
  /** The primary's points before the start. */
  history: Point[];
}

const MINUTE = 60;
/** verdicts.md §1: a bucket's delay differs from its source's by up to 30 %, for each bucket and side. */
const JITTER = 0.3;

/** Shows some traffic through a source that lags by `lagMinutes`. The same traffic can be shown through several. */
export function rollout(traffic: Traffic, lagMinutes: number, random: Random): Rollout {
  const { profile } = traffic;
  const lag = lagMinutes * MINUTE;
  function points(minutes: readonly Minute[], first: number): Point[] {
    return minutes.flatMap((minute, index) => {
      const at = (first + index) * MINUTE;
      const arrivedAt = at + MINUTE + lag * (1 + JITTER * (2 * random.uniform() - 1));
      return point(minute, profile.kind, at, arrivedAt);
    });
  }
  return {
    kind: profile.kind,
    start: 0,
    duration: profile.minutes * MINUTE,
    interval: profile.interval * MINUTE,
    lag,
    limit: profile.limit,
    canary: points(traffic.canary, 0),
    primary: points(traffic.primary, 0),
    baseline: points(traffic.baseline, 0),
    history: points(traffic.before, -traffic.before.length),
  };
}

/** None for a minute without requests. */
function point(minute: Minute, kind: Profile['kind'], at: number, arrivedAt: number): Point[] {
  if (minute.requests === 0) return [];
  if (kind === 'latency') return [{ at, arrivedAt, requests: minute.requests, value: minute.p95 }];
  return [{ at, arrivedAt, requests: minute.requests, ...(minute.errors > 0 && { errors: minute.errors }) }];
}
