import type { Ledger } from '../model/ledger.js';
import type { ComparedMetric } from '../model/metric.js';

/** Above it a test of latencies with a small tolerance rolls good versions back more often than its budget (verdicts.md §6). */
const FOLLOWS_CLOSELY = 0.5;
/**
 * In 400 simulated rollouts of an hour each, an autocorrelation of 0.7 with values that vary by 25 % rolled 15 % of the good versions back at
 * 1.05, and 4.5 % at 1.2; one of 0.5 did 5.5 % and 0.3 %.
 */
const WIDE_TOLERANCE = 1.2;

/** What the reference's history says of how far a pass can be trusted. */
export function noteOfHistory(metric: ComparedMetric, ledger: Ledger): string {
  if (!metric.reference || metric.kind === 'VALUE') return closelyFollowing(metric, ledger);
  if ((ledger.calibration?.buckets ?? 0) > 0) return '';
  return ' No history of the reference was there to tell whether its errors come in clusters.';
}

/** Says that values which follow each other make the test of latencies find differences where there are none. */
export function closelyFollowing(metric: ComparedMetric, { calibration }: Ledger): string {
  const follows = calibration?.autocorrelation ?? 0;
  if (follows <= FOLLOWS_CLOSELY || metric.tolerance >= WIDE_TOLERANCE) return '';
  return ` The reference’s values follow each other closely (autocorrelation ${follows.toFixed(2)}), so that a good version is rolled back more often than alpha says: tolerance ${WIDE_TOLERANCE} would be safer.`;
}
