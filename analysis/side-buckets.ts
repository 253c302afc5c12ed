import type { Millis } from '../model/duration.js';
import type { Bucket, Point } from '../model/evidence.js';
import type { ComparedMetric, SeriesName } from '../model/metric.js';

/** The series of one version as a source told them. */
export type SideSeries = Partial<Record<SeriesName, readonly Point[]>>;

/** What one look at the source told of both versions; all of the same moment. */
export interface PairLook {
  canary: SideSeries;
  /** Absent where the metric has no reference. */
  reference?: SideSeries;
  /** The primary's time before the canary, where the reference has none of its own. */
  history?: SideSeries;
  /** The queries as sent. */
  query: string;
  /** Length of the source's buckets. */
  bucket: Millis;
  /** Where its buckets begin within their length, counted from the epoch; 0 when absent. */
  phase?: Millis;
  /** When it was looked, epoch ms, by the source's own clock where it tells one. */
  at: number;
}

/** One version's buckets by their start, and the newest of them that shows that its data flows. */
export interface Side {
  buckets: ReadonlyMap<number, Bucket>;
  newest?: number;
}

/** How much later one bucket's data may come than another's, by the ±30 % that delays of metrics were modelled with (1.3 / 0.7). */
const DELAY_SPREAD = 1.3 / 0.7;
/** … and than the declared delay. */
const DECLARED_SPREAD = 1.3;

function byStart(points: readonly Point[] | undefined): Map<number, number> {
  return new Map((points ?? []).map(({ at, value }) => [at, value]));
}

/**
 * A version's buckets. Where requests were counted and no errors, there were none: the requests show that data flows. Errors without
 * requests count as that many requests, for they were some. A value that the source left out is `emptyValue` where the watermark
 * shows that data flows, and nothing otherwise.
 */
export function sideOf(metric: ComparedMetric, series: SideSeries): Side {
  const buckets = new Map<number, Bucket>();
  if (metric.kind === 'COUNTS') {
    const errors = byStart(series.errors);
    for (const [at, requests] of byStart(series.requests)) {
      const bad = Math.max(0, errors.get(at) ?? 0);
      buckets.set(at, { at, errors: bad, requests: Math.max(0, requests, bad) });
    }
    for (const [at, bad] of errors)
      if (!buckets.has(at) && bad > 0) buckets.set(at, { at, errors: bad, requests: bad });
  } else {
    for (const [at, value] of byStart(series.value)) buckets.set(at, { at, value });
    if (metric.emptyValue !== undefined) {
      for (const [at, flow] of byStart(series.watermark)) {
        if (flow > 0 && !buckets.has(at)) buckets.set(at, { at, value: metric.emptyValue });
      }
    }
  }
  const shows = metric.kind === 'COUNTS' ? series.requests : (series.watermark ?? series.value);
  let newest: number | undefined;
  for (const { at } of shows ?? []) if (newest === undefined || at > newest) newest = at;
  return { buckets, ...(newest !== undefined && { newest }) };
}

/**
 * Whether nothing more is expected of a bucket. One that is there is complete when a newer one is, or the declared delay has passed.
 * One that is not there may only be later than the newer ones: it is given the time by which delays are known to differ.
 * @param start of the bucket, epoch ms
 */
export function isSettled(
  start: number,
  side: Side,
  look: Pick<PairLook, 'at' | 'bucket'>,
  delay: Millis | undefined,
): boolean {
  const age = look.at - start - look.bucket;
  const there = side.buckets.has(start);
  if (delay !== undefined && age >= (there ? delay : delay * DECLARED_SPREAD)) return true;
  if (side.newest === undefined || side.newest <= start) return false;
  return there || age >= DELAY_SPREAD * Math.max(0, look.at - side.newest - look.bucket);
}
