/** Lanczos' approximation with g = 7 and nine terms (Numerical Recipes, 3rd edition, section 6.1): 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];
const G = 7;
const LOG_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
/** From here on six terms of Stirling's series are exact to 16 digits. */
const SERIES_FROM = 16;

/** The natural logarithm of the gamma function, for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  const z = x - 1;
  let sum = LANCZOS[0] ?? 0;
  for (let i = 1; i < LANCZOS.length; i += 1) sum += (LANCZOS[i] ?? 0) / (z + i);
  const t = z + G + 0.5;
  return LOG_SQRT_2PI + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * By how much ln Γ(x + 1) is above Stirling's formula, for x > 0. Chances of binomials are products of large factorials whose
 * logarithms cancel; their errors of Stirling's formula are small and need no cancelling (C. Loader, Fast and Accurate Computation
 * of Binomial Probabilities, 2000). The series is Abramowitz and Stegun, 6.1.41.
 */
export function stirlingError(x: number): number {
  if (x < SERIES_FROM) return logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - LOG_SQRT_2PI;
  const square = x * x;
  return (
    (1 / 12 -
      (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 / square) / square) / square) / square) / square) /
    x
  );
}
