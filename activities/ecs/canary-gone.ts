import type { Progress } from '../../model/delivery.js';
import { stageFailed } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { discoverRules } from '../traffic/listener-rule.js';
import { rulesReaching } from '../traffic/reachability.js';
import { nameOfRule, settle } from '../traffic/set-traffic.js';
import { nameOfGroup, readGroupTimes } from '../traffic/target-group.js';
import { deleteTaskSet } from './change-task-set.js';
import { pairOfStep, type Step } from './step.js';
import type { ServiceName } from './service.js';
import { isStanding, madeBy, readTaskSets, shortName, type TaskSet } from './task-set.js';
import { countServing, readOwnTargets } from './targets.js';

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

async function refuseReachable(step: Step): Promise<void> {
  const { run, handle } = step;
  const pair = pairOfStep(step);
  const rules = await discoverRules(run.aws.elb, handle.snapshot.loadBalancerArn);
  const reaching = rulesReaching(rules, pair.canary).filter(
    ({ ruleArn }) => !handle.snapshot.rulesOnCanary.includes(ruleArn),
  );
  if (reaching.length === 0) return;
  throw stageFailed(
    `Requests can still reach ${nameOfGroup(pair.canary)} through the ${reaching.map(nameOfRule).join(', ')}: the canary is not removed. Move its share to 0 before ECS_CANARY_CLEAN.`,
  );
}

/**
 * Removes the canary: refused while any rule of the load balancer can send requests to its group, and not before the group had its
 * time to drain (ecs-alb-facts §2, §4, §5, §22). Rules outside the pair that reached the group before the start do not count: what
 * they answer then was said before the start.
 */
export async function canaryGone(step: Step): Promise<Progress> {
  const { run, handle, traffic } = step;
  const { service } = handle.release;
  const pair = pairOfStep(step);
  await refuseReachable(step);
  await poller(run).soon();
  await refuseReachable(step);
  const canaries = (await readTaskSets(run, service)).filter(
    (set) => isStanding(set) && madeBy(set, handle.uid, 'canary'),
  );
  if (canaries.length > 0) {
    const drainingSince = traffic?.verified?.canary === 0 ? traffic.verifiedAt : undefined;
    await settle(run, drainingSince ?? run.ctx.clock.now(), run.settings.drainSettle);
  }
  for (const canary of canaries) {
    await deleteTaskSet(run, service, canary.taskSetArn, { say: 'Removed the canary' }, () => refuseReachable(step));
    await waitGone(run, service, canary);
  }
  if (canaries.length > 0) {
    const { deregistrationDelay } = await readGroupTimes(run.aws.elb, pair.canary);
    run.report.info(
      `The canary's targets finish what they have; ${nameOfGroup(pair.canary)} shows them as draining for up to ${deregistrationDelay} s`,
    );
  }
  run.report.detail(canaries.length > 0 ? 'The canary is removed' : 'No canary stands');
  return run.report.progress();
}
