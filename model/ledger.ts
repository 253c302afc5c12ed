/** What the bets against "the canary is no worse" have gathered from counts; constant in size (`analysis/statistics/ratio-evidence.ts`). */
export interface RatioEvidence {
  /** Log-wealth of each bet of the grid. */
  sums: number[];
  /** Log-wealth of each bet against the rate that the file allows. */
  slo: number[];
  canaryErrors: number;
  canaryRequests: number;
  referenceErrors: number;
  referenceRequests: number;
  /** Of the buckets in which both sides had requests: the canary's errors, all errors, and the share expected of the canary times them. */
  pairedCanaryErrors: number;
  pairedErrors: number;
  thetaWeighted: number;
  buckets: number;
}

/** The same for values such as latencies, compared bucket by bucket (`analysis/statistics/latency-evidence.ts`). */
export interface LatencyEvidence {
  sums: number[];
  /** Log-ratios of the pairs used, rounded; the signed-rank test at the end needs them. */
  raw: number[];
  /** Sizes of the last differences, for the scale. */
  sizes: number[];
  previous?: number;
  pairs: number;
}

/** What was learnt from the reference's time before the canary, once. */
export interface Calibration {
  /** How much more errors vary than single ones would: clusters of errors count as one piece of evidence. */
  dispersion: number;
  /** Median size of a step between neighbouring buckets, in logarithms. */
  scale?: number;
  /** The reference's rate of errors before the canary. */
  rate?: number;
  /** Of values: how much each follows the one before it, -1 to 1. */
  autocorrelation?: number;
  /** How many buckets of history there were. */
  buckets: number;
}

/** All that a sequential test carries from window to window. Small, so that it fits into a history. */
export interface Ledger {
  calibration?: Calibration;
  /** One test in each direction that would be worse. */
  tests: { direction: 'HIGH' | 'LOW'; ratio?: RatioEvidence; latency?: LatencyEvidence }[];
  /** Buckets in which the canary had data, and in which both sides had. */
  canaryBuckets: number;
  pairs: number;
  /** How many times the test of the planned end was made: an extension spends half of what is left. */
  finals: number;
}
