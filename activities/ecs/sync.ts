import { ALL_PRIMARY, type Progress } from '../../model/delivery.js';
import { pause } from '../run.js';
import { setTraffic, settle } from '../traffic/set-traffic.js';
import { makePrimary } from './change-task-set.js';
import { pairOfStep, readSets, type Step } from './step.js';
import { bringUp } from './promote.js';
import { retire } from './retire.js';
import { groupOf, isStanding, type TaskSet } from './task-set.js';
import { readStandingService } from './service.js';
import { countHealthy, readOwnTargets } from './targets.js';

/** Whether the sets that stand in the primary's group could carry all requests by themselves. */
async function primaryGroupCarries({ run, handle }: Step, sets: TaskSet[]): Promise<boolean> {
  const { service, targetGroups } = handle.release;
  const { desiredCount } = await readStandingService(run, service);
  let healthy = 0;
  for (const set of sets) {
    if (!isStanding(set) || groupOf(set) !== targetGroups.primary?.targetGroupArn) continue;
    healthy += countHealthy(await readOwnTargets(run, service, set));
  }
  return healthy >= Math.max(1, desiredCount);
}

async function allToPrimary(step: Step): Promise<void> {
  const { run, handle, traffic } = step;
  if (handle.snapshot.rules.length === 0) return;
  const set = await setTraffic(run, handle.snapshot.rules, pairOfStep(step), ALL_PRIMARY, traffic?.wanted);
  if (set.wrote) await settle(run, set.traffic.verifiedAt ?? run.ctx.clock.now(), run.settings.trafficSettle);
}

/**
 * Quick sync: the new version replaces the old one at once. Weights that an earlier run left are put right first, as soon as the
 * primary's group can carry the requests (ecs-alb-facts §2, §26).
 */
export async function sync(step: Step): Promise<Progress> {
  const { run, handle } = step;
  const { service, targetGroups } = handle.release;
  const before = await readSets(run, handle);
  const early = handle.snapshot.primary !== undefined && (await primaryGroupCarries(step, before.all));
  if (early) await allToPrimary(step);
  const freshArn = await bringUp(step);
  await allToPrimary(step);

  const { all, old } = await readSets(run, handle);
  if (old && groupOf(old) !== targetGroups.primary?.targetGroupArn) {
    run.report.detail('The old version stands in the other group; waiting until its connections have left');
    await pause(run, run.settings.drainSettle);
  }
  await makePrimary(run, service, freshArn, 'Promoted the new version');
  const leaving = all.filter(
    (set) =>
      isStanding(set) &&
      (set === old ||
        (handle.snapshot.leftovers.includes(set.taskSetArn) && groupOf(set) === targetGroups.primary?.targetGroupArn)),
  );
  for (const set of leaving) await retire(step, set, freshArn);
  run.report.detail('The new version is the primary and takes all requests');
  return run.report.progress();
}
