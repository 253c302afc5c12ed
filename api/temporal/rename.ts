import type { Client } from '@temporalio/client';
import { SECOND } from '../../model/duration.js';
import { applicationWorkflowId } from '../../model/workflow-id.js';
import { applicationQuery, applicationUpdates } from '../../workflows/messages.js';
import type { ApplicationState, Rename } from '../../workflows/messages.js';
import { ApiProblem } from '../problem.js';
import { callTemporal } from './call.js';
import { updateKnownApplication } from './updates.js';

const QUERY_DEADLINE = 10 * SECOND;

/**
 * Has an application go on under another name. Asked once more, such as after an answer that was lost, it is the same rename.
 * @throws ApiProblem 409 in the application's words when it cannot be now
 */
export async function renameApplication(client: Client, app: string, asked: Rename): Promise<ApplicationState> {
  const answer = await updateKnownApplication(client, app, applicationUpdates.rename, asked);
  if (answer.outcome !== 'RENAMED') throw new ApiProblem(409, answer.reason, { fix: answer.fix });
  return callTemporal(client, QUERY_DEADLINE, () =>
    client.workflow.getHandle(applicationWorkflowId(answer.to)).query(applicationQuery),
  );
}
