import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dispersion } from '../../../analysis/statistics/dispersion.js';
import { random } from '../comparing.js';

interface Counts {
  errors: number;
  requests: number;
}

/** Minutes of 600 requests in which `size` errors come together. */
function history(minutes: number, size: number, seed: number): Counts[] {
  const next = random(seed);
  return Array.from({ length: minutes }, () => {
    let errors = 0;
    for (let i = 0; i < 600; i += 1) if (next() < 0.02 / size) errors += size;
    return { errors, requests: 600 };
  });
}

const counts = fc.record({ errors: fc.integer({ min: 0, max: 50 }), requests: fc.integer({ min: 0, max: 500 }) });

describe('dispersion', () => {
  it('is 1 without a history, without errors, and never less', () => {
    expect(dispersion([])).toBe(1);
    expect(dispersion([{ errors: 3, requests: 10 }])).toBe(1);
    expect(dispersion(history(60, 1, 1).map(({ requests }) => ({ errors: 0, requests })))).toBe(1);
    fc.assert(fc.property(fc.array(counts), (buckets) => dispersion(buckets) >= 1));
  });

  it('is about 1 for single errors and about the size of clusters', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      expect(dispersion(history(960, 1, seed))).toBeLessThan(1.2);
      const three = dispersion(history(960, 3, seed));
      expect(three).toBeGreaterThan(2);
      expect(three).toBeLessThan(3.5);
    }
  });

  it('is the formula of rule 4', () => {
    // Pairs (10, 2) and (4, 8) of equal requests: d = 16 and 4, v = 3 and 3.
    const buckets = [10, 2, 4, 8].map((errors) => ({ errors, requests: 100 }));
    expect(dispersion(buckets)).toBeCloseTo(20 / 6, 12);
    // Expected in proportion to requests: of 12 errors 9 and 3.
    const uneven = [
      { errors: 3, requests: 300 },
      { errors: 9, requests: 100 },
    ];
    expect(dispersion(uneven)).toBeCloseTo(36 / (12 * 0.75 * 0.25), 12);
  });

  it('doubles when every error comes twice', () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2 }), fc.integer({ min: 2, max: 9 }), (buckets, times) => {
        const one = dispersion(buckets);
        const many = dispersion(buckets.map(({ errors, requests }) => ({ errors: errors * times, requests })));
        if (one > 1) expect(many / one).toBeCloseTo(times, 9);
        else expect(many).toBeLessThanOrEqual(times * (1 + 1e-9));
      }),
    );
  });

  it('leaves out the twentieth of the pairs that differ most: an incident is no cluster', () => {
    const quiet = history(80, 1, 7);
    const incident = quiet.map((bucket, i) => (i === 10 ? { ...bucket, errors: 400 } : bucket));
    expect(dispersion(incident)).toBeLessThan(1.5);
  });
});
