import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSamples } from '../../analysis/compare-samples.js';
import { addLatencyPair, beginLatency } from '../../analysis/statistics/latency-evidence.js';
import { addRatioBucket, beginRatio } from '../../analysis/statistics/ratio-evidence.js';
import type { AnalysisDocument, BucketDocument, MeasurementRecord } from '../../model/wire.js';
import { bandOf, ruleInWords, toleranceOf } from '../../web/deployment/chart-band.js';
import type { Tolerance } from '../../web/deployment/chart-band.js';
import { compared } from '../analysis/comparing.js';

const MINUTE_1 = { from: '2026-11-25T12:00:00.000Z', to: '2026-11-25T12:01:00.000Z' };
const window = (reference: BucketDocument[], over: Partial<MeasurementRecord> = {}): MeasurementRecord => ({
  ...MINUTE_1,
  stage: 'stage-2',
  metric: 'errors',
  window: 1,
  outcome: 'PASS',
  points: [],
  reason: '',
  reference,
  ...over,
});
const rule = (over: Partial<Tolerance> = {}): Tolerance => ({
  test: 'SEQUENTIAL',
  factor: 1.2,
  deviation: 'HIGH',
  reference: 'baseline',
  ...over,
});
const deviations = ['HIGH', 'LOW'] as const;

describe('what is tolerated', () => {
  test.each([
    ['HIGH', [10], [12]],
    ['LOW', [10 / 1.2], [10]],
    ['EITHER', [10 / 1.2], [12]],
  ] as const)('%s goes from the reference to the value that is no harm yet', (deviation, low, high) => {
    expect(bandOf([window([[60, 10]])], rule({ deviation }))).toEqual({ times: [60], low, high });
  });

  test('is nothing without a comparison, by a factor of 1, or where the reference has no value that is judged', () => {
    const none = { times: [], low: [], high: [] };
    expect(bandOf([window([[60, 10]])], undefined)).toEqual(none);
    expect(bandOf([window([[60, 10]])], rule({ factor: 1 }))).toEqual(none);
    const gap = { times: [60], low: [NaN], high: [NaN] };
    expect(bandOf([window([[60, 0, 0]])], rule())).toEqual(gap);
    expect(bandOf([window([[60, 0]])], rule())).toEqual(gap);
    expect(bandOf([window([[60, 0, 50]])], rule())).toEqual({ times: [60], low: [0], high: [0] });
  });

  test('ends, of counts, where the judge sees more than the canary’s share of a bucket’s errors', () => {
    const count = fc.integer({ min: 1, max: 500 });
    fc.assert(
      fc.property(
        count,
        count,
        count,
        count,
        fc.double({ min: 1.01, max: 5, noNaN: true }),
        fc.constantFrom(...deviations),
        (c, cAll, r, rAll, factor, deviation) => {
          const canary = { errors: c, requests: c + cAll };
          const reference = { errors: r, requests: r + rAll };
          const band = bandOf([window([[60, r, r + rAll]])], rule({ factor, deviation }));
          const rate = canary.errors / canary.requests;
          const settings = { rho0: factor, phi: 1, direction: deviation };
          const seen = addRatioBucket(beginRatio(), { canary, reference }, settings);
          const over = seen.pairedCanaryErrors - seen.thetaWeighted;
          // On the edge itself rounding decides.
          if (Math.abs(over) < 1e-6) return;
          const beyond = deviation === 'HIGH' ? rate > (band.high[0] ?? NaN) : rate < (band.low[0] ?? NaN);
          expect(beyond).toBe(deviation === 'HIGH' ? over > 0 : over < 0);
        },
      ),
    );
  });

  test('ends, of values, where the judge begins to count a pair against the canary', () => {
    const size = fc.double({ min: 0.001, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(size, size, fc.constantFrom(...deviations), (canary, reference, direction) => {
        const band = bandOf([window([[60, reference]])], rule({ factor: 1.05, deviation: direction }));
        const [against = NaN] = addLatencyPair(beginLatency(), { canary, reference }, { rho0: 1.05, direction }).raw;
        if (Math.abs(against) < 1e-6) return;
        const beyond = direction === 'HIGH' ? canary > (band.high[0] ?? NaN) : canary < (band.low[0] ?? NaN);
        expect(beyond).toBe(against > 0);
      }),
    );
  });

  test.each([0.9, 1.1])(
    'lies, of two samples, around the median of each window: a shift of %s × it is judged so',
    (by) => {
      const values = [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];
      const band = bandOf(
        [window(values.map((value, i): BucketDocument => [i, value]))],
        rule({ test: 'MANN_WHITNEY', factor: 2 }),
      );
      expect(band).toEqual({
        times: [1795608000, 1795608060, 1795608060],
        low: [15, 15, NaN],
        high: [30, 30, NaN],
      });
      const shift = by * 15;
      const metric = compared({ test: 'MANN_WHITNEY', kind: 'VALUE', tolerance: 2, alpha: 0.05 });
      const used = values.map((value, i) => ({
        at: i,
        canary: { at: i, value: value + shift },
        reference: { at: i, value },
      }));
      expect(compareSamples(metric, used).outcome).toBe(by <= 1 ? 'PASS' : 'FAIL');
    },
  );
});

describe('what a point means, in words', () => {
  const analysis = (settings: Record<string, unknown> | undefined, max?: number): AnalysisDocument => ({
    stage: 'stage-2',
    metric: 'errors',
    strategy: 'THRESHOLD',
    query: '',
    verdict: 'PASS',
    reason: '',
    windows: 1,
    counts: { PASS: 1, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
    measurements: [],
    ...(max !== undefined && { expected: { max } }),
    ...(settings && { settings }),
  });
  const reference = { variant: 'baseline', queries: {} };

  test('each way of judging has its own', () => {
    expect(ruleInWords(analysis(undefined))).toBeUndefined();
    expect(ruleInWords(analysis({ strategy: 'THRESHOLD' }, 1))).toMatch(/One point outside fails its window/);
    expect(ruleInWords(analysis({ test: 'SEQUENTIAL', tolerance: 1, deviation: 'HIGH' }, 1))).toMatch(
      /decides nothing/,
    );
    const sequential = { test: 'SEQUENTIAL', kind: 'COUNTS', tolerance: 1.2, deviation: 'HIGH', reference };
    expect(ruleInWords(analysis(sequential))).toMatch(/within 1\.2× the baseline.*A point above it is worse/);
    expect(ruleInWords(analysis(sequential, 0.01))).toMatch(/allowed rate, held against the canary where the baseline/);
    expect(ruleInWords(analysis({ ...sequential, tolerance: 1 }))).toMatch(
      /No tolerance\. A point above the baseline’s/,
    );
    expect(ruleInWords(analysis({ ...sequential, test: 'MANN_WHITNEY' }))).toMatch(/median of the baseline/);
    expect(toleranceOf(analysis(sequential))).toEqual(rule());
  });
});
