import { getExternalWorkflowHandle } from '@temporalio/workflow';
import { isTask } from '../model/release.js';
import { applicationWorkflowId } from '../model/workflow-id.js';
import type { Memory } from './application-memory.js';
import { deploymentEndedSignal } from './messages.js';
import type { DeploymentEnded, RenameAnswer, TakeOver, TakeOverAnswer } from './messages.js';
import { changing, remembering } from './proxies.js';
import { isFailedActivity, reasonOf } from './reason.js';
import { memoryToHandOver, noteRenamed } from './rename-memory.js';

/**
 * Hands an application over to its new name, one step after the other, each of which may be done again: the new name keeps itself free, AWS's
 * tags name it, it is given the memory. Neither name deploys anything before the last step, whatever is killed; what AWS refuses takes the whole
 * of it back.
 * @returns why not, with `memory.renamed` taken back; undefined when it is done
 */
export async function handOver(
  app: string,
  memory: Memory,
  { id, to }: NonNullable<Memory['renamed']>,
): Promise<RenameAnswer | undefined> {
  const step = (asked: TakeOver): Promise<TakeOverAnswer> =>
    remembering.takeOver.executeWithOptions({ summary: `${to}: ${asked.step} what ${app} has` }, [{ app: to, asked }]);

  const claimed = await step({ step: 'CLAIM', id, from: app });
  if (!claimed.taken) {
    delete memory.renamed;
    const { passes, reason, fix } = claimed;
    return { outcome: passes ? 'WAITS' : 'REFUSED', reason, fix };
  }
  const refused = await nameInAws(app, memory, to);
  if (refused !== undefined) {
    await step({ step: 'ABANDON', id, from: app });
    delete memory.renamed;
    return {
      outcome: 'WAITS',
      reason: `${app} cannot be renamed to ${to}: ${refused}`,
      fix: 'Nothing was changed. A role needs ecs:TagResource on the service and its task sets: compare it with deploy/iam-policy.json.',
    };
  }
  await step({ step: 'FINISH', id, from: app, memory: memoryToHandOver(memory) });
  noteRenamed(memory);
  return undefined;
}

/** @returns AWS's refusal in words, with the tags as they were */
async function nameInAws(app: string, memory: Memory, to: string): Promise<string | undefined> {
  const release =
    memory.release ?? (await remembering.lastRelease({ deployments: memory.history.map(({ id }) => id) }));
  // A standalone task has no service that could be somebody's.
  if (!release || isTask(release)) return undefined;
  const give = (from: string, name: string): Promise<unknown> =>
    changing.renameService.executeWithOptions({ summary: `tags of ${release.service.serviceName}: ${name}` }, [
      { release, from, to: name },
    ]);
  try {
    await give(app, to);
    return undefined;
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    // Of several tags some may be written; who may not write one may not write it back either, and has not.
    await give(to, app).catch((failure: unknown) => {
      if (!isFailedActivity(failure)) throw failure;
    });
    return reasonOf(error);
  }
}

/** Tells the end of a deployment to the name that the application has gone on under: it was told late. */
export async function tellNewName(to: string, ended: DeploymentEnded): Promise<void> {
  const { release, kept, ...rest } = ended;
  try {
    await getExternalWorkflowHandle(applicationWorkflowId(to)).signal(deploymentEndedSignal, {
      ...rest,
      // Its number is none of the new name's.
      n: 0,
      release: { ...release, app: to },
      ...(kept && { kept: { ...kept, app: to, release: { ...kept.release, app: to } } }),
    });
  } catch {
    // It is gone, and rebuilds its memory when it begins anew.
  }
}
