import { poller } from '../run.js';
import { nameOfGroup } from '../traffic/target-group.js';
import { scaleTaskSet } from './change-task-set.js';
import type { Step } from './step.js';
import { groupOf, shortName, type TaskSet } from './task-set.js';
import { countServing, readOwnTargets } from './targets.js';
import { lookAtSide } from './wait-ready.js';

/**
 * Scales a task set to zero while another one carries the requests, and waits until none of its targets takes any. It does not wait
 * out the deregistration delay (ecs-alb-facts §22). Looks at the other's health right before (§2).
 */
export async function retire(step: Step, leaving: TaskSet, carrierArn: string): Promise<void> {
  const { run, handle } = step;
  const { service } = handle.release;
  await scaleTaskSet(run, service, leaving.taskSetArn, { scale: 0, say: 'Retired the old version' }, async () => {
    const carrier = await lookAtSide(run, service, { taskSetArn: carrierArn, share: 100 });
    if (!carrier || carrier.readiness.healthy < carrier.readiness.required) {
      // The stage is tried again from the start, and waits for the new version to be whole once more.
      throw new Error(
        `The new version lost its health before the old one was retired: ${carrier?.readiness.detail ?? 'its task set is gone'}.`,
      );
    }
  });
  const polls = poller(run);
  for (;;) {
    const serving = countServing(await readOwnTargets(run, service, leaving, true));
    if (serving === 0) return;
    run.report.detail(
      `${serving} target(s) of the old task set ${shortName(leaving)} still take requests on ${nameOfGroup(groupOf(leaving) ?? 'service discovery')}`,
    );
    await polls.next();
  }
}
