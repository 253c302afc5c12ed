import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter, fromPayloadsAtIndex } from '@temporalio/common';
import type { Bucket, Measurement } from '../../model/evidence.js';
import { isCompared, type ComparedMetric, type Metric } from '../../model/metric.js';
import { analysisWorkflowId } from '../../model/workflow-id.js';
import type { AnalysisInput } from '../../workflows/messages.js';
import type { MeasureResult } from '../measure.js';

/** What an earlier deployment measured of a metric: its buckets, and where its first window began (epoch ms). */
export interface KeptEvidence {
  start: number;
  buckets: Bucket[];
}

/** Reads the evidence that an earlier deployment's ANALYSIS left of the metric of this name; undefined when it left none that can be compared. */
export type ReadEvidence = (asked: {
  deployment: string;
  stage: string;
  metric: ComparedMetric;
}) => Promise<KeptEvidence | undefined>;

const MOST_KEPT = 32;

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;

interface Run {
  metrics: readonly Metric[];
  measurements: Measurement[];
  before?: string;
}

/** One run of an analysis workflow: what it was started with, what its activities measured, and the run that it went on from. */
function runOf(history: History): Run {
  const run: Run = { metrics: [], measurements: [] };
  for (const event of history.events ?? []) {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started?.input?.payloads) {
      // We wrote it ourselves, as the argument of our own workflow.
      const input = fromPayloadsAtIndex<AnalysisInput>(defaultPayloadConverter, 0, started.input.payloads);
      run.metrics = input.stage.metrics;
      if (started.continuedExecutionRunId) run.before = started.continuedExecutionRunId;
    }
    const payloads = event.activityTaskCompletedEventAttributes?.result?.payloads;
    if (!payloads) continue;
    const result = fromPayloadsAtIndex<Partial<MeasureResult> | undefined>(defaultPayloadConverter, 0, payloads);
    run.measurements.push(...(result?.measurements ?? []));
  }
  return run;
}

async function runsOf(client: Client, workflowId: string): Promise<Run[]> {
  const runs: Run[] = [];
  let runId: string | undefined;
  do {
    const run = runOf(await client.workflow.getHandle(workflowId, runId).fetchHistory());
    runs.unshift(run);
    runId = run.before;
  } while (runId !== undefined);
  return runs;
}

/** Whether two metrics of the same name asked the same of the canary: only then can their answers be compared. */
function asksTheSame(old: Metric, now: ComparedMetric): boolean {
  if (!isCompared(old)) return now.kind === 'VALUE' && old.query === now.canary.value;
  return old.kind === now.kind && JSON.stringify(old.canary) === JSON.stringify(now.canary);
}

/** Evidence is read from the histories of the deployments that made it, and kept here for the windows that follow. */
export function createReadEvidence(client: Client): ReadEvidence {
  const kept = new Map<string, KeptEvidence>();
  return async function readEvidence({ deployment, stage, metric }) {
    const key = `${deployment} ${stage} ${metric.name} ${JSON.stringify(metric.canary)}`;
    const known = kept.get(key);
    if (known) return known;
    let runs: Run[];
    try {
      runs = await runsOf(client, analysisWorkflowId(deployment, stage));
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
    const old = runs[0]?.metrics.find(({ name }) => name === metric.name);
    if (!old || !asksTheSame(old, metric)) return undefined;
    const mine = runs.flatMap(({ measurements }) => measurements).filter((each) => each.metric === metric.name);
    const first = mine[0];
    if (!first) return undefined;
    const buckets = mine
      .filter(({ spoiled }) => spoiled === undefined)
      .flatMap(({ canary, points }): readonly Bucket[] => canary ?? points);
    const evidence = { start: first.from, buckets };
    kept.set(key, evidence);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return evidence;
  };
}
