import type { Progress } from '../../model/delivery.js';
import { badInput, stageFailed } from '../aws/errors.js';
import { membersOfOld } from './old-version.js';
import { sideReady } from './side-ready.js';
import type { Step } from './step.js';
import { ensureUsable, type Secrets } from './task-definition.js';

/**
 * Brings the old version to a scale on the baseline's group: a fresh task set of the snapshot's revision, which is registered again
 * when it was deregistered since (ecs-alb-facts §17), with the container and port on which the old version takes requests.
 * @param scale percent of the service's desired count.
 */
export async function baselineReady(step: Step, scale: number, secrets: Secrets): Promise<Progress> {
  const { run, handle } = step;
  const { primary } = handle.snapshot;
  const group = handle.release.targetGroups.baseline;
  if (!group) throw badInput('A baseline needs targetGroups.baseline in app.pipecd.yaml.');
  if (!primary) throw stageFailed('No version ran before this one that a baseline could be made of.');
  const old = membersOfOld(primary);
  return sideReady(step, 'baseline', scale, async () => ({
    taskDefinition: await ensureUsable(run, primary.taskDefinitionArn, primary.taskDefinition, secrets),
    group: { ...(old.group ?? group), targetGroupArn: group.targetGroupArn },
    members: old.members,
  }));
}
