import { normalUpperTail } from './normal.js';

/** Neighbouring pairs are alike, which widens the rank sum's distribution by this factor (verdicts.md §6, rule 8). */
const RANK_SPREAD = 1.36;

/**
 * Wilcoxon's signed-rank sum of the values as a normal deviate with a continuity correction: whether they are typically above zero.
 * Zeros are dropped, equal sizes share their mean rank. The spread allows for an autocorrelation of about 0.3.
 * @returns n: the values that are not zero; pValue: the chance of as large a sum
 */
export function signedRank(values: readonly number[]): { n: number; z: number; pValue: number } {
  const kept = values.filter((value) => value !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = kept.length;
  if (n === 0) return { n, z: 0, pValue: 1 };
  let positive = 0;
  for (let i = 0; i < n;) {
    let j = i;
    while (j + 1 < n && Math.abs(kept[j + 1] ?? 0) === Math.abs(kept[i] ?? 0)) j += 1;
    const rank = (i + j) / 2 + 1;
    for (let k = i; k <= j; k += 1) if ((kept[k] ?? 0) > 0) positive += rank;
    i = j + 1;
  }
  const z = (positive - (n * (n + 1)) / 4 - 0.5) / Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24) / RANK_SPREAD;
  return { n, z, pValue: normalUpperTail(z) };
}
