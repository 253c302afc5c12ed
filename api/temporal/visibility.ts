import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { z } from 'zod';
import { DAY } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import type { ApplicationState } from '../../workflows/messages.js';
import { applicationWorkflowId, deploymentOf, deploymentWorkflowId } from '../../model/workflow-id.js';
import { readCursor, writeCursor } from '../cursor.js';
import type { DeploymentQuery } from '../gateway.js';
import { documentOf } from '../../records/document.js';
import type { DeploymentDocument, DeploymentList } from '../../model/wire.js';
import { ApiProblem } from '../problem.js';
import type { Archive } from './archive.js';
import { ApplicationMemo } from './stored.js';

const PAGE_SIZE = 200;
/** How far back each try looks. Visibility cannot sort on SQLite, so a page is a whole span of time, sorted here. */
const SPANS: readonly (Millis | undefined)[] = [1 * DAY, 10 * DAY, undefined];

/** The last row of the page before: epoch ms of its start, and its workflow id. */
const Cursor = z.object({ at: z.number(), id: z.string() });

/** A page of deployments, newest first, from one Visibility query for each span that it needs. */
export async function listDeployments(
  client: Client,
  archive: Pick<Archive, 'rows'>,
  query: DeploymentQuery,
  now: number,
): Promise<DeploymentList> {
  const after = query.cursor === undefined ? undefined : readCursor(Cursor, query.cursor);
  let rows: WorkflowExecutionInfo[] = [];
  for (const span of SPANS) {
    const since = span === undefined ? undefined : (after?.at ?? now) - span;
    rows = (await findWorkflows(client, deploymentFilter(query, since, after?.at))).sort(newestFirst);
    if (query.text !== undefined) rows = rows.filter((row) => deploymentOf(row.workflowId).includes(query.text ?? ''));
    if (after)
      rows = rows.filter((row) => newestFirst(row, { startTime: new Date(after.at), workflowId: after.id }) > 0);
    if (rows.length > query.limit) break;
  }
  const known: ListedRow[] = rows.map((row) => ({
    startTime: row.startTime,
    workflowId: row.workflowId,
    read: () => documentOf(deploymentOf(row.workflowId), row),
  }));
  // A page that Temporal fills is Temporal's; where it knows no more, the archive goes on.
  const { more, incomplete } = rows.length > query.limit ? { more: [] } : await archived(archive, query, after);
  const all = [...known, ...more.filter((row) => !known.some((other) => newestFirst(row, other) === 0))].sort(
    newestFirst,
  );
  const shown = all.slice(0, query.limit);
  const last = shown.at(-1);
  return {
    deployments: shown.map(({ read }) => read()),
    ...(incomplete !== undefined && { incomplete }),
    ...(last &&
      all.length > shown.length && { cursor: writeCursor({ at: last.startTime.getTime(), id: last.workflowId }) }),
  };
}

interface ListedRow extends Pick<WorkflowExecutionInfo, 'startTime' | 'workflowId'> {
  read: () => DeploymentDocument;
}

/** One more than is shown, so that it is known whether there are more. Without a worker there is still what Temporal knows. */
async function archived(
  archive: Pick<Archive, 'rows'>,
  { app, status, text, limit }: DeploymentQuery,
  after: z.output<typeof Cursor> | undefined,
): Promise<{ more: ListedRow[]; incomplete?: string }> {
  try {
    const rows = await archive.rows({
      ...(app !== undefined && { app }),
      ...(status !== undefined && { status }),
      ...(text !== undefined && { text }),
      ...(after && { after: { at: after.at, id: deploymentOf(after.id) } }),
      limit: limit + 1,
    });
    return {
      more: rows.map(({ at, document }) => ({
        startTime: new Date(at),
        workflowId: deploymentWorkflowId(document.id),
        read: () => document,
      })),
    };
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return { more: [], incomplete: `The archive could not be read: ${error.message}` };
  }
}

/** `app` and `status` were checked against their patterns, so they need no quoting here. */
function deploymentFilter(
  { app, status }: DeploymentQuery,
  since: number | undefined,
  until: number | undefined,
): string {
  const parts = [`WorkflowType = 'deployment'`];
  if (app !== undefined) parts.push(`SluiceApp = '${app}'`);
  if (status && status.length > 0) parts.push(`SluiceStatus IN (${status.map((s) => `'${s}'`).join(', ')})`);
  if (since !== undefined) parts.push(`StartTime >= '${new Date(since).toISOString()}'`);
  // The server counts in nanoseconds, our cursor in whole milliseconds.
  if (until !== undefined) parts.push(`StartTime < '${new Date(until + 1).toISOString()}'`);
  return parts.join(' AND ');
}

function newestFirst(
  a: Pick<WorkflowExecutionInfo, 'startTime' | 'workflowId'>,
  b: Pick<WorkflowExecutionInfo, 'startTime' | 'workflowId'>,
): number {
  return (
    b.startTime.getTime() - a.startTime.getTime() ||
    (a.workflowId < b.workflowId ? 1 : a.workflowId > b.workflowId ? -1 : 0)
  );
}

/** Every application that Temporal knows, by name: the memo of the newest run of each. */
export async function listApplications(client: Client): Promise<ApplicationState[]> {
  const newest = new Map<string, WorkflowExecutionInfo>();
  for (const row of await findWorkflows(
    client,
    `WorkflowType = 'application' AND ExecutionStatus != 'ContinuedAsNew'`,
  )) {
    const other = newest.get(row.workflowId);
    if (!other || row.startTime > other.startTime) newest.set(row.workflowId, row);
  }
  const states = [...newest.values()].map((row) => applicationOf(row.workflowId, row.memo));
  return states.sort((a, b) => (a.app < b.app ? -1 : 1));
}

/** The state in an application's memo; one that has written none yet has done nothing. */
export function applicationOf(workflowId: string, memo: Record<string, unknown> | undefined): ApplicationState {
  const parsed = ApplicationMemo.safeParse(memo);
  if (parsed.success) return parsed.data.application;
  return {
    app: workflowId.slice(applicationWorkflowId('').length),
    state: 'IDLE',
    labels: {},
    history: [],
    highest: 0,
  };
}

/** Whether any deployment of the application is known: then a rollback or a hold may start the application's workflow again. */
export async function hasDeployments(client: Client, app: string): Promise<boolean> {
  const { count } = await client.workflow.count(`WorkflowType = 'deployment' AND SluiceApp = '${app}'`);
  return count > 0;
}

/** All workflows that a Visibility query finds. */
export async function findWorkflows(client: Client, query: string): Promise<WorkflowExecutionInfo[]> {
  const rows: WorkflowExecutionInfo[] = [];
  for await (const row of client.workflow.list({ query, pageSize: PAGE_SIZE })) rows.push(row);
  return rows;
}
