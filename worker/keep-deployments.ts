import type { Client } from '@temporalio/client';
import { ARCHIVIST, TASK_QUEUE } from '../model/workflow-id.js';

/** Has what is not in the archive looked for now, and a few times a day: one workflow does it for all workers. */
export async function keepDeployments(client: Client): Promise<void> {
  await client.workflow.signalWithStart('archivist', {
    workflowId: ARCHIVIST,
    taskQueue: TASK_QUEUE,
    args: [],
    signal: 'sweep',
    signalArgs: [],
    staticSummary: 'Keeps ended deployments in the archive',
  });
}
