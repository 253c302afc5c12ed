import type { Client } from '@temporalio/client';
import { fewAtOnce } from '../doctor/time-limit.js';
import { driftWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';

/** At a worker's start, so many applications at once. */
const AT_ONCE = 10;

/** Has an application looked after; `soon` where a deployment has just ended. What runs already goes on as it was. */
export async function watchDrift(client: Client, app: string, soon: boolean): Promise<void> {
  await client.workflow.signalWithStart('drift', {
    workflowId: driftWorkflowId(app),
    taskQueue: TASK_QUEUE,
    args: [{ app }],
    signal: 'watch',
    signalArgs: [soon],
    staticSummary: `Looks whether what ${app} deployed still runs`,
  });
}

/** Has every application looked after that Temporal knows: those that were there before anybody looked for drift, too. */
export async function watchDriftOfAll(client: Client): Promise<void> {
  const waiting: string[] = [];
  for await (const { workflowId } of client.workflow.list({
    query: "WorkflowType = 'application' AND ExecutionStatus = 'Running'",
  })) {
    waiting.push(workflowId.replace(/^application:/, ''));
  }
  await fewAtOnce(waiting, AT_ONCE, (app) => watchDrift(client, app, false));
}
