import { formatDuration } from '../model/duration.js';
import type { Measurement, MetricProgress, OutcomeCounts, Verdict } from '../model/evidence.js';
import { isCompared, type ComparedMetric, type Metric } from '../model/metric.js';
import { evidenceAtEnd, lackingInWords } from './conclude.js';
import { SOURCE_NAME } from './source-name.js';

/** Where a metric stands, as far as it decides whether to go on. */
export interface Standing {
  failures: number;
  consecutiveFailures: number;
  errors: number;
}

/** Whether a metric can only fail from here, or has used up its error budget; undefined while it may still pass. */
export function isSpent(metric: Metric, standing: Standing): 'FAIL' | 'ERROR' | undefined {
  if (standing.failures > metric.failureLimit) return 'FAIL';
  const limit = metric.consecutiveFailureLimit;
  if (limit !== undefined && limit > 0 && standing.consecutiveFailures >= limit) return 'FAIL';
  if (standing.errors > metric.errorLimit) return 'ERROR';
  return undefined;
}

/** Adds one outcome to a standing. Only a pass ends a row of failures: a window without a verdict says nothing about it. */
export function addOutcome(standing: Standing, outcome: Measurement['outcome']): Standing {
  return {
    failures: standing.failures + (outcome === 'FAIL' ? 1 : 0),
    consecutiveFailures:
      outcome === 'FAIL' ? standing.consecutiveFailures + 1 : outcome === 'PASS' ? 0 : standing.consecutiveFailures,
    errors: standing.errors + (outcome === 'ERROR' ? 1 : 0),
  };
}

/** The standing of a progress. */
export function standingOf(progress: MetricProgress): Standing {
  return {
    failures: progress.counts.FAIL,
    consecutiveFailures: progress.consecutiveFailures,
    errors: progress.counts.ERROR,
  };
}

/** How many windows have been judged. */
export function judged(counts: OutcomeCounts): number {
  return counts.PASS + counts.FAIL + counts.NO_DATA + counts.NOT_ENOUGH_DATA + counts.ERROR;
}

/** How many windows were measured: those that ended in a verdict. */
export function measured(counts: OutcomeCounts): number {
  return counts.PASS + counts.FAIL;
}

/**
 * How many windows a metric must have measured to pass: `minMeasured` of the planned ones, without those that had no data where
 * `skipOnNoData` forgives them; never less than one.
 */
export function requiredWindows(metric: Metric, progress: Pick<MetricProgress, 'windows' | 'counts'>): number {
  const forgiven = metric.skipOnNoData ? progress.counts.NO_DATA : 0;
  // The product of a share such as 0.7 and a whole number may lie a hair above the whole number that is meant.
  return Math.max(1, Math.ceil(metric.minMeasured * (progress.windows - forgiven) - 1e-9));
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

function failedInWords(metric: Metric, progress: MetricProgress, last: Measurement | undefined): string {
  if (metric.test === 'SEQUENTIAL')
    return `${metric.name} failed. Window ${last?.window ?? '?'}: ${last?.reason ?? ''}`;
  const { FAIL } = progress.counts;
  const limit = FAIL > metric.failureLimit ? `failureLimit ${metric.failureLimit}` : 'consecutiveFailureLimit';
  const why = last?.outcome === 'FAIL' ? ` Window ${last.window}: ${last.reason}` : '';
  return `${metric.name} failed ${FAIL} of ${plural(judged(progress.counts), 'judged window')} (${limit}).${why}`;
}

/** The final verdict of a metric, when all its windows were judged or it is spent; RUNNING until then. With its reason. */
export function metricVerdict(metric: Metric, progress: MetricProgress): { verdict: Verdict; reason: string } {
  const { counts, windows } = progress;
  const last = progress.measurements.at(-1);
  const source = SOURCE_NAME[metric.source];
  const spent = isSpent(metric, standingOf(progress));
  if (spent === 'FAIL') return { verdict: 'FAIL', reason: failedInWords(metric, progress, last) };
  if (spent === 'ERROR') {
    const why = last?.outcome === 'ERROR' ? ` ${last.reason}` : '';
    return {
      verdict: 'ERROR',
      reason: `${plural(counts.ERROR, 'window')} of ${metric.name} ended in an error, more than errorLimit ${metric.errorLimit}.${why}`,
    };
  }
  const done = judged(counts);
  if (done < windows)
    return { verdict: 'RUNNING', reason: `${done} of ${windows} windows judged, ${counts.FAIL} failed.` };

  if (passesWithoutPrevious(metric, progress)) {
    return {
      verdict: 'PASS',
      reason: `${metric.name} had no earlier version's evidence to compare with, and onNoPrevious is PASS.`,
    };
  }
  const good = measured(counts);
  // A stage that extends itself for want of data judges more windows than were planned.
  const all = Math.max(windows, done);
  if (good === 0) {
    // The canary was seen, but nothing to compare it with: too little, not nothing.
    if (isCompared(metric) && (progress.ledger?.canaryBuckets ?? 0) > 0 && counts.NOT_ENOUGH_DATA > 0) {
      return {
        verdict: 'NOT_ENOUGH_DATA',
        reason: `No window of ${metric.name} could be judged. ${last?.reason ?? ''}`.trim(),
      };
    }
    if (all > 0 && counts.ERROR === all) {
      return { verdict: 'ERROR', reason: `Every query for ${metric.name} failed. ${last?.reason ?? ''}`.trim() };
    }
    return {
      verdict: 'NO_DATA',
      reason:
        all === 0
          ? `${metric.name} has no window: its interval of ${formatDuration(metric.interval)} is longer than the stage.`
          : `${source} gave no point to judge for ${metric.name} in any of ${plural(all, 'window')}.`,
    };
  }
  const required = requiredWindows(metric, progress);
  if (good < required) {
    return {
      verdict: 'NOT_ENOUGH_DATA',
      reason: `Only ${good} of ${plural(all, 'window')} of ${metric.name} could be measured, ${required} are needed.`,
    };
  }
  if (metric.test === 'SEQUENTIAL') return sequentialEnd(metric, progress, all);
  const failed = counts.FAIL > 0 ? `, ${counts.FAIL} failed (failureLimit ${metric.failureLimit})` : '';
  const missing = good < all ? `, ${all - good} could not be measured` : '';
  return {
    verdict: 'PASS',
    reason: `${counts.PASS} of ${plural(all, 'window')} of ${metric.name} passed${failed}${missing}.${neverSeen(progress)}`,
  };
}

/** Whether nothing was compared because no earlier version left evidence, and the file takes that for good. */
function passesWithoutPrevious(metric: Metric, { ledger }: MetricProgress): boolean {
  if (!isCompared(metric) || metric.onNoPrevious !== 'PASS') return false;
  return ledger !== undefined && ledger.canaryBuckets > 0 && ledger.pairs === 0;
}

/** The end of a sequential test that found no harm: a pass only where the data could have shown that the canary is good. */
function sequentialEnd(
  metric: ComparedMetric,
  { ledger, counts }: MetricProgress,
  all: number,
): { verdict: Verdict; reason: string } {
  const lacking = lackingInWords(metric, ledger);
  if (lacking !== undefined || !ledger) {
    return {
      verdict: 'NOT_ENOUGH_DATA',
      reason: `${metric.name} showed no harm, and not that it is good: ${lacking ?? ''}`,
    };
  }
  const missing = counts.PASS < all ? `, ${all - counts.PASS} of ${plural(all, 'window')} could not be measured` : '';
  return { verdict: 'PASS', reason: `${metric.name} passed: ${evidenceAtEnd(metric, ledger)}${missing}`.trimEnd() };
}

/** A query that never had a point of its own may be right (no error was made) or wrong (a name that does not exist): say so. */
function neverSeen({ measurements, counts }: MetricProgress): string {
  const shown = measurements.filter(({ outcome }) => outcome === 'PASS');
  if (counts.FAIL > 0 || shown.length === 0) return '';
  if (shown.some(({ points, filled }) => points.length > (filled ?? 0))) return '';
  return ' Every value was filled in: the query itself had no point, only its denominator or watermark had.';
}
