import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { defaultPayloadConverter, fromPayloadsAtIndex } from '@temporalio/common';
import type { Bucket, Measurement } from '../../model/evidence.js';
import { isCompared, type ComparedMetric, type Metric } from '../../model/metric.js';
import { measurementOf } from '../../model/wire.js';
import { analysisWorkflowId } from '../../model/workflow-id.js';
import type { Archived } from '../../records/archived.js';
import { storedMetric } from '../../spec/stored-metric.js';
import type { AnalysisInput } from '../../workflows/messages.js';
import type { ArchiveReader } from '../archive/read.js';
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

/** What was measured of one metric, and what was asked. */
interface Measured {
  metric: Metric;
  measurements: Measurement[];
}

/** Whether two metrics of the same name asked the same of the canary: only then can their answers be compared. */
function asksTheSame(old: Metric, now: ComparedMetric): boolean {
  if (!isCompared(old)) return now.kind === 'VALUE' && old.query === now.canary.value;
  return old.kind === now.kind && isDeepStrictEqual(old.canary, now.canary);
}

/** From the archive, where the document says how the metric was judged. */
function archivedEvidence({ document, records }: Archived, stage: string, name: string): Measured | undefined {
  const told = document.analysis.find((one) => one.stage === stage && one.metric === name);
  const { success, data } = storedMetric.safeParse(told?.settings);
  if (!told || !success) return undefined;
  const measurements = records.flatMap((record) =>
    record.kind === 'measurement' && record.value.stage === stage && record.value.metric === name
      ? [measurementOf(record.value, told.query)]
      : [],
  );
  return { metric: data, measurements };
}

/**
 * Evidence is read from the histories of the deployments that made it, from the archive where Temporal knows them no more, and kept here for
 * the windows that follow.
 */
export function createReadEvidence(client: Client, archive?: Pick<ArchiveReader, 'deployment'>): ReadEvidence {
  async function measured(deployment: string, stage: string, name: string): Promise<Measured | undefined> {
    let runs: Run[];
    try {
      runs = await runsOf(client, analysisWorkflowId(deployment, stage));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      const archived = await archive?.deployment(deployment);
      return archived && archivedEvidence(archived, stage, name);
    }
    const metric = runs[0]?.metrics.find((one) => one.name === name);
    const measurements = runs.flatMap((run) => run.measurements).filter((one) => one.metric === name);
    return metric && { metric, measurements };
  }

  const kept = new Map<string, KeptEvidence>();
  return async function readEvidence({ deployment, stage, metric }) {
    const key = `${deployment} ${stage} ${metric.name} ${JSON.stringify(metric.canary)}`;
    const known = kept.get(key);
    if (known) return known;
    const found = await measured(deployment, stage, metric.name);
    if (!found || !asksTheSame(found.metric, metric)) return undefined;
    const mine = found.measurements;
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
