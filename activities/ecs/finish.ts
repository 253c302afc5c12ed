import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import type { Run } from '../run.js';
import { pause } from '../run.js';
import { deleteTaskSet } from './change-task-set.js';
import { readSets } from './step.js';
import { groupOf, isPrimary, isStanding, madeBy, shortName, type TaskSet } from './task-set.js';
import { countServing, readOwnTargets } from './targets.js';
import { untoldRulesReaching } from './told-rules.js';

/**
 * After success: deletes the retired old task set, our own and adopted leftovers, and a canary or baseline that the pipeline left without
 * requests.
 * A set is deleted only when none of its targets takes requests, or no rule can send any to its group (ecs-alb-facts §2, §14, §27);
 * the others are named and stay.
 */
export async function finish(run: Run, handle: DeliveryHandle): Promise<Progress> {
  const { service } = handle.release;
  const { all } = await readSets(run, handle);
  const old = handle.snapshot.primary?.taskSetArn;
  const ours = (set: TaskSet): boolean =>
    set.taskSetArn === old ||
    handle.snapshot.leftovers.includes(set.taskSetArn) ||
    madeBy(set, handle.uid, 'canary', 'baseline');
  const leaving = all.filter((set) => isStanding(set) && !isPrimary(set) && ours(set));
  let removed = 0;
  let drained = false;
  for (const set of leaving) {
    const retired = set.scale.value === 0 && countServing(await readOwnTargets(run, service, set, true)) === 0;
    if (!retired) {
      const group = groupOf(set);
      if (group !== undefined && (await untoldRulesReaching(run, handle, group)).length > 0) {
        run.report.warn(
          `Task set ${shortName(set)} still takes requests and stays; move its share to 0 and delete it, or deploy again.`,
        );
        continue;
      }
      if (!drained) await pause(run, run.settings.drainSettle);
      drained = true;
    }
    const what = set.taskSetArn === old ? 'Removed the old version' : 'Removed a task set that was left over';
    await deleteTaskSet(run, service, set.taskSetArn, { say: what });
    removed += 1;
  }
  run.report.detail(removed > 0 ? `${removed} retired task set(s) deleted` : 'Nothing to remove');
  return run.report.progress();
}
