import type { ComparedMetric } from '../../model/metric.js';
import type { AnalysisDocument, BucketDocument, MeasurementRecord } from '../../model/wire.js';

/** What the judge of a compared metric tolerates, as the settings of the metric say it (`model/metric.ts`). */
export interface Tolerance {
  test: ComparedMetric['test'];
  /** How many times as high (or low) is no harm: 1 or more. */
  factor: number;
  deviation: ComparedMetric['deviation'];
  /** `baseline`, `primary` or `previous`. */
  reference: string;
}

/** The tolerated values over time, in epoch seconds; `low` and `high` are NaN where there is nothing to tolerate a difference from. */
export interface Band {
  times: number[];
  low: number[];
  high: number[];
}

/** A bucket's value; of counts, the share. Nothing was asked of a bucket without requests. */
export function bucketValue([, first, requests]: BucketDocument): number | null {
  if (requests === undefined) return first;
  return requests === 0 ? null : first / requests;
}

/** How a metric is judged; undefined on documents from before that was told. */
export function settingsOf({ settings }: AnalysisDocument): Partial<ComparedMetric> | undefined {
  return settings;
}

/** What is tolerated; undefined where nothing is compared. */
export function toleranceOf(analysis: AnalysisDocument): Tolerance | undefined {
  const { test, tolerance, deviation, reference } = settingsOf(analysis) ?? {};
  if (test === undefined || tolerance === undefined || deviation === undefined || !reference) return undefined;
  return { test, factor: tolerance, deviation, reference: reference.variant };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? NaN) + (sorted[Math.ceil(middle)] ?? NaN)) / 2;
}

/** A value of the reference and the one that is just tolerated, the lower first. */
function between(value: number, up: number, down: number, deviation: Tolerance['deviation']): [number, number] {
  switch (deviation) {
    case 'HIGH':
      return [value, up];
    case 'LOW':
      return [down, value];
    case 'EITHER':
      return [down, up];
    default:
      return deviation satisfies never;
  }
}

/**
 * What is tolerated, from the reference on. SEQUENTIAL: bucket by bucket, since beyond `factor` times the reference's rate (or value) the
 * canary has more than its share of the bucket's errors (`analysis/statistics/ratio-evidence.ts`; of values `latency-evidence.ts`, which
 * passes over what is not above zero). MANN_WHITNEY: one for each window, around the median of the reference's points
 * (`analysis/compare-samples.ts`). A factor of 1 tolerates nothing: the band is empty.
 */
export function bandOf(windows: readonly MeasurementRecord[], tolerance: Tolerance | undefined): Band {
  const band: Band = { times: [], low: [], high: [] };
  if (!tolerance || tolerance.factor <= 1) return band;
  const { test, factor, deviation } = tolerance;
  const add = (at: number, [low, high]: readonly [number, number]): void => {
    band.times.push(at);
    band.low.push(low);
    band.high.push(high);
  };
  const gap = [NaN, NaN] as const;
  if (test === 'MANN_WHITNEY') {
    for (const { from, to, reference = [] } of windows) {
      const middle = median(reference.map(bucketValue).filter((value) => value !== null));
      if (Number.isNaN(middle)) continue;
      const within = Math.abs(middle) * (factor - 1);
      const edges = between(middle, middle + within, middle - within, deviation);
      add(Date.parse(from) / 1000, edges);
      add(Date.parse(to) / 1000, edges);
      add(Date.parse(to) / 1000, gap);
    }
    return band;
  }
  const buckets = windows.flatMap(({ reference = [] }) => reference).toSorted(([a], [b]) => a - b);
  for (const bucket of buckets) {
    const value = bucketValue(bucket);
    const compared = value !== null && (bucket.length === 3 || value > 0);
    add(bucket[0], compared ? between(value, value * factor, value / factor, deviation) : gap);
  }
  return band;
}

/** A reference as people call it. */
export function nameOf(reference: string): string {
  return reference === 'previous' ? 'previous version' : reference;
}

function times(factor: number): string {
  return `${Number(factor.toPrecision(4))}×`;
}

/** What a point means for the verdict, in words: a line beyond the band or the bound is not always a failure. Undefined where it is not known. */
export function ruleInWords(analysis: AnalysisDocument): string | undefined {
  const settings = settingsOf(analysis);
  if (!settings) return undefined;
  const tolerance = toleranceOf(analysis);
  const max = analysis.expected?.max;
  if (!tolerance) {
    return settings.test === 'SEQUENTIAL'
      ? `Dashed: the allowed rate. What gathers over the stage is judged against it; one point above it decides nothing.`
      : 'Dashed: the bounds. One point outside fails its window.';
  }
  const { test, factor, deviation } = tolerance;
  const reference = nameOf(tolerance.reference);
  if (test === 'MANN_WHITNEY') {
    return factor > 1
      ? `Band: ${times(factor)} around each window’s median of the ${reference}. A difference between the two samples within it is none; single points decide nothing.`
      : `Each window’s points are compared as two samples; single points decide nothing.`;
  }
  const worse = { HIGH: 'above', LOW: 'below', EITHER: 'beyond' }[deviation];
  const edge =
    factor > 1
      ? `Band: within ${times(factor)} the ${reference}, which is tolerated. A point ${worse} it is worse than that`
      : `No tolerance. A point ${deviation === 'EITHER' ? 'other than' : worse} the ${reference}’s is worse`;
  const bound =
    settings.kind === 'COUNTS' && max !== undefined && deviation !== 'LOW'
      ? ` Dashed: the allowed rate, held against the canary where the ${reference} keeps it.`
      : '';
  return `${edge}; what gathers over the stage decides.${bound}`;
}
