import { random } from './random.js';
import type { Point } from './rollout.js';

/** One minute as the source shows it at some instant: perhaps not yet the whole of it. */
export interface Seen {
  at: number;
  requests: number;
  /** 0 where the source has no point: null is read as zero by every peer but Kayenta. */
  errors: number;
  value?: number;
}

const MINUTE = 60;

/**
 * The buckets that start in [from, to) as a source shows them at `now`. An event becomes visible one delay after it happens, so a
 * bucket fills up over a minute: until then a part of its requests is seen, drawn so that the same look always sees the same.
 * Our own judge never sees such a bucket, it waits for `arrivedAt`; the peers query what is there.
 */
export function seen(points: readonly Point[], from: number, to: number, now: number): Seen[] {
  return points.flatMap((point) => {
    if (point.at < from || point.at >= to) return [];
    const part = 1 - (point.arrivedAt - now) / MINUTE;
    return part <= 0 ? [] : show(point, Math.min(1, part), now);
  });
}

function show(point: Point, part: number, now: number): Seen[] {
  const { at, arrivedAt, value } = point;
  let { requests = 0, errors = 0 } = point;
  if (part < 1) {
    const draw = random(at, Math.round(arrivedAt * 1000), now);
    const fine = draw.binomial(requests - errors, part);
    errors = draw.binomial(errors, part);
    requests = fine + errors;
  }
  return requests === 0 ? [] : [{ at, requests, errors, ...(value !== undefined && { value }) }];
}

/** What a metric's query answers for one minute: errors by request, or the p95. */
export function reading(minute: Seen): number {
  return minute.value ?? minute.errors / minute.requests;
}

/** The same over several minutes together: errors by request of all, or the p95s weighted by their requests. None for no minute. */
export function pooled(minutes: readonly Seen[]): number | undefined {
  const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
  if (requests === 0) return undefined;
  return minutes.reduce((sum, minute) => sum + reading(minute) * minute.requests, 0) / requests;
}

/** Two versions' minutes as a query sees them that does not tell them apart. */
export function mixed(one: readonly Seen[], other: readonly Seen[]): Seen[] {
  const byStart = new Map<number, Seen[]>();
  for (const minute of [...one, ...other]) byStart.set(minute.at, [...(byStart.get(minute.at) ?? []), minute]);
  return [...byStart.entries()]
    .sort(([a], [b]) => a - b)
    .map(([at, minutes]) => {
      const requests = minutes.reduce((sum, minute) => sum + minute.requests, 0);
      const errors = minutes.reduce((sum, minute) => sum + minute.errors, 0);
      const value = minutes[0]?.value === undefined ? undefined : pooled(minutes);
      return { at, requests, errors, ...(value !== undefined && { value }) };
    });
}
