import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import { ROLLBACK_STAGE } from '../model/stage.js';
import { measurementDocument } from '../model/wire.js';
import { analysisWorkflowId, deploymentWorkflowId } from '../model/workflow-id.js';
import type { DeploymentRecord, RecordPage, RecordPlace } from './record.js';
import { decodePayloads } from './payloads.js';
import { Records } from './stored.js';

/** A run of an analysis workflow that the deployment started; each of its later runs is named by the one before. */
interface ChildRun {
  workflowId: string;
  runId: string;
}

/** What one workflow run left: its records and the analyses it started, in the order of its history. */
interface RunStory {
  entries: (DeploymentRecord | { kind: 'child'; value: ChildRun })[];
  closed: boolean;
  /** Set when the run continued as new. */
  nextRunId?: string;
}

/** Closed runs do not change: they are kept, so that paging through a long deployment does not read it anew for each page. */
export type ClosedRuns = Map<string, RunStory>;

const MOST_CLOSED_RUNS = 64;
const ACTIVITY_STAGE: Readonly<Record<string, string>> = {
  restoreTraffic: ROLLBACK_STAGE.id,
  cleanUp: ROLLBACK_STAGE.id,
  stopTask: ROLLBACK_STAGE.id,
};

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];
type Failure = NonNullable<NonNullable<HistoryEvent['activityTaskFailedEventAttributes']>['failure']>;

/**
 * Reads the records of a deployment from its history and those of its analyses: the results, failures and last heartbeats of the
 * activities, which are where evidence and log lines live (design: "Where things live").
 * @returns undefined when there is no such deployment.
 */
export async function readRecords(
  client: Client,
  closedRuns: ClosedRuns,
  id: string,
  place: RecordPlace,
  limit: number,
  wanted: (record: DeploymentRecord) => boolean,
): Promise<RecordPage | undefined> {
  const description = await describeRun(client, deploymentWorkflowId(id));
  if (!description) return undefined;
  const page: RecordPage = { records: [], place: { ...place }, more: false };

  /** Walks one run; answers false once the page is full. */
  const walk = async (run: ChildRun, stage: string | undefined): Promise<boolean> => {
    const story = await readRun(client, closedRuns, run, stage);
    let seen = 0;
    for (const entry of story?.entries ?? []) {
      if (entry.kind === 'child') {
        if (!(await walk(entry.value, entry.value.workflowId.slice(analysisWorkflowId(id, '').length)))) return false;
        continue;
      }
      seen++;
      if (seen <= (place[run.runId] ?? 0)) continue;
      if (wanted(entry)) {
        if (page.records.length === limit) {
          page.more = true;
          return false;
        }
        page.records.push(entry);
      }
      page.place[run.runId] = seen;
    }
    if (story?.nextRunId === undefined) return true;
    return walk({ workflowId: run.workflowId, runId: story.nextRunId }, stage);
  };

  await walk({ workflowId: deploymentWorkflowId(id), runId: description }, undefined);
  return page;
}

async function describeRun(client: Client, workflowId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).runId;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function readRun(
  client: Client,
  closedRuns: ClosedRuns,
  run: ChildRun,
  stage: string | undefined,
): Promise<RunStory | undefined> {
  const known = closedRuns.get(run.runId);
  if (known) return known;
  let history: History;
  try {
    history = await client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  } catch (error) {
    // The namespace's retention removes an old run before the younger ones.
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
  const story = await tellRun(client, history.events ?? [], stage);
  if (story.closed) remember(closedRuns, run.runId, story);
  return story;
}

function remember(closedRuns: ClosedRuns, runId: string, story: RunStory): void {
  closedRuns.set(runId, story);
  for (const oldest of closedRuns.keys()) {
    if (closedRuns.size <= MOST_CLOSED_RUNS) return;
    closedRuns.delete(oldest);
  }
}

async function tellRun(client: Client, events: HistoryEvent[], stage: string | undefined): Promise<RunStory> {
  const story: RunStory = { entries: [], closed: false };
  const stageOf = new Map<string, string>();
  const add = async (scheduledEventId: unknown, payloads: Payload[] | null | undefined): Promise<void> => {
    const at = stageOf.get(String(scheduledEventId)) ?? stage ?? '';
    for (const value of await decodePayloads(client, payloads)) story.entries.push(...recordsIn(value, at));
  };

  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const [input] = await decodePayloads(client, scheduled.input?.payloads);
      stageOf.set(String(event.eventId), stage ?? stageName(scheduled.activityType?.name ?? '', input));
    }
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed) await add(completed.scheduledEventId, completed.result?.payloads);
    const failed = event.activityTaskFailedEventAttributes;
    if (failed) await add(failed.scheduledEventId, failurePayloads(failed.failure));
    const timedOut = event.activityTaskTimedOutEventAttributes;
    if (timedOut) await add(timedOut.scheduledEventId, failurePayloads(timedOut.failure));
    const cancelled = event.activityTaskCanceledEventAttributes;
    if (cancelled) await add(cancelled.scheduledEventId, cancelled.details?.payloads);

    const child = event.childWorkflowExecutionStartedEventAttributes;
    if (child?.workflowType?.name === 'analysis') {
      const { workflowId, runId } = child.workflowExecution ?? {};
      if (workflowId && runId) story.entries.push({ kind: 'child', value: { workflowId, runId } });
    }
    const next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    if (next) story.nextRunId = next;
    story.closed ||= closes(event);
  }
  return story;
}

function closes(event: HistoryEvent): boolean {
  return Boolean(
    event.workflowExecutionCompletedEventAttributes ??
    event.workflowExecutionFailedEventAttributes ??
    event.workflowExecutionTimedOutEventAttributes ??
    event.workflowExecutionCanceledEventAttributes ??
    event.workflowExecutionTerminatedEventAttributes ??
    event.workflowExecutionContinuedAsNewEventAttributes,
  );
}

/**
 * What a failure tells: in its details, a time-out in its last heartbeat; one without may have a cause that does (a time-out's is
 * the failure of the attempt before).
 */
function failurePayloads(failure: Failure | null | undefined): Payload[] {
  if (!failure) return [];
  const own = (
    failure.applicationFailureInfo?.details ??
    failure.timeoutFailureInfo?.lastHeartbeatDetails ??
    failure.canceledFailureInfo?.details
  )?.payloads;
  return own && own.length > 0 ? own : failurePayloads(failure.cause);
}

/** Activities that belong to a stage say so in their input; the others are named for what they do. */
function stageName(activity: string, input: unknown): string {
  if (typeof input === 'object' && input !== null && 'stage' in input && typeof input.stage === 'string') {
    return input.stage;
  }
  return ACTIVITY_STAGE[activity] ?? activity;
}

function recordsIn(value: unknown, stage: string): DeploymentRecord[] {
  const parsed = Records.safeParse(value);
  if (!parsed.success) return [];
  const { log, changes, measurements } = parsed.data;
  return [
    ...log.map((line): DeploymentRecord => ({ kind: 'log', value: { ...line, stage } })),
    ...changes.map((change): DeploymentRecord => ({ kind: 'change', value: { ...change, stage } })),
    ...measurements.map((m): DeploymentRecord => ({
      kind: 'measurement',
      value: { ...measurementDocument(m), stage, metric: m.metric },
    })),
  ];
}
