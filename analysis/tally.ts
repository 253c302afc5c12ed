import type { Measurement, MetricProgress, Verdict } from '../model/evidence.js';
import type { Ledger } from '../model/ledger.js';
import type { Metric } from '../model/metric.js';
import { addOutcome, measured, metricVerdict, standingOf } from './metric-verdict.js';

const SHOWN_MEASUREMENTS = 20;

/** A metric before its first window. */
export function beginProgress(metric: Metric, windows: number): MetricProgress {
  return {
    metric: metric.name,
    strategy: metric.strategy,
    query: metric.query,
    ...(metric.expected && { expected: metric.expected }),
    verdict: 'RUNNING',
    reason: `No window of ${windows} has been judged yet.`,
    windows,
    counts: { PASS: 0, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 },
    consecutiveFailures: 0,
    dryRun: metric.dryRun,
    settings: metric,
    measurements: [],
  };
}

/**
 * Adds judged windows to a metric's progress, in order. One that was already added (its number is not above the last one's) is
 * left out, so that a repeated result changes nothing. `ledger` is what a compared metric has gathered with them.
 */
export function addMeasurements(
  metric: Metric,
  progress: MetricProgress,
  added: readonly Measurement[],
  ledger?: Ledger,
): MetricProgress {
  let next = ledger ? { ...progress, ledger } : progress;
  for (const measurement of added) {
    if (measurement.window <= (next.measurements.at(-1)?.window ?? 0)) continue;
    const standing = addOutcome(standingOf(next), measurement.outcome);
    const delaySeconds = largest(next.delaySeconds, measurement.delaySeconds);
    next = {
      ...next,
      // As it was sent: what is known only when a deployment runs stands in it.
      query: measurement.query || next.query,
      counts: { ...next.counts, [measurement.outcome]: next.counts[measurement.outcome] + 1 },
      consecutiveFailures: standing.consecutiveFailures,
      ...(delaySeconds !== undefined && { delaySeconds }),
      measurements: [...next.measurements, measurement].slice(-SHOWN_MEASUREMENTS),
    };
  }
  return { ...next, ...metricVerdict(metric, next) };
}

function largest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

/** From the worst to the best: the first one that a counted metric has is the stage's. */
const WORST_FIRST = ['FAIL', 'NO_DATA', 'ERROR', 'NOT_ENOUGH_DATA'] as const;

/**
 * The verdict of a whole ANALYSIS stage. One failed metric fails it at once; otherwise it runs until all counted metrics have
 * ended, and passes only when all of them passed. Dry runs are not counted and not waited for. A stage of nothing but dry runs
 * waits for all of them and passes when at least one of their windows was measured: it never fails, but a stage that saw nothing
 * is no success.
 */
export function stageVerdict(metrics: readonly MetricProgress[]): { verdict: Verdict; reason: string } {
  const counted = metrics.filter((metric) => !metric.dryRun);
  if (counted.length === 0) return dryRunsOnly(metrics);

  const failed = counted.find((metric) => metric.verdict === 'FAIL');
  if (failed) return { verdict: 'FAIL', reason: failed.reason };
  const running = counted.filter((metric) => metric.verdict === 'RUNNING');
  if (running.length > 0) return { verdict: 'RUNNING', reason: running.map((metric) => metric.reason).join(' ') };
  for (const verdict of WORST_FIRST) {
    const first = counted.find((metric) => metric.verdict === verdict);
    if (first) return { verdict, reason: first.reason };
  }
  return { verdict: 'PASS', reason: counted.map((metric) => metric.reason).join(' ') };
}

function dryRunsOnly(metrics: readonly MetricProgress[]): { verdict: Verdict; reason: string } {
  if (metrics.some((metric) => metric.verdict === 'RUNNING')) {
    return { verdict: 'RUNNING', reason: 'Nothing but dry runs, not all of them ended.' };
  }
  const windows = metrics.reduce((sum, metric) => sum + measured(metric.counts), 0);
  if (windows === 0) return { verdict: 'NO_DATA', reason: 'Nothing but dry runs, and none of them measured a window.' };
  return { verdict: 'PASS', reason: `Nothing but dry runs: ${windows} windows measured, none counted.` };
}
