import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { SECOND } from '../../model/duration.js';
import type { MetricProgress } from '../../model/evidence.js';
import { analysisDocument, hasEnded, measurementDocument } from '../../model/wire.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { analysisWorkflowId, deploymentWorkflowId } from '../../model/workflow-id.js';
import { analysisQuery, documentQuery } from '../../workflows/messages.js';
import type { LiveDeployment } from '../gateway.js';
import { documentOf } from '../../records/document.js';
import { decodePayloads } from '../../records/payloads.js';
import { withHeartbeats, withProgress } from './document.js';
import { Heartbeat } from './stored.js';

/** A worker answers a Query within milliseconds; one that does not within this time is taken as away. */
const QUERY_DEADLINE = 2 * SECOND;
/** Stages that have, or may have, an analysis of their own. */
const JUDGING: ReadonlySet<string> = new Set(['ANALYSIS', 'WAIT_APPROVAL']);

/**
 * Reads one deployment as it is now. While it runs: its own document by Query, the running analysis by Query of its workflow, and
 * the heartbeats of running activities. Without a worker: the memo, and it says so. Ended: its result.
 * @returns undefined when there is no such deployment.
 */
export async function readDeployment(client: Client, id: string): Promise<LiveDeployment | undefined> {
  const handle = client.workflow.getHandle(deploymentWorkflowId(id));
  const description = await describe(client, deploymentWorkflowId(id));
  if (!description) return undefined;

  const live: LiveDeployment = {
    document: documentOf(id, description),
    log: [],
    changes: [],
    measurements: [],
    historyEvents: description.historyLength,
  };
  if (description.status.name === 'COMPLETED') {
    return { ...live, document: (await handle.result()) as DeploymentDocument };
  }
  if (description.status.name !== 'RUNNING') return live;

  const queried = await query(client, () => handle.query(documentQuery));
  if (!queried) {
    live.document.warnings = [
      ...live.document.warnings,
      'No worker answers: this is the state as it was last recorded. The deployment goes on when a worker is back.',
    ];
  }
  live.document = queried ?? live.document;
  const beats = await heartbeats(client, description);
  live.document = withHeartbeats(live.document, beats);
  for (const { stage, log, changes } of beats) {
    live.log.push(...log.map((line) => ({ ...line, stage })));
    live.changes.push(...changes.map((change) => ({ ...change, stage })));
  }

  if (hasEnded(live.document.status)) return live;
  for (const stage of live.document.stages) {
    if (JUDGING.has(stage.name) && stage.status === 'RUNNING') await joinAnalysis(client, live, stage);
  }
  return live;
}

/** Adds what the analysis workflow of a running stage knows: it judges, and tells nobody but who asks (no Signals, fewer events). */
async function joinAnalysis(
  client: Client,
  live: LiveDeployment,
  { id: stage, name }: DeploymentDocument['stages'][number],
): Promise<void> {
  const workflowId = analysisWorkflowId(live.document.id, stage);
  const description = await describe(client, workflowId);
  if (!description) return;
  live.historyEvents += description.historyLength;
  const [progress, beats] = await Promise.all([
    query<MetricProgress[]>(client, () => client.workflow.getHandle(workflowId).query(analysisQuery)),
    heartbeats(client, description),
  ]);
  const judged = beats.flatMap((beat) => beat.measurements);
  live.measurements.push(...judged.map((m) => ({ ...measurementDocument(m), stage, metric: m.metric })));
  live.log.push(...beats.flatMap((beat) => beat.log.map((line) => ({ ...line, stage }))));
  if (progress) {
    live.document = {
      ...live.document,
      analysis: [
        ...live.document.analysis.filter((other) => other.stage !== stage),
        ...withProgress(progress, judged).map((metric) => analysisDocument(stage, metric)),
      ],
    };
  }
  const [beat] = beats;
  // What people are asked is not overlaid.
  if (beat && name === 'ANALYSIS') live.document = withHeartbeats(live.document, [{ ...beat, stage }]);
}

async function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** A Query that is given up early: without a worker the server would hold it for as long as the caller waits. */
async function query<R>(client: Client, fn: () => Promise<R>): Promise<R | undefined> {
  try {
    return await client.withDeadline(Date.now() + QUERY_DEADLINE, fn);
  } catch {
    return undefined;
  }
}

async function heartbeats(client: Client, description: WorkflowExecutionDescription): Promise<Heartbeat[]> {
  const beats: Heartbeat[] = [];
  for (const activity of description.raw.pendingActivities ?? []) {
    const [details] = await decodePayloads(client, activity.heartbeatDetails?.payloads);
    const beat = Heartbeat.safeParse(details);
    if (beat.success) beats.push(beat.data);
  }
  return beats;
}
