import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cles, hodgesLehmann, mannWhitney, meanRatio } from '../../../analysis/statistics/mann-whitney.js';
import { normalQuantile } from '../../../analysis/statistics/normal.js';
import { NO_COUNTERPART, ROOT_SEARCH_NOISE } from './kayenta-exceptions.js';

interface Interval {
  confidenceInterval: [number, number];
  estimate: number;
}
interface Samples {
  name: string;
  control: number[];
  experiment: number[];
}
interface Classifier extends Samples {
  kind: 'mannWhitneyClassifier';
  parameters: {
    tolerance: number;
    confLevel: number;
    direction: 'increase' | 'decrease' | 'either';
    effectSizeThresholds: [number, number];
    criticalThresholds: [number, number];
    isCriticalMetric: boolean;
  };
  expected: { classification?: string; critical?: boolean };
  reference?: Partial<Interval> & { tightTolerance?: Interval };
}
interface IntervalCase extends Samples {
  kind: 'mannWhitneyInterval';
  parameters: { confLevel: number };
  reference: { tightTolerance: { ciLow: number; ciHigh: number; estimate: number } };
}
interface Search extends Samples {
  kind: 'mannWhitneyIntermediate';
  expected: { muMin: number; muMax: number; zq: number; fAtMuMin_zqPlus: number; fAtMuMax_zqMinus: number };
}
interface Rank {
  kind: 'wilcoxonZ';
  name: string;
  x: number[];
  y: number[];
  expected: { z: number };
}
interface Quantile {
  kind: 'normalQuantile';
  name: string;
  parameters: { p: number };
  expected: { z: number };
}
interface Effect extends Samples {
  kind: 'meanRatio' | 'cles';
  expected: { value: number };
  tolerance?: number;
}
interface Other {
  kind: 'other';
  name: string;
}
type Case = Classifier | IntervalCase | Search | Rank | Quantile | Effect | Other;

// Numbers of Kayenta's own test suites (Apache-2.0); "reference" was computed again by an independent program.
const FILE = JSON.parse(readFileSync(new URL('../cases/kayenta.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  syntheticCases: Case[];
};
const ALL = [...FILE.cases, ...FILE.syntheticCases];
function of<K extends Case['kind']>(kind: K): (Case & { kind: K })[] {
  return ALL.filter((each): each is Case & { kind: K } => each.kind === kind);
}

const classifiers = of('mannWhitneyClassifier');
const measured = classifiers.filter(({ experiment, control }) => experiment.length > 0 && control.length > 0);
const empty = classifiers.filter((each) => !measured.includes(each));

/** Kayenta's rule on top of the interval (steps 6 and 8 of its Mann-Whitney judge), which is not Sluice's. */
function classify({ control, experiment, parameters }: Classifier): { classification: string; critical: boolean } {
  const { tolerance, confLevel, direction, effectSizeThresholds, criticalThresholds, isCriticalMetric } = parameters;
  const { estimate, low, high } = hodgesLehmann(experiment, control, confLevel);
  const ratio = meanRatio(experiment, control);
  const reaches = ([least, most]: [number, number], side: string): boolean =>
    ratio === undefined || (side === 'High' ? ratio >= most : ratio <= least);
  const bound = tolerance * Math.abs(estimate);
  const side =
    direction !== 'decrease' && low > bound ? 'High' : direction !== 'increase' && high < -bound ? 'Low' : 'Pass';
  if (side === 'Pass' || !reaches(effectSizeThresholds, side)) return { classification: 'Pass', critical: false };
  return { classification: side, critical: isCriticalMetric && reaches(criticalThresholds, side) };
}

/**
 * Between which differences the U test finds nothing at all, so that a search may stop anywhere: the middle ones, and with an odd
 * number of them their neighbours, by the continuity correction.
 */
function middle({ experiment, control }: Samples): [number, number] {
  const sorted = experiment.flatMap((a) => control.map((b) => a - b)).sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return [sorted[half - 1]!, sorted[sorted.length % 2 === 1 ? half + 1 : half]!];
}

function near(value: number, [low, high]: [number, number], within: number): boolean {
  return value >= low - within && value <= high + within;
}

/** How precisely Kayenta's own search finds an end of an interval. */
const ROOT = 1e-4;

describe("Kayenta's Mann-Whitney classifier on our interval", () => {
  it.each(measured)('$name', (given) => {
    expect(classify(given)).toMatchObject(
      given.expected.critical === undefined ? { classification: given.expected.classification } : given.expected,
    );
    const { low, high, estimate } = hodgesLehmann(given.experiment, given.control, given.parameters.confLevel);
    expect(near(estimate, middle(given), 1e-12)).toBe(true);
    const { tightTolerance, confidenceInterval } = given.reference ?? {};
    const [interval, within] = tightTolerance ? [tightTolerance.confidenceInterval, 1e-10] : [confidenceInterval, ROOT];
    // Two cases of equal or constant samples come without an interval.
    if (!interval) return;
    expect(Math.abs(low - interval[0])).toBeLessThan(within);
    expect(Math.abs(high - interval[1])).toBeLessThan(within);
    const theirs = tightTolerance ?? given.reference;
    if (theirs?.estimate !== undefined) expect(near(theirs.estimate, middle(given), ROOT)).toBe(true);
  });

  it('is the same in any unit, as Kayenta is not', () => {
    for (const given of measured) {
      const tiny = (values: number[]): number[] => values.map((value) => value * 2 ** -17);
      const scaled = { ...given, experiment: tiny(given.experiment), control: tiny(given.control) };
      expect(classify(scaled).classification).toBe(given.expected.classification);
    }
  });

  // Kayenta's word is Nodata, or a Pass where nothing is replaced by zeros. Here the sizes tell that no data could fail the test.
  it.each(empty)('$name', ({ experiment, control }) => {
    expect(mannWhitney(experiment, control, 'EITHER')).toMatchObject({ pValue: 1, smallestP: 1 });
  });
});

describe("Kayenta's statistics", () => {
  it.each(of('mannWhitneyInterval'))('$name', (given) => {
    const { low, high, estimate } = hodgesLehmann(given.experiment, given.control, given.parameters.confLevel);
    const tight = given.reference.tightTolerance;
    expect(Math.abs(low - tight.ciLow)).toBeLessThan(1e-11);
    expect(Math.abs(high - tight.ciHigh)).toBeLessThan(1e-11);
    expect(Math.abs(estimate - tight.estimate)).toBeLessThan(1e-11);
    expect(ROOT_SEARCH_NOISE).toContain(given.name);
  });

  it.each(of('wilcoxonZ'))('$name', ({ x, y, expected }) => {
    const { method, pValue } = mannWhitney(x, y, 'LOW');
    expect(method).toBe('NORMAL');
    expect(normalQuantile(pValue)).toBeCloseTo(expected.z, 6);
  });

  it.each(of('mannWhitneyIntermediate'))('$name: z at both ends of the search', ({ experiment, control, expected }) => {
    const shifted = (by: number): number[] => experiment.map((value) => value - by);
    const atLow = -normalQuantile(mannWhitney(shifted(expected.muMin), control, 'HIGH').pValue);
    const atHigh = normalQuantile(mannWhitney(shifted(expected.muMax), control, 'LOW').pValue);
    expect(atLow - expected.zq).toBeCloseTo(expected.fAtMuMin_zqPlus, 6);
    expect(atHigh + expected.zq).toBeCloseTo(expected.fAtMuMax_zqMinus, 6);
  });

  it.each(of('normalQuantile'))('$name', ({ parameters, expected }) => {
    expect(normalQuantile(parameters.p)).toBeCloseTo(expected.z, 6);
  });

  it.each(of('meanRatio'))('$name', ({ experiment, control, expected }) => {
    expect(meanRatio(experiment, control)).toBeCloseTo(expected.value, 12);
  });

  it.each(of('cles'))('$name', ({ experiment, control, expected, tolerance }) => {
    expect(Math.abs(cles(experiment, control) - expected.value)).toBeLessThan(tolerance!);
  });
});

it('every other case is an exception with a reason', () => {
  const applied = new Set<Case['kind']>([
    'mannWhitneyClassifier',
    'mannWhitneyInterval',
    'mannWhitneyIntermediate',
    'wilcoxonZ',
    'normalQuantile',
    'meanRatio',
    'cles',
  ]);
  const others = ALL.filter(({ kind }) => !applied.has(kind)).map(({ name }) => name);
  expect(NO_COUNTERPART.flatMap(({ names }) => names).sort()).toEqual(others.sort());
  expect(ALL.length - others.length).toBe(35);
});
