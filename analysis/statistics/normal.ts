/** Inside |z| < 3 the series needs some forty terms at most, outside the fraction needs this many for 15 digits. */
const SERIES_BELOW = 3;
const FRACTION_TERMS = 90;

/**
 * P(Z ≥ z) for the standard normal distribution: the series of its distribution inside, the continued fraction of its tail outside
 * (Abramowitz and Stegun, 26.2.11 and 26.2.14). 12 digits or more, also far out.
 */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < SERIES_BELOW) {
    let term = z;
    let sum = z;
    for (let k = 3; term > 1e-17; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = 0;
  for (let k = FRACTION_TERMS; k >= 1; k -= 1) fraction = k / (z + fraction);
  return density / (z + fraction);
}

/** Where Acklam's approximation changes from the middle to the tail. */
const TAIL_BELOW = 0.02425;

/** P. J. Acklam's rational approximation of the quantile (2003), to nine digits: p ≤ 0.5 alone. */
function roughQuantile(p: number): number {
  if (p < TAIL_BELOW) {
    const q = Math.sqrt(-2 * Math.log(p));
    return (
      (((((-7.784894002430293e-3 * q - 3.223964580411365e-1) * q - 2.400758277161838) * q - 2.549732539343734) * q +
        4.374664141464968) *
        q +
        2.938163982698783) /
      ((((7.784695709041462e-3 * q + 3.224671290700398e-1) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
    );
  }
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-3.969683028665376e1 * r + 2.209460984245205e2) * r - 2.759285104469687e2) * r + 1.38357751867269e2) * r -
      3.066479806614716e1) *
      r +
      2.506628277459239) *
      q) /
    (((((-5.447609879822406e1 * r + 1.615858368580409e2) * r - 1.556989798598866e2) * r + 6.680131188771972e1) * r -
      1.328068155288572e1) *
      r +
      1)
  );
}

/**
 * The z for which P(Z ≤ z) = p, for 0 < p < 1; infinite at 0 and 1. One step of Halley's method on Acklam's approximation, which
 * leaves the error of `normalUpperTail`.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p <= 0) return -Infinity;
  const z = roughQuantile(p);
  // The error relative to the density; its logarithm, since far out the density is smaller than a number can be.
  const error = normalUpperTail(-z) / p - 1;
  const step = error * Math.exp(Math.log(p) + (z * z) / 2) * Math.sqrt(2 * Math.PI);
  return z - step / (1 + (z * step) / 2);
}
