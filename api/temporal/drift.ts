import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { DriftDocument } from '../../model/drift.js';
import { SECOND } from '../../model/duration.js';
import { driftWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { lookForDriftUpdate } from '../../workflows/messages.js';
import type { DriftInput } from '../../workflows/messages.js';
import { unknownApplication } from '../names.js';
import { callTemporal } from './call.js';
import { isKnown } from './updates.js';

/** A look takes seconds; one that fails is tried again before it is UNKNOWN. */
const LOOK_DEADLINE = 110 * SECOND;

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
