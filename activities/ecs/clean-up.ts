import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import type { RollbackInput } from '../delivery.js';
import { pause, type Run } from '../run.js';
import { nameOfRule } from '../traffic/set-traffic.js';
import { nameOfGroup } from '../traffic/target-group.js';
import { deleteTaskSet } from './change-task-set.js';
import { restore } from './restore-traffic.js';
import { oldGroup } from './restored-weights.js';
import { waitGone } from './side-gone.js';
import { groupOf, isStanding, madeBy, readTaskSets, type TaskSet } from './task-set.js';
import { countServing, readOwnTargets } from './targets.js';
import { untoldRulesReaching } from './told-rules.js';
import type { Secrets } from './task-definition.js';

/** Throws, to be tried again, while a rule of the load balancer can send requests to the group that is about to be emptied. */
async function refuseReachable(run: Run, handle: DeliveryHandle, group: string): Promise<void> {
  const reaching = await untoldRulesReaching(run, handle, group);
  if (reaching.length === 0) return;
  throw new Error(
    `Requests can still reach ${nameOfGroup(group)} through the ${reaching.map(nameOfRule).join(', ')}, which is not ours to write: take the group out of it`,
  );
}

/**
 * The second part of a rollback: reads everything once more some time after the first writes, in case a worker that was cut off wrote
 * in between, then removes what this deployment had made, each set after its group had its time to drain (ecs-alb-facts §2, §4).
 */
export async function cleanUp(run: Run, { handle }: RollbackInput, secrets: Secrets): Promise<Progress> {
  const { service } = handle.release;
  const { rollbackRecheck, absence, drainSettle } = run.settings;
  const began = run.ctx.clock.now();
  const ours = (set: TaskSet): boolean => isStanding(set) && madeBy(set, handle.uid, 'primary', 'canary', 'baseline');

  await restore(run, handle, secrets);
  run.report.detail('Looking once more at all rules and task sets');
  // By then a set that was made right before the rollback shows in reads too (§25).
  await pause(run, Math.max(rollbackRecheck, absence));
  await restore(run, handle, secrets);

  const leaving = (await readTaskSets(run, service)).filter(ours);
  let served = 0;
  for (const set of leaving) served += countServing(await readOwnTargets(run, service, set));
  if (served > 0) {
    run.report.detail('The requests have left the canary; waiting until all of the load balancer knows');
    await pause(run, began + drainSettle - run.ctx.clock.now());
  }
  for (const set of leaving) {
    const group = groupOf(set);
    const guard =
      group !== undefined && group !== oldGroup(handle) ? () => refuseReachable(run, handle, group) : undefined;
    const say = madeBy(set, handle.uid, 'baseline') ? 'Removed the baseline' : 'Removed the new version';
    await deleteTaskSet(run, service, set.taskSetArn, { say }, guard);
    await waitGone(run, service, set);
  }
  run.report.detail(
    leaving.length > 0
      ? `${leaving.length} task set(s) of this deployment removed`
      : 'Nothing of this deployment is left',
  );
  return run.report.progress();
}
