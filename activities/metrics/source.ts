import type { Look } from '../../analysis/judge.js';
import type { Millis } from '../../model/duration.js';
import type { Point } from '../../model/evidence.js';
import type { Metric, TaskSetPlace, ThresholdMetric, Variant, VariantPlaces } from '../../model/metric.js';

/** What a source is asked for one window. */
export interface Question {
  metric: ThresholdMetric;
  /** Start of the window, epoch ms; the answer holds all buckets from the one that begins there or before up to now. */
  from: number;
  /** Now, epoch ms. */
  now: number;
  /** Stops waiting for the answer. */
  cancelled: AbortSignal;
  places?: VariantPlaces;
}

/** What a source is asked when a window would pass. */
export type Confirming = Omit<Question, 'from' | 'metric'> & { metric: Metric };

/** One series that is wanted, under a name of the asker's: exactly one series must come back for it, or none. */
export interface WantedSeries {
  /** Unique in the question: `canary.errors`. */
  id: string;
  query: string;
  variant: Variant;
  place?: TaskSetPlace;
}

/** Several series at once, all of the same moment. */
export interface SeriesQuestion {
  wanted: readonly WantedSeries[];
  /** Epoch ms: the answer holds all buckets from the one that begins there or before up to now. */
  from: number;
  now: number;
  /** Length of the buckets. */
  resolution: Millis;
  /** For one call. */
  timeout: Millis;
  cancelled: AbortSignal;
}

/** What a source told. Null and NaN are no values and never become points. */
export interface SeriesAnswer {
  /** By id, in order of time; a series without a point is absent or empty. */
  series: Readonly<Record<string, readonly Point[]>>;
  /** Length of the buckets that came. */
  bucket: Millis;
  /** When it was looked, epoch ms, by the source's own clock where it tells one. */
  at: number;
}

/** One metrics source. A new kind of source is a folder of its own with `request`, `client` and `decode`. */
export interface MetricSourceClient {
  /** The query as it will be sent, for the evidence of a window whose source never answered. */
  render(metric: Metric): string;
  /** @throws SourceError for everything that is not an answer; the cancellation's reason when `cancelled` is aborted. */
  ask(question: Question): Promise<Look>;
  /** Like `ask`, for several series of several versions. Batched into as few calls as the source allows; the same one in flight is sent once. */
  read(question: SeriesQuestion): Promise<SeriesAnswer>;
  /**
   * Whether the source has the metrics that a query names, so that what it left out can be taken as nothing. Those whose points were
   * seen are not asked for.
   * @returns why it could not be seen, when the source may not be asked; undefined when it has them all
   * @throws SourceError `refused` when it has one of them not, and for everything that is not an answer
   */
  confirm(confirming: Confirming): Promise<string | undefined>;
}

/**
 * Why a source did not answer. `transient`: the same question may be answered later, not before `notBefore` (epoch ms) where the
 * source said so. `refused`: asking again changes nothing until somebody mends the key, the query or the address.
 */
export class SourceError extends Error {
  constructor(
    readonly kind: 'transient' | 'refused',
    message: string,
    readonly notBefore?: number,
  ) {
    super(message);
    this.name = 'SourceError';
  }
}
