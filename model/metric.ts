import type { Millis } from './duration.js';

/** The kinds of metrics source that Sluice can ask. More come with their own request and decode module under `activities/metrics/`. */
export type MetricSource = 'DATADOG';

/** What to do when the gate saw nothing at all. */
export type OnNoData = 'ROLLBACK' | 'WAIT_APPROVAL' | 'PROCEED';
/** What to do when the gate saw too little. */
export type OnNotEnoughData = 'WAIT_APPROVAL' | 'ROLLBACK' | 'PROCEED';

/** One metric of an ANALYSIS stage that is judged against fixed bounds, window by window. Inclusive bounds, at least one set. */
export interface ThresholdMetric {
  strategy: 'THRESHOLD';
  /** Unique within the stage; `metrics-0` unless the file names it. */
  name: string;
  /** Name of the analysis provider in the server configuration, and its kind. */
  provider: string;
  source: MetricSource;
  query: string;
  expected: { min?: number; max?: number };
  interval: Millis;
  /** The metric fails when failed windows exceed this number. */
  failureLimit: number;
  /** When set, the metric also fails when this many windows in a row failed. */
  consecutiveFailureLimit?: number;
  /** Forgives missing windows; zero measurements are still never a success. */
  skipOnNoData: boolean;
  /** For one query. */
  timeout: Millis;
  /** How late the source's data is complete, when declared; otherwise completeness is seen in the data alone. */
  delay?: Millis;
  /** How long after a window's end it is asked for before it is given up. */
  maxDelay: Millis;
  /** Length of the source's buckets. */
  resolution: Millis;
  /** A query whose points show that data flows up to an instant; by default a quotient's denominator, else the query itself. */
  watermark?: string;
  /** The value of a bucket that the watermark shows as complete and the query left out. */
  emptyValue?: number;
  /** Share (0 to 1) of the planned windows that must have been measured. */
  minMeasured: number;
  /** Windows that may end in ERROR before the metric is given up. */
  errorLimit: number;
  /** Judged and shown, not counted. */
  dryRun: boolean;
}

/** A metric of an ANALYSIS stage. THRESHOLD is the one strategy so far; a new one is a new member here. */
export type Metric = ThresholdMetric;
