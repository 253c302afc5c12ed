import type { Progress } from '../../model/delivery.js';
import { stageFailed } from '../aws/errors.js';
import { scaleTaskSet } from './change-task-set.js';
import { checkTraffic } from './check-traffic.js';
import { ensureTaskSet, type WantedTaskSet } from './create-task-set.js';
import { required } from './readiness.js';
import { readStandingService } from './service.js';
import { readSets, type Side, type Step } from './step.js';
import { waitReady } from './wait-ready.js';

/** What a side's task set is made of. */
type SideMembers = Pick<WantedTaskSet, 'taskDefinition' | 'group' | 'members'>;

/**
 * Brings a side to a scale: made on its group, or rescaled where an earlier stage made it, and its own targets healthy twice
 * (ecs-alb-facts §9, §10).
 * @param scale percent of the service's desired count.
 * @param made asked only when the side has to be made.
 */
export async function sideReady(
  step: Step,
  side: Side,
  scale: number,
  made: () => SideMembers | Promise<SideMembers>,
): Promise<Progress> {
  const { run, handle, stage } = step;
  const { service } = handle.release;
  const share = (await checkTraffic(step))[side];

  const standing = (await readSets(run, handle))[side];
  let taskSetArn = standing?.taskSetArn;
  if (standing && standing.scale.value !== scale) {
    // Tasks leave a group that requests reach only if what stays suffices (ecs-alb-facts §2).
    const { desiredCount } = await readStandingService(run, service);
    const left = Math.ceil((desiredCount * scale) / 100);
    if (share > 0 && left < required({ computedDesiredCount: 0, desiredCount, share })) {
      throw stageFailed(
        `A ${side} of ${scale} % has ${left} task(s), too few for ${share} % of the requests. Lower its share first.`,
      );
    }
    await scaleTaskSet(run, service, standing.taskSetArn, { scale, say: `Scaled the ${side}` });
  }
  taskSetArn ??= await ensureTaskSet(run, handle, {
    ...(await made()),
    role: side,
    stage,
    scale,
    purpose: `for the ${side}`,
  });
  const { detail } = await waitReady(run, service, { taskSetArn, share: 0 });
  run.report.info(`The ${side} is ready: ${detail}`);
  return run.report.progress();
}
