import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { DriftLook } from '../../model/drift.js';
import type { Millis } from '../../model/duration.js';
import { isTask } from '../../model/release.js';
import { applicationWorkflowId } from '../../model/workflow-id.js';
import type { LastDeployed } from '../../workflows/messages.js';
import type { DriftActivities, DriftSeen } from '../drift.js';
import type { DriftQuestion } from '../ecs/drift.js';

export interface LookDependencies {
  client: Client;
  /** Absent where nobody looks unasked. */
  interval?: Millis | undefined;
  compare: (question: DriftQuestion) => Promise<DriftLook>;
}

/**
 * Makes the activity that looks for drift: asks the application what should run, AWS what does, and the application once more, since what a
 * deployment did meanwhile is no drift.
 */
export function createLookForDrift({ client, interval, compare }: LookDependencies): DriftActivities['lookForDrift'] {
  async function look(app: string): Promise<DriftSeen> {
    const last = await lastDeployed(client, app);
    if (!last) {
      return { ...unknown(`The workflow of ${app} does not run; it begins with the next deployment.`), gone: true };
    }
    if (last.renamed !== undefined) return { ...unknown(`${app} was renamed to ${last.renamed}.`), gone: true };
    if (last.busy !== undefined) return deploying(last.busy);
    const { good } = last;
    if (!good) return unknown(`No deployment of ${app} that ended well is known: there is nothing to compare with.`);
    const { entry, release, stood } = good;
    if (isTask(release)) {
      return { ...unknown(`${app} runs a task once: nothing of it stands that could be changed.`), gone: true };
    }
    const audience = { labels: release.labels, ...(release.mentions && { mentions: release.mentions }) };
    if (entry.taskDefinition === undefined) {
      return unknown(`Which task definition ${entry.id} brought out is not known.`);
    }
    const question = { deployment: entry.id, taskDefinitionArn: entry.taskDefinition, release };
    const seen = { ...(await compare({ ...question, ...(stood && { stood }) })), audience };
    const after = await lastDeployed(client, app);
    if (after?.renamed !== undefined) return { ...unknown(`${app} was renamed to ${after.renamed}.`), gone: true };
    if (after?.busy !== undefined) return deploying(after.busy);
    if (after?.good?.entry.id !== entry.id) return deploying(after?.good?.entry.id ?? app);
    if (seen.status !== 'OUT_OF_SYNC') return seen;
    if (last.diverged === undefined) {
      return { ...seen, ...(release.drift?.redeploy && !last.held && { redeploy: true as const }) };
    }
    return { ...seen, reason: `${seen.reason} ${last.diverged} was told to keep what it had done.` };
  }

  return async function lookForDrift(app) {
    return { ...(await look(app)), ...(interval !== undefined && { interval }) };
  };
}

function unknown(reason: string): DriftLook {
  return { status: 'UNKNOWN', reason, differences: [] };
}

function deploying(deployment: string): DriftLook {
  return { status: 'DEPLOYING', reason: `${deployment} is under way: nothing is judged meanwhile.`, differences: [] };
}

/** Asks the application's workflow; undefined when there is none. */
async function lastDeployed(client: Client, app: string): Promise<LastDeployed | undefined> {
  try {
    const handle = client.workflow.getHandle(applicationWorkflowId(app));
    if ((await handle.describe()).status.name !== 'RUNNING') return undefined;
    // Our own answer, typed where it is made.
    return await handle.query<LastDeployed>('lastDeployed');
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
