import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialLowerTail, binomialUpperTail } from '../../../analysis/statistics/binomial.js';

/** P(Bin(n, p) = x), by multiplying out. */
function density(x: number, n: number, p: number): number {
  let product = 1;
  for (let i = 1; i <= x; i += 1) product *= ((n - x + i) / i) * p;
  return product * (1 - p) ** (n - x);
}

function summed(from: number, to: number, n: number, p: number): number {
  let sum = 0;
  for (let x = from; x <= to; x += 1) sum += density(x, n, p);
  return sum;
}

const chance = fc.double({ min: 0.005, max: 0.995, noNaN: true });
const wholes = fc.integer({ min: 1, max: 120 }).chain((n) => fc.tuple(fc.integer({ min: 0, max: n }), fc.constant(n)));
/** x and n as a division by a dispersion leaves them. */
const broken = fc
  .tuple(wholes, fc.double({ min: 1, max: 6, noNaN: true }))
  .map(([[x, n], phi]): [number, number] => [x / phi, n / phi]);

describe('binomial tails', () => {
  it('are the sums of the chances, also when they are tiny', () => {
    fc.assert(
      fc.property(wholes, chance, ([x, n], p) => {
        const [upper, lower] = [summed(x, n, n, p), summed(0, x, n, p)];
        expect(Math.abs(binomialUpperTail(x, n, p) / upper - 1)).toBeLessThan(1e-11);
        expect(Math.abs(binomialLowerTail(x, n, p) / lower - 1)).toBeLessThan(1e-11);
      }),
    );
  });

  it('fall with x and rise with p, also between whole numbers', () => {
    fc.assert(
      fc.property(broken, chance, fc.double({ min: 0.001, max: 1, noNaN: true }), ([x, n], p, part) => {
        const less = x * part;
        expect(binomialUpperTail(less, n, p)).toBeGreaterThanOrEqual(binomialUpperTail(x, n, p) * (1 - 1e-12));
        expect(binomialLowerTail(less, n, p)).toBeLessThanOrEqual(binomialLowerTail(x, n, p) * (1 + 1e-12));
        expect(binomialUpperTail(x, n, p * part)).toBeLessThanOrEqual(binomialUpperTail(x, n, p) * (1 + 1e-12));
      }),
    );
  });

  it('add up: at least x, or at most one less', () => {
    fc.assert(
      fc.property(wholes, chance, ([x, n], p) => {
        expect(binomialUpperTail(x, n, p) + binomialLowerTail(x - 1, n, p)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('have their limits', () => {
    expect(binomialUpperTail(0, 10, 0.3)).toBe(1);
    expect(binomialUpperTail(-1, 10, 0.3)).toBe(1);
    expect(binomialUpperTail(11, 10, 0.3)).toBe(0);
    expect(binomialUpperTail(3, 10, 0)).toBe(0);
    expect(binomialUpperTail(3, 10, 1)).toBe(1);
    expect(binomialLowerTail(-1, 10, 0.3)).toBe(0);
    expect(binomialLowerTail(10, 10, 0.3)).toBe(1);
    expect(binomialLowerTail(3, 10, 0)).toBe(1);
    expect(binomialLowerTail(3, 10, 1)).toBe(0);
  });

  it('are exact where a tail is one term', () => {
    expect(Math.abs(binomialUpperTail(20, 20, 1e-9) / 1e-180 - 1)).toBeLessThan(1e-12);
    expect(Math.abs(binomialLowerTail(0, 1e6, 1e-9) / Math.exp(1e6 * Math.log1p(-1e-9)) - 1)).toBeLessThan(1e-12);
  });
});
