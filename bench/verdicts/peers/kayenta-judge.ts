import { type Shift, shiftInterval } from './kayenta-interval.js';

export type Classification = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric' | 'Error';

/** One metric's settings under Kayenta's names (anchors.md §3.1). */
export interface MetricSettings {
  direction: 'increase' | 'decrease' | 'either';
  nanStrategy: 'remove' | 'replace';
  critical: boolean;
  mustHaveData: boolean;
  /** Ratios of the means, [decrease, increase]: a change must be at least this big to fail, and to be critical. */
  allowed: readonly [number, number];
  criticalAt: readonly [number, number];
  /** The part of the estimate that the interval must clear, and the normal quantile of its confidence. */
  tolerance: number;
  z: number;
}

/** What Kayenta's own judge has hard-coded, for a metric whose increase alone is bad. The quantile is that of a confidence of 98 %. */
export const PRODUCTION: MetricSettings = {
  direction: 'increase',
  nanStrategy: 'remove',
  critical: false,
  mustHaveData: false,
  allowed: [1, 1],
  criticalAt: [1, 1],
  tolerance: 0.25,
  z: 2.3263478740408408,
};

export interface Judged {
  classification: Classification;
  critical: boolean;
  shift?: Shift;
  effect?: number;
}

/** NetflixACAJudge, one metric: clean, compare, classify. NaN is a missing value. Outliers are kept, which is its default. */
export function classify(experiment: readonly number[], control: readonly number[], settings: MetricSettings): Judged {
  const [x, y] = [cleaned(experiment, settings), cleaned(control, settings)];
  if (x.length === 0 || y.length === 0) return withoutData(settings);
  if (sameSamples(x, y)) return { classification: 'Pass', critical: false };
  const shift = shiftInterval(x, y, settings.z);
  if (!shift) return { classification: 'Error', critical: false };
  const effect = meanRatio(x, y);
  const { direction, critical, allowed, criticalAt } = settings;
  const bound = settings.tolerance * Math.abs(shift.estimate);
  const up = direction !== 'decrease' && shift.low > bound && atLeast(effect, allowed[1]);
  const down = direction !== 'increase' && shift.high < -bound && atMost(effect, allowed[0]);
  if (up) return { classification: 'High', critical: critical && atLeast(effect, criticalAt[1]), shift, effect };
  if (down) return { classification: 'Low', critical: critical && atMost(effect, criticalAt[0]), shift, effect };
  return { classification: 'Pass', critical: false, shift, effect };
}

/** With `replace` a query that answers nothing passes, and `mustHaveData` is ignored. */
function withoutData({ nanStrategy, mustHaveData, critical }: MetricSettings): Judged {
  if (nanStrategy === 'replace') return { classification: 'Pass', critical: false };
  return { classification: mustHaveData && !critical ? 'NodataFailMetric' : 'Nodata', critical };
}

/** An effect that cannot be told (a mean of 0) counts as big enough. */
function atLeast(effect: number, bound: number): boolean {
  return Number.isNaN(effect) || effect >= bound;
}

function atMost(effect: number, bound: number): boolean {
  return Number.isNaN(effect) || effect <= bound;
}

function cleaned(values: readonly number[], { nanStrategy }: MetricSettings): number[] {
  return nanStrategy === 'remove'
    ? values.filter((value) => !Number.isNaN(value))
    : values.map((value) => (Number.isNaN(value) ? 0 : value));
}

function sameSamples(x: readonly number[], y: readonly number[]): boolean {
  const [one, other] = [x, y].map((values) => [...values].sort((a, b) => a - b));
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  return [...x, ...y].every((value) => value === x[0]);
}

/** NaN where either mean is 0. */
export function meanRatio(experiment: readonly number[], control: readonly number[]): number {
  const [above, below] = [experiment, control].map(
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  );
  return above === 0 || below === 0 ? NaN : (above ?? NaN) / (below ?? NaN);
}

/** A metric as the scorer sees it. */
export interface Scored {
  classification: Classification;
  critical: boolean;
  groups: readonly string[];
}

/**
 * WeightedSumScorer (anchors.md §3.1, step 9), of 100. No data and errors are left out of a group's score, and a group with nothing
 * left counts as 100: when every metric errs the canary has all points. Half of the metrics or more without data is 0.
 */
export function score(metrics: readonly Scored[], weights: Readonly<Record<string, number>>): number {
  const withoutAny = metrics.filter(({ classification }) => classification === 'Nodata').length;
  if (metrics.some(({ critical }) => critical) || withoutAny >= metrics.length / 2) return 0;
  const groups = [...new Set(metrics.flatMap((metric) => metric.groups))];
  const given = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const rest = (100 - given) / groups.filter((group) => weights[group] === undefined).length;
  const sum = groups.reduce((total, group) => total + (groupScore(metrics, group) * (weights[group] ?? rest)) / 100, 0);
  return Math.round(sum * 100) / 100;
}

function groupScore(metrics: readonly Scored[], group: string): number {
  const counting = metrics.filter(
    ({ groups, classification }) => groups.includes(group) && classification !== 'Nodata' && classification !== 'Error',
  );
  if (counting.length === 0) return 100;
  return (100 * counting.filter(({ classification }) => classification === 'Pass').length) / counting.length;
}
