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

/** What a source is asked when a window would pass. */
export type Confirming = Omit<Question, 'from'>;

/** One metrics source. A new kind of source is a folder of its own with `request`, `client` and `decode`. */
export interface MetricSourceClient {
  /** The query as it will be sent, for the evidence of a window whose source never answered. */
  render(metric: Metric): string;
  /** @throws SourceError for everything that is not an answer; the cancellation's reason when `cancelled` is aborted. */
  ask(question: Question): Promise<Look>;
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
