import { normalQuantile, normalUpperTail } from './normal.js';
import type { Deviation } from '../../model/metric.js';

/** Up to these sizes the distribution is counted out, without and with ties; PipeCD's limits (pipecd.md §2.5). */
const EXACT_UP_TO = 50;
const EXACT_TIED_UP_TO = 25;

export interface MannWhitney {
  /** How many pairs have the canary's value above the reference's; ties count half. */
  u: number;
  pValue: number;
  method: 'EXACT' | 'NORMAL' | 'ALL_EQUAL';
  /** The smallest p that samples of these sizes could give: above the level, no data could fail the test. */
  smallestP: number;
}

/** Twice the mid-rank of each value of `first` and then `second`, and the sizes of the groups of equal values. */
function ranks(first: readonly number[], second: readonly number[]): { doubled: number[]; ties: number[] } {
  const all = [...first, ...second].map((value, index) => ({ value, index })).sort((a, b) => a.value - b.value);
  const doubled = new Array<number>(all.length).fill(0);
  const ties: number[] = [];
  for (let i = 0; i < all.length;) {
    let j = i;
    while (j + 1 < all.length && all[j + 1]?.value === all[i]?.value) j += 1;
    for (let k = i; k <= j; k += 1) doubled[all[k]?.index ?? 0] = i + j + 2;
    ties.push(j - i + 1);
    i = j + 1;
  }
  return { doubled, ties };
}

/** C(n, k), as near as a number can be. */
function choices(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) ways = (ways * (n - i + 1)) / i;
  return ways;
}

/**
 * Of how many choices of `size` of the ranks the sum is `sum`, and at most `sum`. Counts them rank by rank, from the largest one on.
 * Sums that the smallest ranks would take beyond `sum` need not be counted, and none is below that of the last ranks taken.
 */
function countChoices(ranks: readonly number[], size: number, sum: number): { equal: number; atMost: number } {
  const sorted = [...ranks].sort((a, b) => b - a);
  const smallest = [0];
  for (let n = 1; n <= size; n += 1) smallest.push((smallest[n - 1] ?? 0) + (sorted[sorted.length - n] ?? 0));
  const width = sum + 1;
  const ways = new Float64Array((size + 1) * width);
  ways[0] = 1;
  for (const [done, rank] of sorted.entries()) {
    const most = Math.min(size, done + 1);
    let least = 0;
    for (let n = 1; n <= most; n += 1) least += sorted[done + 1 - n] ?? 0;
    for (let n = most; n >= 1; n -= 1) {
      const last = sum - (smallest[size - n] ?? 0);
      const [from, to] = [(n - 1) * width - rank, n * width];
      for (let at = least; at <= last; at += 1) ways[to + at] = (ways[to + at] ?? 0) + (ways[from + at] ?? 0);
      least -= sorted[done + 1 - n] ?? 0;
    }
  }
  let atMost = 0;
  for (let at = size * width; at < (size + 1) * width; at += 1) atMost += ways[at] ?? 0;
  return { equal: ways[(size + 1) * width - 1] ?? 0, atMost };
}

/**
 * How likely the first `size` ranks, of all that could have been the first, have a sum as large or as small (Klotz 1966, which holds
 * for ties). The smaller tail is counted and the other follows, so that small chances keep their digits.
 */
function exactTails(ranks: readonly number[], size: number): { upper: number; lower: number } {
  const largest = Math.max(...ranks) + Math.min(...ranks);
  const sum = ranks.slice(0, size).reduce((total, rank) => total + rank, 0);
  const mean = (ranks.reduce((total, rank) => total + rank, 0) * size) / ranks.length;
  const all = choices(ranks.length, size);
  const mirror = sum > mean;
  const { equal, atMost } = mirror
    ? countChoices(
        ranks.map((rank) => largest - rank),
        size,
        largest * size - sum,
      )
    : countChoices(ranks, size, sum);
  const [near, far] = [atMost / all, Math.min(1, 1 - (atMost - equal) / all)];
  return mirror ? { upper: near, lower: far } : { upper: far, lower: near };
}

function inDirection({ upper, lower }: { upper: number; lower: number }, direction: Deviation): number {
  switch (direction) {
    case 'HIGH':
      return upper;
    case 'LOW':
      return lower;
    case 'EITHER':
      return Math.min(1, 2 * Math.min(upper, lower));
    default:
      return direction satisfies never;
  }
}

/** By how much groups of equal values narrow the distribution of U. */
function tieSum(ties: readonly number[]): number {
  return ties.reduce((sum, t) => sum + (t ** 3 - t), 0);
}

/** The standard deviation of U. */
function sigmaOf(n1: number, n2: number, tied: number): number {
  const n = n1 + n2;
  return Math.sqrt(((n1 * n2) / 12) * (n + 1 - tied / (n * (n - 1))));
}

/** Normal approximation with corrections for ties and for continuity (Lehmann, Nonparametrics, section 1.3). */
function normalTails(u: number, n1: number, n2: number, tied: number): { upper: number; lower: number } {
  const sigma = sigmaOf(n1, n2, tied);
  const d = u - (n1 * n2) / 2;
  return { upper: normalUpperTail((d - 0.5) / sigma), lower: normalUpperTail((-d - 0.5) / sigma) };
}

/**
 * The Mann–Whitney U test of two samples (Annals of Mathematical Statistics 18, 1947), exact for small ones. HIGH asks whether the
 * canary's values are higher. Samples of which all values are equal differ in nothing: p is 1. With ties the exact p is that of all
 * ways to share out the values; PipeCD's package steps over the half ranks that ties make, and takes one tail for both.
 */
export function mannWhitney(
  canary: readonly number[],
  reference: readonly number[],
  direction: Deviation,
): MannWhitney {
  const [n1, n2] = [canary.length, reference.length];
  if (n1 === 0 || n2 === 0) return { u: 0, pValue: 1, method: 'ALL_EQUAL', smallestP: 1 };
  const one = 1 / choices(n1 + n2, n1);
  const smallestP = Math.min(1, direction === 'EITHER' ? 2 * one : one);
  const { doubled, ties } = ranks(canary, reference);
  const sum = doubled.slice(0, n1).reduce((total, rank) => total + rank, 0);
  const u = sum / 2 - (n1 * (n1 + 1)) / 2;
  if (ties.length === 1) return { u, pValue: 1, method: 'ALL_EQUAL', smallestP };
  const tied = ties.length < n1 + n2;
  const largest = tied ? EXACT_TIED_UP_TO : EXACT_UP_TO;
  if (n1 <= largest && n2 <= largest) {
    // Without ties the ranks are whole, and halving them halves the work.
    const pValue = inDirection(exactTails(tied ? doubled : doubled.map((rank) => rank / 2), n1), direction);
    return { u, pValue, method: 'EXACT', smallestP };
  }
  return { u, pValue: inDirection(normalTails(u, n1, n2, tieSum(ties)), direction), method: 'NORMAL', smallestP };
}

/** How often a value of the canary is above one of the reference, ties counting half: the common-language effect size. */
export function cles(canary: readonly number[], reference: readonly number[]): number {
  let above = 0;
  for (const a of canary) for (const b of reference) above += a > b ? 1 : a === b ? 0.5 : 0;
  return canary.length * reference.length === 0 ? 0.5 : above / (canary.length * reference.length);
}

/** How many times as large the canary's values are on average; undefined where a mean is zero, of which nothing is a multiple. */
export function meanRatio(canary: readonly number[], reference: readonly number[]): number | undefined {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const ratio = mean(canary) / mean(reference);
  return Number.isFinite(ratio) && ratio !== 0 ? ratio : undefined;
}

/**
 * The Hodges–Lehmann estimate of by how much the canary's values are higher: the median of all differences, with the interval of
 * the shifts that the normal U test, corrected for ties and continuity, would not reject (Hollander and Wolfe, section 4.3). It is of
 * whole differences, not a root that a search finds to some absolute precision: so it is the same in any unit. For a handful of
 * values it is the whole range, which may hold the shift less often than `confidence`. Neither sample may be empty.
 */
export function hodgesLehmann(
  canary: readonly number[],
  reference: readonly number[],
  confidence: number,
): { estimate: number; low: number; high: number } {
  const differences = canary.flatMap((a) => reference.map((b) => a - b)).sort((a, b) => a - b);
  const n = differences.length;
  // Shifted by what is no difference, values of different samples are never equal.
  const tied = tieSum(ranks(canary, []).ties) + tieSum(ranks(reference, []).ties);
  const reach = -normalQuantile((1 - confidence) / 2) * sigmaOf(canary.length, reference.length, tied);
  // A shift beyond the k-th difference leaves n - k pairs above it: n/2 - k - 1/2 standard deviations from the middle.
  const k = Math.max(1, Math.ceil(n / 2 - 0.5 - reach));
  const at = (rank: number): number => differences[rank - 1] ?? Number.NaN;
  const estimate = n % 2 === 1 ? at((n + 1) / 2) : (at(n / 2) + at(n / 2 + 1)) / 2;
  return { estimate, low: at(k), high: at(n + 1 - k) };
}
