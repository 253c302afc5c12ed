import type { Look } from '../../analysis/judge.js';
import type { Metric } from '../../model/metric.js';

/** What a source is asked for one window. */
export interface Question {
  metric: Metric;
  /** Start of the window, epoch ms; the answer holds all buckets from the one that begins there or before up to now. */
  from: number;
  /** Now, epoch ms. */
  now: number;
  /** Stops waiting for the answer. */
  cancelled: AbortSignal;
}

/** One metrics source. A new kind of source is a folder of its own with `request`, `client` and `decode`. */
export interface MetricSourceClient {
  /** The query as it will be sent, for the evidence of a window whose source never answered. */
  render(metric: Metric): string;
  /** @throws SourceError for everything that is not an answer; the cancellation's reason when `cancelled` is aborted. */
  ask(question: Question): Promise<Look>;
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
