import type { Point } from '../model/evidence.js';
import { isBucketComplete, type Reach } from './completeness.js';
import { alignUp, type Window } from './windows.js';

/** What is known of the buckets that a source left out. */
export interface Filling {
  /**
   * Points of the denominator, when the query is a quotient of two counts. ALB reports 5xx only when there are some
   * (ALB's CloudWatch metrics page: a metric without a data point is not reported), so a bucket with requests and no
   * quotient had none.
   */
  denominator?: readonly Point[];
  /** The value that the file gives to a bucket the query left out; also for a quotient's, instead of zero. */
  emptyValue?: number;
  /** Points of the query that shows that data flows, when it is another than the judged one. */
  watermark?: readonly Point[];
}

/** The points to judge, in order, and how many of them the source did not send. */
export interface Filled {
  points: Point[];
  filled: number;
}

/**
 * The points of one window with its empty buckets filled, where a rule says what an empty bucket means:
 * - a quotient of two counts of the same selection is zero where its denominator has a point above zero and it has none itself;
 * - with `emptyValue`, each complete bucket of the window that has no point, provided that data was seen to flow (a watermark of
 *   its own must have a point within the window).
 * Everything else stays absent: null is not zero.
 */
export function fillEmpty(window: Window, points: readonly Point[], filling: Filling, reach: Reach): Filled {
  const inside = (at: number): boolean => at >= window.from && at < window.to;
  const byBucket = new Map<number, number>();
  for (const point of points) if (inside(point.at)) byBucket.set(point.at, point.value);
  const measured = byBucket.size;

  for (const { at, value } of filling.denominator ?? []) {
    if (inside(at) && value > 0 && !byBucket.has(at)) byBucket.set(at, filling.emptyValue ?? 0);
  }

  const ownWatermark = filling.denominator === undefined && filling.watermark === undefined;
  const flows = ownWatermark || (filling.watermark?.some((point) => inside(point.at)) ?? false);
  if (filling.emptyValue !== undefined && flows && reach.newest !== undefined) {
    for (let at = alignUp(window.from, reach.bucket); at < window.to; at += reach.bucket) {
      if (!byBucket.has(at) && isBucketComplete(at, reach)) byBucket.set(at, filling.emptyValue);
    }
  }

  const all = [...byBucket].map(([at, value]) => ({ at, value })).sort((a, b) => a.at - b.at);
  return { points: all, filled: all.length - measured };
}
