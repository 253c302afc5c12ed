import { normalUpperTail } from './normal.js';
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

/** Of how many choices of `size` ranks each doubled sum comes: index is the sum. */
function sumsOfChoices(doubled: readonly number[], size: number): number[] {
  const most = doubled.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: size + 1 }, () => new Array<number>(most + 1).fill(0));
  (ways[0] ?? [])[0] = 1;
  let reached = 0;
  for (const rank of doubled) {
    reached += rank;
    for (let n = size; n >= 1; n -= 1) {
      const [from, to] = [ways[n - 1] ?? [], ways[n] ?? []];
      for (let sum = reached; sum >= rank; sum -= 1) to[sum] = (to[sum] ?? 0) + (from[sum - rank] ?? 0);
    }
  }
  return ways[size] ?? [];
}

function tails(counts: readonly number[], sum: number): { upper: number; lower: number } {
  let [upper, lower, all] = [0, 0, 0];
  for (const [at, ways] of counts.entries()) {
    all += ways;
    if (at >= sum) upper += ways;
    if (at <= sum) lower += ways;
  }
  return { upper: upper / all, lower: lower / all };
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

/** Normal approximation with corrections for ties and for continuity (Lehmann, Nonparametrics, section 1.3). */
function normalTails(u: number, n1: number, n2: number, ties: readonly number[]): { upper: number; lower: number } {
  const n = n1 + n2;
  const tied = ties.reduce((sum, t) => sum + (t ** 3 - t), 0);
  const sigma = Math.sqrt(((n1 * n2) / 12) * (n + 1 - tied / (n * (n - 1))));
  const d = u - (n1 * n2) / 2;
  return { upper: normalUpperTail((d - 0.5) / sigma), lower: normalUpperTail((-d - 0.5) / sigma) };
}

/** 1 / C(n, k): the chance of one choice. */
function oneChoice(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i += 1) ways = (ways * (n - k + i)) / i;
  return 1 / ways;
}

/**
 * The Mann–Whitney U test of two samples, exact for small ones. HIGH asks whether the canary's values are higher. Samples of which
 * all values are equal differ in nothing: p is 1.
 */
export function mannWhitney(
  canary: readonly number[],
  reference: readonly number[],
  direction: Deviation,
): MannWhitney {
  const [n1, n2] = [canary.length, reference.length];
  if (n1 === 0 || n2 === 0) return { u: 0, pValue: 1, method: 'ALL_EQUAL', smallestP: 1 };
  const one = oneChoice(n1 + n2, Math.min(n1, n2));
  const smallestP = Math.min(1, direction === 'EITHER' ? 2 * one : one);
  const { doubled, ties } = ranks(canary, reference);
  const sum = doubled.slice(0, n1).reduce((total, rank) => total + rank, 0);
  const u = sum / 2 - (n1 * (n1 + 1)) / 2;
  if (ties.length === 1) return { u, pValue: 1, method: 'ALL_EQUAL', smallestP };
  const largest = ties.length === n1 + n2 ? EXACT_UP_TO : EXACT_TIED_UP_TO;
  if (n1 <= largest && n2 <= largest) {
    const pValue = inDirection(tails(sumsOfChoices(doubled, n1), sum), direction);
    return { u, pValue, method: 'EXACT', smallestP };
  }
  return { u, pValue: inDirection(normalTails(u, n1, n2, ties), direction), method: 'NORMAL', smallestP };
}

/** How often a value of the canary is above one of the reference, ties counting half: the common-language effect size. */
export function cles(canary: readonly number[], reference: readonly number[]): number {
  let above = 0;
  for (const a of canary) for (const b of reference) above += a > b ? 1 : a === b ? 0.5 : 0;
  return canary.length * reference.length === 0 ? 0.5 : above / (canary.length * reference.length);
}

/**
 * The Hodges–Lehmann estimate of by how much the canary's values are higher: the median of all differences, with the interval that
 * the U test would not reject (Hollander and Wolfe, section 4.3).
 */
export function hodgesLehmann(
  canary: readonly number[],
  reference: readonly number[],
  confidence: number,
): { estimate: number; low: number; high: number } {
  const differences = canary.flatMap((a) => reference.map((b) => a - b)).sort((a, b) => a - b);
  const n = differences.length;
  const at = (index: number): number => differences[Math.max(0, Math.min(n - 1, index))] ?? 0;
  const [n1, n2] = [canary.length, reference.length];
  const sigma = Math.sqrt((n1 * n2 * (n1 + n2 + 1)) / 12);
  const below = Math.max(0, Math.floor(n / 2 - 0.5 - deviateOf((1 - confidence) / 2) * sigma));
  const estimate = n % 2 === 1 ? at((n - 1) / 2) : (at(n / 2 - 1) + at(n / 2)) / 2;
  return { estimate, low: at(below), high: at(n - 1 - below) };
}

/** The normal deviate of an upper tail, by bisection: exact enough for ranks. */
function deviateOf(tail: number): number {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i += 1) {
    const middle = (low + high) / 2;
    if (normalUpperTail(middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
