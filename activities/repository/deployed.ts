import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { z } from 'zod';
import { applicationWorkflowId, deploymentWorkflowId } from '../../model/workflow-id.js';
import type { ApplicationState } from '../../workflows/messages.js';

/** What was deployed of an application last, as far as its workflow knows. */
export interface Deployed {
  /** Whether the application was ever deployed. */
  known: boolean;
  /** Of its newest deployment, running ones included. */
  commit?: string;
  /** Of the version that ended well last. */
  good?: string;
  held?: string;
  provider?: string;
}

/** What a deployment says of itself while it runs: its memo, which is ours. */
const memo = z.looseObject({
  document: z.looseObject({ version: z.looseObject({ commit: z.string().optional() }) }).optional(),
});

/** Asks an application's workflow and the deployment that runs; needs a worker, as all Queries do. */
export async function readDeployed(client: Client, app: string): Promise<Deployed> {
  let state: ApplicationState;
  try {
    state = await client.workflow.getHandle(applicationWorkflowId(app)).query<ApplicationState>('application');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { known: false };
    throw error;
  }
  const under = state.pending ?? state.running;
  const newest = under === undefined ? state.history[0]?.commit : await commitOf(client, under);
  const { lastGood, held } = state;
  const runs = state.service ?? state.task;
  return {
    known: state.highest > 0,
    ...(newest !== undefined && { commit: newest }),
    ...(lastGood?.commit !== undefined && { good: lastGood.commit }),
    ...(held && { held: `held by ${held.by} since ${held.at}: ${held.reason}` }),
    ...(runs && { provider: runs.provider }),
  };
}

async function commitOf(client: Client, deployment: string): Promise<string | undefined> {
  const described = await client.workflow.getHandle(deploymentWorkflowId(deployment)).describe();
  return memo.safeParse(described.memo).data?.document?.version.commit;
}
