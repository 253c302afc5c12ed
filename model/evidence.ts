import type { Ledger } from './ledger.js';
import type { Metric } from './metric.js';

/** How one window of one metric ended. The last three are never a pass. */
export type Outcome = 'PASS' | 'FAIL' | 'NO_DATA' | 'NOT_ENOUGH_DATA' | 'ERROR';

/** How a metric, or a whole ANALYSIS stage, ended; RUNNING until then. */
export type Verdict = Outcome | 'RUNNING';

/** One bucket's value: `at` is the start of the bucket, epoch ms. Null and NaN are not values and never become points. */
export interface Point {
  at: number;
  value: number;
}

/** What one version did in one bucket: a value, or a count of errors among requests. `at` is its start, epoch ms. */
export interface Bucket {
  at: number;
  value?: number;
  errors?: number;
  requests?: number;
}

/** Where the evidence of a compared metric stands after a window, as people read it. */
export interface EvidenceMark {
  /** How many times as likely what was seen is if the canary is worse: `evidence : 1`. Of Mann–Whitney, the p-value. */
  value: number;
  /** What it must reach (or, of a p-value, fall to) for the canary to be judged worse. */
  bar: number;
  kind: 'E_VALUE' | 'P_VALUE';
}

/** One judged window, with all that is needed to judge it again. */
export interface Measurement {
  metric: string;
  /** Counts from 1. */
  window: number;
  /** Epoch ms, half open: `[from, to)`. */
  from: number;
  to: number;
  outcome: Outcome;
  /** The worst point against the bounds; absent when nothing was measured. */
  value?: number;
  points: Point[];
  /** The query as sent. */
  query: string;
  /** One sentence in words. */
  reason: string;
  judgedAt: number;
  /** How long after the window's end its data was seen complete, in seconds; absent when it never was. */
  delaySeconds?: number;
  /** How many buckets were taken as `emptyValue` (or zero, by the quotient rule) because the source left them out. */
  filled?: number;
  /** Start of the newest bucket that the source showed when the window was judged, epoch ms: the buckets before it are complete. */
  newest?: number;
  /**
   * Why what was measured cannot count, in words: the traffic was not as it was set, or only filled values were there and nothing
   * showed that the metric exists. Such a window is NOT_ENOUGH_DATA.
   */
  spoiled?: string;
  /** Of a compared metric: the buckets that were used, each once, in the order in which they were used. */
  canary?: Bucket[];
  reference?: Bucket[];
  evidence?: EvidenceMark;
  /** It was a planned end after which the stage could be extended: the test of the end spent half of what was left. */
  mayBeExtended?: true;
}

export type OutcomeCounts = Record<Outcome, number>;

/** Where one metric of a running or ended ANALYSIS stands. */
export interface MetricProgress {
  metric: string;
  strategy: string;
  query: string;
  expected?: { min?: number; max?: number };
  verdict: Verdict;
  reason: string;
  /** Planned number of windows. */
  windows: number;
  counts: OutcomeCounts;
  consecutiveFailures: number;
  /** The largest delay seen so far. */
  delaySeconds?: number;
  /** When the next window can be judged at the earliest, epoch ms. */
  nextVerdictAt?: number;
  dryRun: boolean;
  /** How it is judged; absent in histories of before this was kept. */
  settings?: Metric;
  /** What a sequential test has gathered so far. */
  ledger?: Ledger;
  /** The last 20. */
  measurements: Measurement[];
}

/** How an ANALYSIS stage ended: one verdict and the sentence that goes into the deployment's reason. */
export interface AnalysisResult {
  verdict: Outcome;
  reason: string;
  metrics: MetricProgress[];
}
