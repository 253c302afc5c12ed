import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shiftInterval, statistic } from '../../bench/verdicts/peers/kayenta-interval.js';
import {
  classify,
  type Judged,
  meanRatio,
  type MetricSettings,
  score,
  type Scored,
} from '../../bench/verdicts/peers/kayenta-judge.js';

interface Case {
  name: string;
  kind: string;
  control: (number | 'NaN')[];
  experiment: (number | 'NaN')[];
  x: number[];
  y: number[];
  parameters: Record<string, unknown>;
  metrics: Scored[];
  expected: Record<string, unknown>;
  reference?: {
    confidenceInterval?: [number, number] | null;
    estimate?: number | null;
    effectSize?: number | 'NaN' | null;
  };
}

/** Figures extracted from the test suites of spinnaker/kayenta (Apache-2.0) and 19 synthetic ones; see `meta` in the file. */
const { cases, syntheticCases } = JSON.parse(
  readFileSync(new URL('fixtures/kayenta.json', import.meta.url), 'utf8'),
) as { cases: Case[]; syntheticCases: Case[] };
const ALL = [...cases, ...syntheticCases];

/** What the peer does not have, since the simulated configuration has no use for it: nothing of it can be judged here. */
const NOT_BUILT: Record<string, string> = {
  meanInequalityClassifier: 'an older classifier, which the judge no longer uses',
  normalQuantile: 'the two quantiles in use are constants',
  summaryStatistics: 'shown to people, not part of the verdict',
  percentileR7: 'only the outlier filter needs it',
  cohenD: 'not used by the judge',
  cles: 'the measure is meanRatio unless configured',
  removeNaNs: 'seen through the classifier',
  replaceNaNs: 'seen through the classifier',
  removeOutliersIQR: 'outliers are kept unless configured',
  removeOutliersKSigma: 'not used by the judge',
  detectKSigma: 'not used by the judge',
  detectIQR: 'outliers are kept unless configured',
  aggregatedJudgement: 'one judgement at the end',
  judgementWindow: 'one judgement at the end',
};
const BUILT = [
  'mannWhitneyClassifier',
  'mannWhitneyInterval',
  'mannWhitneyIntermediate',
  'wilcoxonZ',
  'weightedSumScorer',
  'meanRatio',
];
/** Normal quantiles of (1 + confidence) / 2. */
const Z: Record<string, number> = { '0.95': 1.9599639845400545, '0.98': 2.3263478740408408 };

it('knows every kind of case, built or not', () => {
  const kinds = new Set(ALL.map(({ kind }) => kind));
  expect([...kinds].filter((kind) => !BUILT.includes(kind) && !(kind in NOT_BUILT))).toEqual([]);
});

describe('Kayenta’s classifier', () => {
  for (const { name, ...one } of of('mannWhitneyClassifier')) {
    it(name, () => {
      const judged = classify(numbers(one.experiment), numbers(one.control), settings(one.parameters));
      // One case asks for a reason in words, which the peer does not give.
      const { classification = 'Nodata', critical = false } = one.expected;
      if (name.includes('Reason String')) expect(judged.classification).toBe('Nodata');
      else expect(judged).toMatchObject({ classification, critical });
      expectReference(judged, one.reference);
    });
  }
});

describe('Kayenta’s interval, with its absolute tolerance', () => {
  for (const { name, experiment, control, parameters, expected } of of('mannWhitneyInterval')) {
    it(name, () => {
      const shift = shiftInterval(numbers(experiment), numbers(control), zOf(parameters));
      expect(shift?.low).toBeCloseTo(expected.ciLow as number, 6);
      expect(shift?.high).toBeCloseTo(expected.ciHigh as number, 6);
      expect(shift?.estimate).toBeCloseTo(expected.estimate as number, 4);
    });
  }
  for (const { name, experiment, control, parameters, expected } of of('mannWhitneyIntermediate')) {
    it(name, () => {
      const [x, y] = [ascending(numbers(experiment)), ascending(numbers(control))];
      const z = zOf(parameters);
      expect((statistic(x, y, expected.muMin as number) ?? NaN) - z).toBeCloseTo(expected.fAtMuMin_zqPlus as number, 5);
      expect((statistic(x, y, expected.muMax as number) ?? NaN) + z).toBeCloseTo(
        expected.fAtMuMax_zqMinus as number,
        5,
      );
      const shift = shiftInterval(x, y, z);
      expect(shift?.low).toBeCloseTo(expected.ciLowFromZqPlus as number, 6);
      expect(shift?.high).toBeCloseTo(expected.ciHighFromZqMinus as number, 6);
      expect(shift?.estimate).toBeCloseTo(expected.estimate as number, 6);
    });
  }
  for (const { name, x, y, expected } of of('wilcoxonZ')) {
    it(name, () => expect(statistic(ascending(x), ascending(y), 0)).toBeCloseTo(expected.z as number, 6));
  }
  it('is an error for one point on each side, which costs the canary nothing', () => {
    const judged = classify([2, NaN], [1], settings({ confLevel: 0.98, tolerance: 0.25 }));
    expect(judged.classification).toBe('Error');
    expect(score([{ ...judged, groups: ['canary'] }], {})).toBe(100);
  });
});

describe('Kayenta’s scorer', () => {
  for (const { name, metrics, parameters, expected } of of('weightedSumScorer')) {
    it(name, () =>
      expect(score(metrics, parameters.groupWeights as Record<string, number>)).toBe(expected.summaryScore),
    );
  }
});

describe('Kayenta’s effect size', () => {
  for (const { name, experiment, control, expected } of of('meanRatio')) {
    it(name, () => expect(meanRatio(numbers(experiment), numbers(control))).toBeCloseTo(expected.value as number, 12));
  }
});

function of(kind: string): Case[] {
  const own = ALL.filter((one) => one.kind === kind);
  if (own.length === 0) throw new Error(`No case of kind ${kind}.`);
  return own;
}

function expectReference({ shift, effect }: Judged, reference: Case['reference']): void {
  if (!reference?.confidenceInterval) return;
  expect(shift?.low).toBeCloseTo(reference.confidenceInterval[0], 6);
  expect(shift?.high).toBeCloseTo(reference.confidenceInterval[1], 6);
  expect(shift?.estimate).toBeCloseTo(reference.estimate ?? NaN, 6);
  if (reference.effectSize === 'NaN') expect(effect).toBeNaN();
  else expect(effect).toBeCloseTo(reference.effectSize ?? NaN, 9);
}

function settings(parameters: Record<string, unknown>): MetricSettings {
  return {
    direction: (parameters.direction ?? 'either') as MetricSettings['direction'],
    nanStrategy: (parameters.nanStrategy ?? 'remove') as MetricSettings['nanStrategy'],
    critical: parameters.isCriticalMetric === true,
    mustHaveData: parameters.isDataRequired === true,
    allowed: (parameters.effectSizeThresholds ?? [1, 1]) as [number, number],
    criticalAt: (parameters.criticalThresholds ?? [1, 1]) as [number, number],
    tolerance: parameters.tolerance as number,
    z: zOf(parameters),
  };
}

function zOf({ confLevel }: Record<string, unknown>): number {
  const z = Z[String(confLevel)];
  if (z === undefined) throw new Error(`No quantile for a confidence of ${String(confLevel)}.`);
  return z;
}

function numbers(values: (number | 'NaN')[]): number[] {
  return values.map(Number);
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
