/** Cases of Kayenta's suites that have no counterpart in Sluice, and why. */
export const NO_COUNTERPART: readonly { reason: string; names: readonly string[] }[] = [
  {
    reason: 'A comparison of two means without a test: any difference is a failure. Sluice has no such judge.',
    names: ['Mean Inequality Classifier Test: High Metric', 'Mean Inequality Classifier Test: Pass Metric'],
  },
  {
    reason: 'Sluice adds up no score: one metric that fails ends the stage, and metrics have no weights or groups.',
    names: [
      'Weighted Sum Group Scorer: Two Metrics, one good (normal), one fail (critical)',
      'Weighted Sum Group Scorer: One Group, Three Metrics',
      'Weighted Sum Group Scorer: One Group, Two Metrics',
      'Weighted Sum Group Scorer: Two Groups (Unequal Weight), Four Metrics',
      'Weighted Sum Group Scorer: Two Groups, Three Metrics',
      'Weighted Sum Group Scorer: Single Metric Pass',
      'Weighted Sum Group Scorer: Single Metric Fail',
      'NodataFailMetric counts as a failed metric',
      'aggregated judgement final=60 marginal=75 pass=95',
      'aggregated judgement final=95 marginal=None pass=None',
      'aggregated judgement final=97 marginal=75 pass=95',
    ],
  },
  {
    reason: "Summaries for Kayenta's report, which no verdict of Sluice uses.",
    names: [
      'Summary Statistics: Scalar',
      'Summary Statistics: No Data',
      'Summary Statistics: Basic Percentile Estimate (Linear Interpolation)',
      'Summary Statistics: Basic Percentile',
      'Summary Statistics: Percentile (NIST Data)',
    ],
  },
  {
    reason: "An effect size that Kayenta's judge does not use either; Sluice shows the common-language one.",
    names: ["Effect Size: Cohen's D"],
  },
  {
    reason: 'Sluice removes no outliers: ranks and bounded bets do not need it, and the outlier may be the harm.',
    names: ['IQR Outlier Removal', 'KSigma Outlier Removal', 'KSigma Two Sided', 'IQR Empty Data', 'IQR Detection'],
  },
  {
    reason:
      'A missing point never becomes a number here: whether it is zero is decided by the watermark, before any statistics.',
    names: ['Remove Single NaN', 'Replace NANs'],
  },
  {
    reason: "Kayenta's windows of control and experiment; Sluice's windows are in test/analysis/windows.test.ts.",
    names: [
      'judgement window: control offset',
      'judgement window: growing window, warmup 4',
      'judgement window: growing window, no warmup',
    ],
  },
];

/**
 * Cases of which Kayenta's expected numbers are what its root search stops at, with an absolute tolerance of 1e-4 (1e-6 in the last
 * digits that are compared): compared with what the same search finds with a tight tolerance instead.
 */
export const ROOT_SEARCH_NOISE: readonly string[] = [
  'Mann-Whitney Confidence Interval & Estimate: Problem Case',
  'Mann-Whitney Confidence Interval & Estimate: Tie out with R Version (Large)',
];
