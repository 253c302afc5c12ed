import type { EvidenceMark, Measurement } from '../model/evidence.js';
import type { ComparedMetric } from '../model/metric.js';
import type { Pair } from './ledger.js';
import { formatEvidence } from './compare-words.js';
import { cles, hodgesLehmann, mannWhitney } from './statistics/mann-whitney.js';
import { formatValue } from './threshold.js';

const CONFIDENCE = 0.95;

function sampleOf(used: readonly Pair[], side: 'canary' | 'reference'): number[] {
  return used.flatMap((pair) => {
    const bucket = pair[side];
    if (bucket?.value !== undefined) return [bucket.value];
    return bucket?.requests ? [(bucket.errors ?? 0) / bucket.requests] : [];
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/**
 * PipeCD's rule for one window (pipecd.md §2.5): the Mann–Whitney U test of the two samples of points, worse when p ≤ alpha. Unlike
 * there, samples so small that no data could fail the test are no pass, and a difference within `tolerance` is none.
 */
export function compareSamples(
  metric: ComparedMetric,
  used: readonly Pair[],
): Pick<Measurement, 'outcome' | 'reason'> & { evidence?: EvidenceMark } {
  const [canary, reference] = [sampleOf(used, 'canary'), sampleOf(used, 'reference')];
  const name = metric.reference?.variant ?? 'reference';
  const sizes = `${canary.length} points of the canary, ${reference.length} of the ${name}`;
  const fewest = Math.max(1, metric.minPoints ?? 1);
  if (canary.length < fewest || reference.length < fewest) {
    return { outcome: 'NOT_ENOUGH_DATA', reason: `${sizes}: at least ${fewest} of each are needed.` };
  }
  const test = mannWhitney(canary, reference, metric.deviation);
  if (test.smallestP > metric.alpha) {
    return {
      outcome: 'NOT_ENOUGH_DATA',
      reason: `${sizes} are too few: whatever their values, p could not fall to ${formatEvidence(metric.alpha)}. Take a longer interval.`,
    };
  }
  const { estimate, low, high } = hodgesLehmann(canary, reference, CONFIDENCE);
  const size =
    `medians ${formatValue(median(canary))} and ${formatValue(median(reference))}, difference ${formatValue(estimate)} ` +
    `(95 % from ${formatValue(low)} to ${formatValue(high)}), a point of the canary is the higher one ${Math.round(100 * cles(canary, reference))} times in 100`;
  const evidence: EvidenceMark = { kind: 'P_VALUE', value: Number(test.pValue.toPrecision(6)), bar: metric.alpha };
  const p = `p = ${formatEvidence(test.pValue)}`;
  if (test.pValue > metric.alpha) {
    return { outcome: 'PASS', evidence, reason: `${sizes}: ${p} > ${formatEvidence(metric.alpha)}; ${size}.` };
  }
  const within = Math.abs(median(reference)) * (metric.tolerance - 1);
  if (Math.abs(estimate) <= within) {
    return {
      outcome: 'PASS',
      evidence,
      reason: `${sizes}: ${p}, but ${size}: within the tolerance of ${metric.tolerance}×.`,
    };
  }
  return { outcome: 'FAIL', evidence, reason: `${sizes}: ${p} ≤ ${formatEvidence(metric.alpha)}; ${size}.` };
}
