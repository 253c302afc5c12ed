import type { Client } from '@temporalio/client';
import { applicationWorkflowId } from '../../model/workflow-id.js';
import type { DeployAnswer, Redeploy } from '../../workflows/messages.js';
import type { DriftActivities } from '../drift.js';

/** Makes the activity that asks an application to bring out once more what should be running. */
export function createRedeploy(client: Client): DriftActivities['redeploy'] {
  return ({ app, lookedAt, good, reason }) =>
    client.workflow
      .getHandle(applicationWorkflowId(app))
      // Temporal answers a second request of the same id as the first, whose answer may have been lost.
      .executeUpdate<DeployAnswer, [Redeploy]>('redeploy', { args: [{ good, reason }], updateId: `drift:${lookedAt}` });
}
