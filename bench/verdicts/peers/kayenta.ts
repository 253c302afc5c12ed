import type { Policy, Verdict } from '../policy.js';
import type { Point, Rollout } from '../rollout.js';
import { type Seen, seen } from '../seen.js';
import { classify, PRODUCTION, score } from './kayenta-judge.js';

/** The usual pass threshold (anchors.md §3.1, step 10); with one metric any between 0 and 100 says the same. */
const PASS = 95;
const MINUTE = 60;

/**
 * One judgement at the end over all that arrived until then, in the settings that the reference names: an increase alone is bad, and a
 * minute of a series of errors that has no value is 0 (`nanStrategy: replace`). The control is the primary, or a baseline as large as
 * the canary, which is how Netflix uses it.
 */
export function kayenta(control: 'primary' | 'equal baseline'): Policy {
  return {
    name: `kayenta vs ${control}`,
    judge: (rollout) => judge(rollout, control === 'primary' ? rollout.primary : rollout.baseline),
  };
}

function judge(rollout: Rollout, control: readonly Point[]): Verdict {
  const { start, duration, canary, kind } = rollout;
  const end = start + duration;
  const [own, other] = [canary, control].map((points) => seen(points, start, end, end)) as [Seen[], Seen[]];
  const last = Math.max(own.at(-1)?.at ?? -Infinity, other.at(-1)?.at ?? -Infinity);
  const settings = { ...PRODUCTION, nanStrategy: kind === 'errors' ? ('replace' as const) : ('remove' as const) };
  const judged = classify(series(own, start, last), series(other, start, last), settings);
  return {
    verdict: score([{ ...judged, groups: ['canary'] }], {}) >= PASS ? 'PROMOTE' : 'ROLLBACK',
    at: duration / MINUTE,
    measurements: own.length > 0 && other.length > 0 ? 1 : 0,
  };
}

/** A value for each minute from the start to the last that the source shows of either side; NaN where it shows none. */
function series(points: readonly Seen[], start: number, last: number): number[] {
  const byStart = new Map(points.map((point) => [point.at, value(point)]));
  const count = Number.isFinite(last) ? (last - start) / MINUTE + 1 : 0;
  return Array.from({ length: count }, (_, index) => byStart.get(start + index * MINUTE) ?? NaN);
}

/** Datadog's null stays null with Kayenta: a minute without an error has no ratio. */
function value({ errors, requests, value: p95 }: Seen): number {
  if (p95 !== undefined) return p95;
  return errors > 0 ? errors / requests : NaN;
}
