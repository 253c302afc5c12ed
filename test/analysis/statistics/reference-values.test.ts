import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { binomialLowerTail, binomialUpperTail } from '../../../analysis/statistics/binomial.js';
import { logGamma, stirlingError } from '../../../analysis/statistics/gamma.js';
import { normalQuantile, normalUpperTail } from '../../../analysis/statistics/normal.js';

interface Values {
  binomial: { x: number; n: number; p: number; upper: number; lower: number }[];
  logGamma: { x: number; logGamma: number }[];
  stirlingError: { x: number; stirlingError: number }[];
  normal: { z: number; upper: number }[];
  quantile: { p: number; z: number }[];
}

// Made with 40 digits by mpmath, from other series than the code's.
const { values } = JSON.parse(readFileSync(new URL('../cases/reference-values.json', import.meta.url), 'utf8')) as {
  values: Values;
};

/** Relative error. */
function error(actual: number, expected: number): number {
  return expected === 0 ? Math.abs(actual) : Math.abs(actual / expected - 1);
}

describe('against values of 40 digits', () => {
  it.each(values.binomial)('binomial tails, x = $x, n = $n, p = $p', ({ x, n, p, upper, lower }) => {
    expect(error(binomialUpperTail(x, n, p), upper)).toBeLessThan(1e-11);
    expect(error(binomialLowerTail(x, n, p), lower)).toBeLessThan(1e-11);
  });

  it.each(values.logGamma)('ln Γ($x)', ({ x, logGamma: expected }) => {
    expect(error(logGamma(x), expected)).toBeLessThan(1e-14);
  });

  it.each(values.stirlingError)("error of Stirling's formula at $x", ({ x, stirlingError: expected }) => {
    expect(error(stirlingError(x), expected)).toBeLessThan(1e-11);
  });

  it.each(values.normal)('P(Z ≥ $z)', ({ z, upper }) => {
    expect(error(normalUpperTail(z), upper)).toBeLessThan(1e-12);
  });

  it.each(values.quantile)('quantile of $p', ({ p, z }) => {
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-12);
  });
});
