import {
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { earliestVerdict, firstLookAt } from '../analysis/judge.js';
import { isSpent, judged, metricVerdict, standingOf } from '../analysis/metric-verdict.js';
import { addMeasurements, beginProgress, stageVerdict } from '../analysis/tally.js';
import { analysisStart, chunkWindows, planWindows } from '../analysis/windows.js';
import type { Window } from '../analysis/windows.js';
import { formatDuration, MINUTE, SECOND } from '../model/duration.js';
import type { AnalysisResult, MetricProgress } from '../model/evidence.js';
import { isCompared, type Metric } from '../model/metric.js';
import type { MeasureInput } from '../activities/measure.js';
import { iso } from '../model/wire.js';
import { analysisQuery } from './messages.js';
import type { AnalysisInput } from './messages.js';
import { reading } from './proxies.js';

/** A new run begins well before the server's limits; all that is carried over is where each metric stands. */
const EVENTS_PER_RUN = 3_000;
/** Short windows fill it sooner than events do: each leaves its evidence, some 1 KB. A worker that comes anew reads all of it. */
const BYTES_PER_RUN = 2 * 1024 * 1024;
const LOST_AFTER = 5 * SECOND;

/**
 * One ANALYSIS stage: each metric judges its windows one after the other, each once, when its data is complete. Ends with the first
 * counted metric that failed, else with the last window of the last metric.
 */
export async function analysis(input: AnalysisInput): Promise<AnalysisResult> {
  const { stage } = input;
  const progress = input.progress ?? stage.metrics.map((m) => beginProgress(m, plannedWindows(input, m).length));
  setHandler(analysisQuery, () => progress, { description: 'Where each metric stands, with its last windows.' });

  const running = new CancellationScope();
  const show = (): void => setCurrentDetails(detailsOf(progress));
  show();
  await running
    .run(async () => {
      await Promise.all(
        stage.metrics.map((metric, index) =>
          judgeMetric(input, metric, {
            get: () => progress[index] ?? beginProgress(metric, 0),
            set: (next) => {
              progress[index] = next;
              show();
              // What is left to judge cannot change the verdict any more: no metric waits for it.
              if (stageVerdict(progress).verdict !== 'RUNNING') running.cancel();
            },
          }),
        ),
      );
    })
    .catch((error: unknown) => {
      if (stageVerdict(progress).verdict === 'RUNNING') throw error;
    });

  const { verdict, reason } = stageVerdict(progress);
  if (verdict !== 'RUNNING') return { verdict, reason, metrics: progress };
  return await continueAsNew<typeof analysis>({ ...input, progress });
}

function plannedWindows(
  { stage, beganAt, trafficVerifiedAt }: AnalysisInput,
  metric: Metric,
  duration = stage.duration,
): Window[] {
  const start = analysisStart({
    beganAt,
    ...(trafficVerifiedAt !== undefined && { trafficVerifiedAt }),
    initialDelay: stage.initialDelay,
    resolution: metric.resolution,
  });
  return planWindows(start, duration, metric.interval);
}

/** The windows still to judge: the planned ones, and those of an extension for want of data, up to the stage's longest duration. */
function windowsAhead(input: AnalysisInput, metric: Metric, done: number): Window[][] {
  return chunkWindows(plannedWindows(input, metric, input.stage.maxDuration).slice(done));
}

/** Judges one metric's windows until it has a verdict, or this run's history is long enough. */
async function judgeMetric(
  input: AnalysisInput,
  metric: Metric,
  progress: { get: () => MetricProgress; set: (next: MetricProgress) => void },
): Promise<void> {
  for (const windows of windowsAhead(input, metric, judged(progress.get().counts))) {
    const before = progress.get();
    if (isEnded(metric, before) || isFull()) return;
    const [first] = windows;
    const last = windows.at(-1);
    if (!first || !last) return;
    const seenDelay = before.delaySeconds === undefined ? undefined : before.delaySeconds * SECOND;
    const due = firstLookAt(metric, first, seenDelay);
    progress.set({ ...before, nextVerdictAt: earliestVerdict(metric, first, seenDelay) });
    const label = `${metric.name} window ${first.window}${last === first ? '' : `–${last.window}`}`;
    // A metric that only waits does not keep one that is judged often from going on in the next run.
    if (due > Date.now() && (await condition(isFull, due - Date.now(), { summary: `${label} is complete` }))) return;
    const { measurements, ledger } = await reading.measure.executeWithOptions(
      {
        summary: `judge ${label}`,
        // It reads alone, so a worker that is lost may be noticed early: the next one goes on after the windows judged.
        heartbeatTimeout: LOST_AFTER,
        startToCloseTimeout: Math.max(last.to - Date.now(), 0) + metric.maxDelay + 5 * MINUTE,
      },
      [
        {
          deployment: input.deployment,
          stage: input.stage.id,
          metric,
          windows,
          before: standingOf(before),
          ...(seenDelay !== undefined && { seenDelay }),
          ...(input.traffic && { traffic: input.traffic }),
          ...comparedInput(input, metric, before),
        },
      ],
    );
    const after = addMeasurements(metric, before, measurements, ledger);
    const extended = !isEnded(metric, after) && windowsAhead(input, metric, judged(after.counts)).length > 0;
    progress.set(extended ? { ...after, verdict: 'RUNNING' } : after);
  }
  const at = progress.get();
  progress.set({ ...at, ...metricVerdict(metric, at) });
}

/** What a compared metric's windows are judged with, besides what all are. */
function comparedInput(input: AnalysisInput, metric: Metric, before: MetricProgress): Partial<MeasureInput> {
  const places = input.places && { places: input.places };
  if (!isCompared(metric)) return { ...places };
  const planned = plannedWindows(input, metric);
  const start = planned[0]?.from;
  return {
    ...places,
    ...(start !== undefined && { start }),
    ...(before.ledger && { ledger: before.ledger }),
    ...(input.previous !== undefined && { previous: input.previous }),
    planned: planned.length,
    mostWindows: plannedWindows(input, metric, input.stage.maxDuration).length,
  };
}

/** Whether this run's history is long enough. */
function isFull(): boolean {
  const { historyLength, historySize, continueAsNewSuggested } = workflowInfo();
  return historyLength > EVENTS_PER_RUN || historySize > BYTES_PER_RUN || continueAsNewSuggested;
}

/** A metric that is spent, or has its planned windows and enough of them measured, needs no further window. */
function isEnded(metric: Metric, progress: MetricProgress): boolean {
  if (isSpent(metric, standingOf(progress))) return true;
  if (judged(progress.counts) < progress.windows) return false;
  return metricVerdict(metric, progress).verdict === 'PASS';
}

/** What Temporal's own UI shows of the analysis: Markdown. */
function detailsOf(progress: readonly MetricProgress[]): string {
  return progress
    .map((m) => {
      const delay = m.delaySeconds === undefined ? '' : `, data ${formatDuration(m.delaySeconds * SECOND)} late`;
      const next =
        m.nextVerdictAt === undefined || m.verdict !== 'RUNNING'
          ? ''
          : `, next verdict about ${iso(m.nextVerdictAt).slice(11, 19)} UTC`;
      const windows = m.measurements.toReversed().map((w) => {
        const value = w.value === undefined ? '' : ` ${Number(w.value.toPrecision(4))}`;
        return `- window ${w.window}, ${iso(w.from).slice(11, 19)} to ${iso(w.to).slice(11, 19)} UTC: **${w.outcome}**${value}. ${w.reason}`;
      });
      return [
        `### ${m.metric}: ${m.verdict} (${judged(m.counts)} of ${m.windows} windows${delay}${next})`,
        m.reason,
        ...(windows.length ? ['', ...windows] : []),
      ].join('\n');
    })
    .join('\n\n');
}
