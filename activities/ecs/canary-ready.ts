import type { Progress } from '../../model/delivery.js';
import { badInput } from '../aws/errors.js';
import { sideReady } from './side-ready.js';
import type { Step } from './step.js';

/**
 * Brings the new version to a scale on the canary's group; by service discovery its tasks get their share at once.
 * @param scale percent of the service's desired count.
 */
export async function canaryReady(step: Step, scale: number): Promise<Progress> {
  const { release, taskDefinitionArn } = step.handle;
  const group = release.targetGroups.canary;
  if (!group && release.targetGroups.primary) {
    throw badInput('A canary needs targetGroups.canary in app.pipecd.yaml.');
  }
  return sideReady(step, 'canary', scale, () => ({
    taskDefinition: taskDefinitionArn,
    ...(group && { group }),
    members: release.service.createTaskSet,
  }));
}
