import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { UpdateDefinition } from '@temporalio/common';
import { SECOND } from '../../model/duration.js';
import { appOf, applicationWorkflowId, deploymentWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { deploymentUpdates } from '../../workflows/messages.js';
import type { ApplicationInput, CancelControl, ControlAnswer, ControlName } from '../../workflows/messages.js';
import { unknownApplication, unknownDeployment } from '../names.js';
import { ApiProblem } from '../problem.js';
import { callTemporal } from './call.js';
import { readDeployment } from './deployment.js';
import { hasDeployments } from './visibility.js';

/** A control is answered by one workflow task. */
const CONTROL_DEADLINE = 10 * SECOND;
/** An application that starts without memory asks AWS and Visibility before it answers. */
const APPLICATION_DEADLINE = 25 * SECOND;

/** Sends an Update to the application's workflow, and starts it where it does not run. */
export async function updateApplication<Answer, Request>(
  client: Client,
  app: string,
  update: UpdateDefinition<Answer, [Request]>,
  request: Request,
): Promise<Answer> {
  const input: ApplicationInput = { app };
  return callTemporal(client, APPLICATION_DEADLINE, () =>
    client.workflow.executeUpdateWithStart(update, {
      args: [request],
      startWorkflowOperation: new WithStartWorkflowOperation('application', {
        workflowId: applicationWorkflowId(app),
        taskQueue: TASK_QUEUE,
        args: [input],
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticDetails:
          'Starts one deployment after the other, and knows the last good version. It never ends by itself.',
        staticSummary: `Queue, lock and memory of ${app}`,
      }),
    }),
  );
}

/** As updateApplication, for what makes no sense on an application that nobody ever deployed. @throws ApiProblem 404 */
export async function updateKnownApplication<Answer, Request>(
  client: Client,
  app: string,
  update: UpdateDefinition<Answer, [Request]>,
  request: Request,
): Promise<Answer> {
  if (!(await isKnown(client, app))) throw unknownApplication(app);
  return updateApplication(client, app, update, request);
}

/** Whether anybody ever deployed the application. */
export async function isKnown(client: Client, app: string): Promise<boolean> {
  return callTemporal(client, CONTROL_DEADLINE, async () => {
    try {
      await client.workflow.getHandle(applicationWorkflowId(app)).describe();
      return true;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      // Its workflow may have been removed while its deployments are still known: they are memory enough to start again.
      return hasDeployments(client, app);
    }
  });
}

/**
 * Sends a control to a deployment.
 * @throws ApiProblem 404 when it does not exist; 409 in the workflow's words when its state does not allow the control, or in ours
 *   when it has ended.
 */
export async function controlDeployment(
  client: Client,
  id: string,
  name: ControlName,
  control: CancelControl,
): Promise<ControlAnswer> {
  try {
    return await callTemporal(client, CONTROL_DEADLINE, () =>
      client.workflow.getHandle(deploymentWorkflowId(id)).executeUpdate(deploymentUpdates[name], { args: [control] }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  const live = await callTemporal(client, CONTROL_DEADLINE, () => readDeployment(client, id));
  if (!live) throw unknownDeployment(id);
  const { status, completedAt } = live.document;
  const goesBack = name === 'rollback' || name === 'cancel';
  throw new ApiProblem(
    409,
    `Deployment ${id} has ended ${status}${completedAt ? ` at ${completedAt}` : ''}; it takes no ${name} any more.`,
    {
      fix: goesBack
        ? `To bring back an earlier version: \`sluice rollback ${appOf(id)} --reason …\`, or POST /api/v1/applications/${appOf(id)}/rollback.`
        : `To bring out a version: \`sluice deploy\`, or POST /api/v1/applications/${appOf(id)}/deployments.`,
    },
  );
}
