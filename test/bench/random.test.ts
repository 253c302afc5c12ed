import { describe, expect, it } from 'vitest';
import { type Random, random } from '../../bench/verdicts/random.js';

const DRAWS = 200_000;

it('gives the same stream for the same seed, and another for any other', () => {
  const first = (...seed: number[]): number[] => {
    const { uniform } = random(...seed);
    return Array.from({ length: 4 }, uniform);
  };
  expect(first(1, 2)).toEqual(first(1, 2));
  const streams = [first(1, 2), first(2, 1), first(1, 3), first(1), first(1, 2, 0)].map(String);
  expect(new Set(streams).size).toBe(streams.length);
});

it('draws uniforms that fill (0, 1) evenly', () => {
  const { uniform } = random(3);
  const counts = histogram(() => Math.floor(uniform() * 20));
  expect(chiSquare(counts, () => 1 / 20, 0, 19)).toBeLessThan(limit(19));
});

it('draws normals', () => {
  const { normal } = random(4);
  const values = Array.from({ length: DRAWS }, normal);
  expect(Math.abs(mean(values))).toBeLessThan(4 / Math.sqrt(DRAWS));
  expect(Math.abs(mean(values.map((value) => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / DRAWS));
  expect(Math.abs(mean(values.map((value) => value ** 4)) - 3)).toBeLessThan(4 * Math.sqrt(96 / DRAWS));
  const { lognormal } = random(5);
  const logs = Array.from({ length: DRAWS }, () => Math.log(lognormal(0.1)) / 0.1);
  expect(Math.abs(mean(logs.map((value) => value ** 2)) - 1)).toBeLessThan(4 * Math.sqrt(2 / DRAWS));
});

/** Both methods of each, small and large, against the exact probabilities. */
describe('counts have their exact distribution', () => {
  it.each([0.02, 3, 11.9, 12, 45, 400])('Poisson of mean %d', (lambda) => {
    const drawn = drawer((source) => source.poisson(lambda));
    const [low, high] = around(lambda, Math.sqrt(lambda));
    const chance = (k: number): number => Math.exp(k * Math.log(lambda) - lambda - logFactorial(k));
    expect(chiSquare(drawn, chance, low, high)).toBeLessThan(limit(high - low + 2));
  });
  it.each([
    [20, 0.3],
    [3000, 0.002],
    [50, 0.5],
    [2000, 0.4],
    [700, 0.9],
  ])('binomial of %d and %d', (n, p) => {
    const drawn = drawer((source) => source.binomial(n, p));
    const [low, high] = around(n * p, Math.sqrt(n * p * (1 - p)), n);
    const chance = (k: number): number =>
      Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log(1 - p));
    expect(chiSquare(drawn, chance, low, high)).toBeLessThan(limit(high - low + 2));
  });
});

function drawer(draw: (source: Random) => number): Map<number, number> {
  const source = random(6);
  return histogram(() => draw(source));
}

function histogram(draw: () => number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let index = 0; index < DRAWS; index += 1) {
    const value = draw();
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}

/** Of the values from low to high each, and of all others together. */
function chiSquare(counts: Map<number, number>, chance: (k: number) => number, low: number, high: number): number {
  let [sum, restChance, restCount] = [0, 1, DRAWS];
  for (let k = low; k <= high; k += 1) {
    const [expected, count] = [chance(k) * DRAWS, counts.get(k) ?? 0];
    sum += (count - expected) ** 2 / expected;
    restChance -= chance(k);
    restCount -= count;
  }
  // Below this the rest is but rounding.
  return restChance * DRAWS < 1 ? sum : sum + (restCount - restChance * DRAWS) ** 2 / (restChance * DRAWS);
}

/** Beyond chance for a chi-square of that freedom (below 1 in 100,000). The seeds are fixed: it holds always or never. */
function limit(freedom: number): number {
  return freedom + 5 * Math.sqrt(2 * freedom) + 10;
}

/** Two and a half standard deviations to each side. */
function around(center: number, deviation: number, most = Infinity): [number, number] {
  return [Math.max(0, Math.floor(center - 2.5 * deviation)), Math.min(most, Math.ceil(center + 2.5 * deviation))];
}

function logFactorial(n: number): number {
  let sum = 0;
  for (let k = 2; k <= n; k += 1) sum += Math.log(k);
  return sum;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
