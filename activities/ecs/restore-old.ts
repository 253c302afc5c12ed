import type { DeliveryHandle } from '../../model/delivery.js';
import type { Run } from '../run.js';
import { badInput } from '../aws/errors.js';
import { ensureTaskSet } from './create-task-set.js';
import { membersOfOld } from './old-version.js';
import { ensureUsable, type Secrets } from './task-definition.js';

/**
 * Builds the old version's task set again from the snapshot, its revision registered again if it was deregistered since
 * (ecs-alb-facts §1 d, §17). It keeps the tags of the set that it stands in for: it is that deployment's version.
 */
export async function restoreOld(run: Run, handle: DeliveryHandle, secrets: Secrets): Promise<string> {
  const { primary } = handle.snapshot;
  if (!primary) throw badInput('A first deployment has no old version to build again.');
  const { group = handle.release.targetGroups.primary, members } = membersOfOld(primary);
  return ensureTaskSet(run, handle, {
    role: 'restored',
    stage: 'rollback',
    taskDefinition: await ensureUsable(run, primary.taskDefinitionArn, primary.taskDefinition, secrets),
    scale: primary.scale,
    ...(group && { group }),
    members,
    purpose: 'for the old version',
    tags: primary.tags,
  });
}
