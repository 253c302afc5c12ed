import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cles, hodgesLehmann, mannWhitney, meanRatio } from '../../../analysis/statistics/mann-whitney.js';
import { random } from '../comparing.js';

/** The canary's wins over the reference; ties count half. */
function wins(canary: readonly number[], reference: readonly number[]): number {
  return canary
    .flatMap((a) => reference.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)))
    .reduce((s, w) => s + w, 0);
}

/** The share of all ways to choose the canary's values out of all in which it wins as often, or as seldom. */
function bruteForce(canary: readonly number[], reference: readonly number[]): { upper: number; lower: number } {
  const all = [...canary, ...reference];
  const seen = wins(canary, reference);
  let [upper, lower, ways] = [0, 0, 0];
  for (let mask = 0; mask < 2 ** all.length; mask += 1) {
    const chosen = all.filter((_, i) => (mask >> i) & 1);
    if (chosen.length !== canary.length) continue;
    const u = wins(
      chosen,
      all.filter((_, i) => !((mask >> i) & 1)),
    );
    ways += 1;
    if (u >= seen) upper += 1;
    if (u <= seen) lower += 1;
  }
  return { upper: upper / ways, lower: lower / ways };
}

const few = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 5 });
const some = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 60 });

function to(n: number, from = 0): number[] {
  return Array.from({ length: n }, (_, i) => from + i);
}

describe('mannWhitney', () => {
  it('gives the p of all ways to share out the values, with ties and without', () => {
    fc.assert(
      fc.property(few, few, (canary, reference) => {
        const { upper, lower } = bruteForce(canary, reference);
        const high = mannWhitney(canary, reference, 'HIGH');
        expect(high.u).toBe(wins(canary, reference));
        if (high.method === 'ALL_EQUAL') {
          expect(new Set([...canary, ...reference]).size).toBe(1);
          return;
        }
        expect(high.method).toBe('EXACT');
        expect(high.pValue).toBeCloseTo(upper, 12);
        expect(mannWhitney(canary, reference, 'LOW').pValue).toBeCloseTo(lower, 12);
        expect(mannWhitney(canary, reference, 'EITHER').pValue).toBeCloseTo(
          Math.min(1, 2 * Math.min(upper, lower)),
          12,
        );
      }),
    );
  });

  it('turns round when the samples change places, however large they are', () => {
    fc.assert(
      fc.property(some, some, (canary, reference) => {
        const [high, low] = [mannWhitney(canary, reference, 'HIGH'), mannWhitney(reference, canary, 'LOW')];
        expect(high.pValue).toBeCloseTo(low.pValue, 12);
        expect(high.u + low.u).toBe(canary.length * reference.length);
        expect(mannWhitney(canary, reference, 'EITHER').pValue).toBeCloseTo(
          mannWhitney(reference, canary, 'EITHER').pValue,
          12,
        );
        expect(high.pValue).toBeGreaterThanOrEqual(Math.min(1, high.smallestP) * (1 - 1e-12));
      }),
    );
  });

  // pipecd.md §2.5: measured with PipeCD's own package.
  it.each([
    [2, 1 / 6, 1 / 3],
    [3, 0.05, 0.1],
    [4, 1 / 70, 2 / 70],
    [6, 1 / 924, 2 / 924],
  ])('finds the smallest p of %d values a side at total separation', (n, oneSided, twoSided) => {
    const high = mannWhitney(to(n, 100), to(n), 'HIGH');
    expect(high.pValue).toBe(oneSided);
    expect(high.smallestP).toBe(oneSided);
    expect(mannWhitney(to(n), to(n, 100), 'LOW').pValue).toBe(oneSided);
    expect(mannWhitney(to(n, 100), to(n), 'EITHER')).toMatchObject({ pValue: twoSided, smallestP: twoSided });
  });

  it('counts up to 50 a side, 25 with ties, as PipeCD does', () => {
    const tied = (n: number): number[] => to(n).map((value) => Math.floor(value / 2));
    expect(mannWhitney(to(50, 0.5), to(50), 'HIGH').method).toBe('EXACT');
    expect(mannWhitney(to(51, 0.5), to(3), 'HIGH').method).toBe('NORMAL');
    expect(mannWhitney(tied(25), tied(25), 'HIGH').method).toBe('EXACT');
    expect(mannWhitney(tied(26), tied(25), 'HIGH').method).toBe('NORMAL');
  });

  it('keeps the digits of the smallest p of 50 a side', () => {
    // 1 / C(100, 50)
    expect(mannWhitney(to(50, 100), to(50), 'HIGH').pValue * 1.0089134454556415e29).toBeCloseTo(1, 12);
  });

  it('goes over into the normal approximation without a step', () => {
    // The same shape at 50 and 51 a side: interleaved, the canary some places ahead.
    const [at50, at51] = [50, 51].map((n) => mannWhitney(to(n, 8.5), to(n), 'HIGH'));
    expect([at50?.method, at51?.method]).toEqual(['EXACT', 'NORMAL']);
    expect(at50!.pValue / at51!.pValue).toBeGreaterThan(0.85);
    expect(at50!.pValue / at51!.pValue).toBeLessThan(1.15);
  });

  it('finds nothing in nothing', () => {
    expect(mannWhitney([], [1, 2], 'HIGH')).toMatchObject({ pValue: 1, smallestP: 1 });
    expect(mannWhitney([3, 3, 3], [3, 3], 'EITHER')).toMatchObject({ pValue: 1, method: 'ALL_EQUAL' });
  });
});

describe('the size of the difference', () => {
  it('moves and grows with the values', () => {
    fc.assert(
      fc.property(few, few, fc.integer({ min: -50, max: 50 }), (canary, reference, by) => {
        const { estimate, low, high } = hodgesLehmann(canary, reference, 0.95);
        expect(low).toBeLessThanOrEqual(estimate);
        expect(estimate).toBeLessThanOrEqual(high);
        const moved = canary.map((value) => value + by);
        expect(hodgesLehmann(moved, reference, 0.95)).toEqual({
          estimate: estimate + by,
          low: low + by,
          high: high + by,
        });
        const half = (values: number[]): number[] => values.map((value) => value / 2);
        expect(hodgesLehmann(half(canary), half(reference), 0.95)).toEqual({
          estimate: estimate / 2,
          low: low / 2,
          high: high / 2,
        });
      }),
    );
  });

  it('turns round when the samples change places', () => {
    fc.assert(
      fc.property(some, some, (canary, reference) => {
        const [one, other] = [hodgesLehmann(canary, reference, 0.9), hodgesLehmann(reference, canary, 0.9)];
        expect(one.estimate).toBeCloseTo(-other.estimate, 9);
        expect(one.low).toBe(-other.high === 0 ? 0 : -other.high);
        expect(cles(canary, reference) + cles(reference, canary)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('gives what R gives: wilcox.test(c(10,20,30,40), 1:4, conf.int = TRUE)', () => {
    expect(hodgesLehmann([10, 20, 30, 40], [1, 2, 3, 4], 0.95)).toEqual({ estimate: 22.5, low: 6, high: 39 });
  });

  it('has the interval of the shifts that the test would not reject', () => {
    const next = random(5);
    for (let turn = 0; turn < 20; turn += 1) {
      const a = Array.from({ length: 6 + (turn % 5) }, next);
      const b = Array.from({ length: 5 + (turn % 4) }, next);
      const { low, high } = hodgesLehmann(a, b, 0.95);
      const p = (shift: number): number =>
        mannWhitney(
          a.map((x) => x - shift),
          b,
          'EITHER',
        ).pValue;
      // Just outside of the interval the exact test rejects at about 5 %, just inside it does not.
      expect(p(low - 1e-9)).toBeLessThan(0.06);
      expect(p(high + 1e-9)).toBeLessThan(0.06);
      expect(p(low + 1e-9)).toBeGreaterThan(0.045);
      expect(p(high - 1e-9)).toBeGreaterThan(0.045);
    }
  });

  it('is no multiple where a mean is zero', () => {
    expect(meanRatio([0, 0], [1, 2])).toBeUndefined();
    expect(meanRatio([1, 2], [0, 0])).toBeUndefined();
    expect(meanRatio([], [1])).toBeUndefined();
    expect(meanRatio([3, 5], [1, 3])).toBe(2);
  });
});
