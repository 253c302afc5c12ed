import type { Progress } from '../../model/delivery.js';
import { stageFailed } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { nameOfRule, settle } from '../traffic/set-traffic.js';
import { nameOfGroup, readGroupTimes } from '../traffic/target-group.js';
import { deleteTaskSet } from './change-task-set.js';
import { groupOfSide, type Side, type Step } from './step.js';
import type { ServiceName } from './service.js';
import { isPrimary, isStanding, madeBy, readTaskSets, shortName, type TaskSet } from './task-set.js';
import { countServing, readOwnTargets } from './targets.js';
import { untoldRulesReaching } from './told-rules.js';
import { lookAtSide } from './wait-ready.js';

const CLEANED_BY = { canary: 'ECS_CANARY_CLEAN', baseline: 'ECS_BASELINE_CLEAN' } as const;

/** Waits until a deleted set is on its way and none of its targets takes requests; not for its deregistration delay (§22). */
export async function waitGone(run: Run, service: ServiceName, set: TaskSet): Promise<void> {
  const polls = poller(run);
  for (;;) {
    const now = (await readTaskSets(run, service)).find(({ taskSetArn }) => taskSetArn === set.taskSetArn);
    const serving = now ? countServing(await readOwnTargets(run, service, set, true)) : 0;
    if (!now || (!isStanding(now) && serving === 0)) return;
    run.report.detail(`Task set ${shortName(set)} is leaving: ${serving} of its targets still take requests`);
    await polls.next();
  }
}

async function refuseReachable({ run, handle }: Step, side: Side, group: string): Promise<void> {
  const reaching = await untoldRulesReaching(run, handle, group);
  if (reaching.length === 0) return;
  throw stageFailed(
    `Requests can still reach ${nameOfGroup(group)} through the ${reaching.map(nameOfRule).join(', ')}: the ${side} is not removed. Move its share to 0 before ${CLEANED_BY[side]}.`,
  );
}

/**
 * Removes a side whose tasks are found by service discovery: they are asked until they go, so the primary has to carry all requests by
 * itself first (ecs-alb-facts §2).
 */
async function discoveredGone({ run, handle }: Step, side: Side): Promise<Progress> {
  const { service } = handle.release;
  const leaving = (await readTaskSets(run, service)).filter((set) => isStanding(set) && madeBy(set, handle.uid, side));
  for (const set of leaving) {
    const guard = async (): Promise<void> => {
      const primary = (await readTaskSets(run, service)).find(isPrimary);
      const seen = primary && (await lookAtSide(run, service, { taskSetArn: primary.taskSetArn, share: 100 }));
      if (seen && seen.readiness.healthy >= seen.readiness.required) return;
      // The stage is tried again until its time is up.
      throw new Error(`The primary cannot carry all requests: ${seen?.readiness.detail ?? 'there is none'}.`);
    };
    await deleteTaskSet(run, service, set.taskSetArn, { say: `Removed the ${side}` }, guard);
    await waitGone(run, service, set);
  }
  run.report.detail(leaving.length > 0 ? `The ${side} is removed` : `No ${side} stands`);
  return run.report.progress();
}

/**
 * Removes the canary or the baseline: refused while any rule of the load balancer can send requests to its group, and not before the
 * group had its time to drain (ecs-alb-facts §2, §4, §5, §22).
 */
export async function sideGone(step: Step, side: Side): Promise<Progress> {
  const { run, handle, traffic } = step;
  const { service } = handle.release;
  if (!handle.release.targetGroups.primary) return discoveredGone(step, side);
  const group = groupOfSide(step, side);
  await refuseReachable(step, side, group);
  await poller(run).soon();
  await refuseReachable(step, side, group);
  const leaving = (await readTaskSets(run, service)).filter((set) => isStanding(set) && madeBy(set, handle.uid, side));
  if (leaving.length > 0) {
    const isEmpty = traffic?.verified !== undefined && (traffic.verified[side] ?? 0) === 0;
    const drainingSince = isEmpty ? traffic.verifiedAt : undefined;
    await settle(run, drainingSince ?? run.ctx.clock.now(), run.settings.drainSettle);
  }
  for (const set of leaving) {
    const guard = (): Promise<void> => refuseReachable(step, side, group);
    await deleteTaskSet(run, service, set.taskSetArn, { say: `Removed the ${side}` }, guard);
    await waitGone(run, service, set);
  }
  if (leaving.length > 0) {
    const { deregistrationDelay } = await readGroupTimes(run.aws.elb, group);
    run.report.info(
      `The ${side}'s targets finish what they have; ${nameOfGroup(group)} shows them as draining for up to ${deregistrationDelay} s`,
    );
  }
  run.report.detail(leaving.length > 0 ? `The ${side} is removed` : `No ${side} stands`);
  return run.report.progress();
}
