import type { CountBucket } from './ratio-evidence.js';

/** The share of the pairs that differ most is left out: an incident is no cluster. */
const LEFT_OUT = 0.05;

/**
 * How much more the errors of neighbouring buckets differ than single ones would: 1 when they come singly, about the size of the
 * clusters when they come in clusters (verdicts.md §6, rule 4). Never below 1; 1 where there is no history.
 * @param history one version's buckets in order of time
 */
export function dispersion(history: readonly CountBucket[]): number {
  const pairs: { d: number; v: number }[] = [];
  for (let i = 0; i + 1 < history.length; i += 2) {
    const [a, b] = [history[i], history[i + 1]];
    if (!a || !b || a.requests <= 0 || b.requests <= 0) continue;
    const all = a.errors + b.errors;
    if (all <= 0) continue;
    const share = a.requests / (a.requests + b.requests);
    pairs.push({ d: (a.errors - all * share) ** 2, v: all * share * (1 - share) });
  }
  pairs.sort((a, b) => a.d / a.v - b.d / b.v);
  const kept = pairs.slice(0, pairs.length - Math.floor(pairs.length * LEFT_OUT));
  const d = kept.reduce((sum, pair) => sum + pair.d, 0);
  const v = kept.reduce((sum, pair) => sum + pair.v, 0);
  return v > 0 ? Math.max(1, d / v) : 1;
}
