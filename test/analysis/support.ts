import { MINUTE, SECOND } from '../../model/duration.js';
import type { Measurement, Outcome, Point } from '../../model/evidence.js';
import type { ThresholdMetric } from '../../model/metric.js';

/** 2026-11-23T08:00:00Z, an edge of every bucket length that the tests use. */
export const START = Date.UTC(2026, 10, 23, 8);

export const QUOTIENT =
  'sum:aws.applicationelb.httpcode_elb_5xx{env:prd}.as_count() / sum:aws.applicationelb.request_count{env:prd}.as_count()';

export function metric(over: Partial<ThresholdMetric> = {}): ThresholdMetric {
  return {
    strategy: 'THRESHOLD',
    name: 'metrics-0',
    provider: 'sample-datadog',
    source: 'DATADOG',
    query: QUOTIENT,
    expected: { max: 0.01 },
    interval: 10 * MINUTE,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: 30 * SECOND,
    maxDelay: 20 * MINUTE,
    resolution: MINUTE,
    minMeasured: 0.5,
    errorLimit: 4,
    dryRun: false,
    ...over,
  };
}

/** One point a minute from START. */
export function minutes(...values: number[]): Point[] {
  return values.map((value, index) => ({ at: START + index * MINUTE, value }));
}

export function measurement(window: number, outcome: Outcome, over: Partial<Measurement> = {}): Measurement {
  return {
    metric: 'metrics-0',
    window,
    from: START + (window - 1) * 10 * MINUTE,
    to: START + window * 10 * MINUTE,
    outcome,
    points: [],
    query: QUOTIENT,
    reason: `${outcome} for a test.`,
    judgedAt: START + window * 10 * MINUTE,
    ...over,
  };
}
