import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { DriftDocument, DriftSummary } from '../../model/drift.js';
import { SECOND } from '../../model/duration.js';
import type { ApplicationDocument } from '../../model/wire.js';
import { driftWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { driftQuery, lookForDriftUpdate } from '../../workflows/messages.js';
import type { DriftInput } from '../../workflows/messages.js';
import { unknownApplication } from '../names.js';
import { callTemporal } from './call.js';
import { DriftMemo } from './stored.js';
import { isKnown } from './updates.js';
import { findWorkflows } from './visibility.js';

/** A look takes seconds; one that fails is tried again before it is UNKNOWN. */
const LOOK_DEADLINE = 110 * SECOND;
const QUERY_DEADLINE = 2 * SECOND;

/** Has the application's watch look now; it is started where it does not run. @throws ApiProblem 404 for an application that nobody deployed */
export async function lookForDrift(client: Client, app: string): Promise<DriftDocument> {
  if (!(await isKnown(client, app))) throw unknownApplication(app);
  const input: DriftInput = { app };
  return callTemporal(client, LOOK_DEADLINE, () =>
    client.workflow.executeUpdateWithStart(lookForDriftUpdate, {
      startWorkflowOperation: new WithStartWorkflowOperation('drift', {
        workflowId: driftWorkflowId(app),
        taskQueue: TASK_QUEUE,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: `Looks whether what ${app} deployed still runs`,
      }),
    }),
  );
}

/** What the last look at one application saw; undefined where nobody has looked. */
export async function readDrift(client: Client, app: string): Promise<DriftSummary | undefined> {
  try {
    const handle = client.workflow.getHandle(driftWorkflowId(app));
    const { status, memo } = await handle.describe();
    if (status.name !== 'RUNNING') return undefined;
    // Without a worker the memo tells all but the differences.
    const state = await client
      .withDeadline(Date.now() + QUERY_DEADLINE, () => handle.query(driftQuery))
      .catch(() => undefined);
    return state ? state.last : remembered(memo);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What the last looks saw, by application, without the differences. */
export async function listDrift(client: Client): Promise<Map<string, DriftSummary>> {
  const found = new Map<string, DriftSummary>();
  for (const { memo } of await findWorkflows(client, `WorkflowType = 'drift' AND ExecutionStatus = 'Running'`)) {
    const drift = DriftMemo.safeParse(memo).data?.drift;
    if (drift) found.set(drift.app, drift);
  }
  return found;
}

/**
 * An application with what the last look saw. While it deploys nothing is judged, and what was seen of an earlier version says nothing of
 * the one that runs now.
 */
export function withDrift(document: ApplicationDocument, seen: DriftSummary | undefined): ApplicationDocument {
  if (!seen || document.renamed) return document;
  const { status, reason, since, deployment, lookedAt, differences } = seen;
  if (document.running !== undefined) {
    const why = `${document.running} is under way: nothing is judged meanwhile.`;
    return { ...document, drift: { status: 'DEPLOYING', reason: why, since } };
  }
  if (status === 'DEPLOYING' || (deployment !== undefined && deployment !== document.lastGood?.id)) return document;
  return {
    ...document,
    drift: {
      status,
      reason,
      since,
      ...(deployment !== undefined && { deployment }),
      ...(lookedAt !== undefined && { lookedAt }),
      ...(differences && { differences }),
    },
  };
}

function remembered(memo: Record<string, unknown> | undefined): DriftSummary | undefined {
  return DriftMemo.safeParse(memo).data?.drift;
}
