import type { Progress } from '../../model/delivery.js';
import { makePrimary } from './change-task-set.js';
import { checkTraffic } from './check-traffic.js';
import { ensureTaskSet } from './create-task-set.js';
import { readSets, type Step } from './step.js';
import { retire } from './retire.js';
import { waitReady } from './wait-ready.js';

/** Makes the new version in the primary's group, if it is not there, and waits until all of it is healthy. @returns its ARN. */
export async function bringUp({ run, handle, stage }: Step): Promise<string> {
  const { service, targetGroups } = handle.release;
  const taskSetArn = await ensureTaskSet(run, handle, {
    role: 'primary',
    stage,
    taskDefinition: handle.taskDefinitionArn,
    scale: 100,
    ...(targetGroups.primary && { group: targetGroups.primary }),
    members: service.createTaskSet,
    purpose: 'for the new version',
  });
  const { detail } = await waitReady(run, service, { taskSetArn, share: 100 });
  run.report.info(`The new version is ready: ${detail}`);
  return taskSetArn;
}

/**
 * Puts the new version into the primary's group: all of it healthy before the old one is touched, then primary, then the old one to
 * scale 0, kept until the deployment has succeeded (ecs-alb-facts §2, §24).
 */
export async function promote(step: Step): Promise<Progress> {
  const { run, handle } = step;
  const { service, targetGroups } = handle.release;
  if (targetGroups.canary) await checkTraffic(step);
  const freshArn = await bringUp(step);
  await makePrimary(run, service, freshArn, 'Promoted the new version');
  const { old } = await readSets(run, handle);
  if (old) await retire(step, old, freshArn);
  run.report.detail('The new version is the primary; the old one takes no requests');
  return run.report.progress();
}
