import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalUpperTail } from '../../../analysis/statistics/normal.js';
import { signedRank } from '../../../analysis/statistics/signed-rank.js';

/** The rank sum of the values above zero as the number of Walsh averages above zero (Tukey 1949); averages of zero count half. */
function walsh(values: readonly number[]): number {
  let sum = 0;
  for (const [i, a] of values.entries()) {
    for (const b of values.slice(0, i + 1)) sum += a + b > 0 ? 1 : a + b === 0 ? 0.5 : 0;
  }
  return sum;
}

const values = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 40 });

describe('signedRank', () => {
  it('is the number of Walsh averages above zero, as a deviate 1.36 times as wide', () => {
    fc.assert(
      fc.property(values, (all) => {
        const kept = all.filter((value) => value !== 0);
        const n = kept.length;
        const result = signedRank(all);
        expect(result.n).toBe(n);
        if (n === 0) {
          expect(result).toEqual({ n: 0, z: 0, pValue: 1 });
          return;
        }
        const sigma = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
        expect(result.z).toBeCloseTo((walsh(kept) - (n * (n + 1)) / 4 - 0.5) / sigma / 1.36, 10);
        expect(result.pValue).toBe(normalUpperTail(result.z));
      }),
    );
  });

  it('gives one side only: what is above zero counts', () => {
    const up = Array.from({ length: 20 }, (_, i) => 0.01 * (i + 1));
    expect(signedRank(up).pValue).toBeLessThan(0.005);
    expect(signedRank(up.map((value) => -value)).pValue).toBeGreaterThan(0.995);
  });
});
