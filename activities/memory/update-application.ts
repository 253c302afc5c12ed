import type { Client } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { applicationWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import type { ApplicationInput } from '../../workflows/messages.js';

type Application = (input: ApplicationInput) => Promise<void>;

/** An Update of an application's workflow, which is started where it does not run. */
export async function updateApplication<Answer>(
  client: Client,
  app: string,
  update: 'deploy' | 'rename' | 'takeOver',
  request: unknown,
): Promise<Answer> {
  const input: ApplicationInput = { app };
  return client.workflow.executeUpdateWithStart<Application, Answer, [unknown]>(update, {
    args: [request],
    startWorkflowOperation: new WithStartWorkflowOperation<Application>('application', {
      workflowId: applicationWorkflowId(app),
      taskQueue: TASK_QUEUE,
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `Queue, lock and memory of ${app}`,
    }),
  });
}
