/** A stream of random numbers that is the same on every machine for the same seed. */
export interface Random {
  /** In (0, 1): never 0, so that its logarithm is finite. */
  uniform: () => number;
  /** Mean 0, standard deviation 1. */
  normal: () => number;
  poisson: (mean: number) => number;
  binomial: (n: number, p: number) => number;
  /** exp of a normal with median 1 and this standard deviation of the logarithm. */
  lognormal: (sigma: number) => number;
}

/**
 * xoshiro128++ of Blackman and Vigna, seeded by SplitMix32 as they advise. The parts of a seed are mixed one after the other, so that
 * (profile 1, run 2) and (profile 2, run 1) are different streams.
 */
export function random(...seed: readonly number[]): Random {
  let mixed = 0x9e3779b9;
  for (const part of seed) mixed = splitMix(mixed ^ splitMix(part | 0));
  let [a, b, c, d] = [splitMix(mixed + 1), splitMix(mixed + 2), splitMix(mixed + 3), splitMix(mixed + 4)];

  function next(): number {
    const sum = (a + d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  }
  /** 52 bits, in the middle of their step: neither end of (0, 1) can come. */
  function uniform(): number {
    return ((next() >>> 6) * 0x4000000 + (next() >>> 6) + 0.5) / 2 ** 52;
  }
  function normal(): number {
    return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  return {
    uniform,
    normal,
    poisson: (mean) => (mean < 12 ? poissonByProduct(mean, uniform) : poissonByRejection(mean, uniform)),
    binomial: (n, p) => binomial(n, p, uniform),
    lognormal: (sigma) => Math.exp(sigma * normal()),
  };
}

function splitMix(state: number): number {
  let z = (state + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** Knuth's: how many uniforms until their product is below exp(-mean). */
function poissonByProduct(mean: number, uniform: () => number): number {
  const floor = Math.exp(-mean);
  let count = 0;
  for (let product = uniform(); product > floor; product *= uniform()) count += 1;
  return count;
}

/** PTRS of Hörmann, "The transformed rejection method for generating Poisson random variables" (1993), for a mean of 10 or more. */
function poissonByRejection(mean: number, uniform: () => number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const sure = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= sure) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const height = Math.log(v * inverseAlpha) - Math.log(a / (us * us) + b);
    if (height <= k * Math.log(mean) - mean - logFactorial(k)) return k;
  }
}

function binomial(n: number, p: number, uniform: () => number): number {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(n, 1 - p, uniform);
  return n * p < 12 ? binomialByWaiting(n, p, uniform) : binomialByRejection(n, p, uniform);
}

/** Jumps from one success to the next: the gaps between them are geometric. */
function binomialByWaiting(n: number, p: number, uniform: () => number): number {
  const logFail = Math.log1p(-p);
  let successes = 0;
  for (let trial = 0; ; successes += 1) {
    trial += Math.floor(Math.log(uniform()) / logFail) + 1;
    if (trial > n) return successes;
  }
}

/** BTRS of Hörmann, "The generation of binomial random variates" (1993), for p ≤ 0.5 and n·p ≥ 10. */
function binomialByRejection(n: number, p: number, uniform: () => number): number {
  const spread = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const alpha = (2.83 + 5.1 / b) * spread;
  const sure = 0.92 - 4.2 / b;
  const mode = Math.floor((n + 1) * p);
  const logOdds = Math.log(p / (1 - p));
  const atMode = logFactorial(mode) + logFactorial(n - mode);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + n * p + 0.5);
    if (us >= 0.07 && v <= sure) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * alpha) / (a / (us * us) + b));
    if (height <= atMode - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds) return k;
  }
}

const LOG_FACTORIALS = [0];

/** ln n!, from a table where n is small, by Stirling's series (error below 1e-15) where it is not. */
function logFactorial(n: number): number {
  if (n < 256) {
    for (let k = LOG_FACTORIALS.length; k <= n; k += 1) LOG_FACTORIALS.push((LOG_FACTORIALS[k - 1] ?? 0) + Math.log(k));
    return LOG_FACTORIALS[n] ?? 0;
  }
  const x = n + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3);
}
