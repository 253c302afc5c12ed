import type { Progress, Weights } from '../../model/delivery.js';
import { badInput, stageFailed } from '../aws/errors.js';
import { readPair, refuseForeign } from '../traffic/set-traffic.js';
import { scaleTaskSet } from './change-task-set.js';
import { ensureTaskSet } from './create-task-set.js';
import { pairOfStep, readSets, type Step } from './step.js';
import { required } from './readiness.js';
import { readStandingService } from './service.js';
import { waitReady } from './wait-ready.js';

/**
 * Refuses to go on when a pair rule is not as this deployment left it.
 * @param wanted weights that an earlier attempt of this step may have written already.
 * @returns the canary's share now, percent.
 */
export async function checkTraffic(step: Step, wanted?: Weights): Promise<number> {
  const { run, handle, traffic } = step;
  const pair = pairOfStep(step);
  const rules = await readPair(run, handle.snapshot.rules);
  for (const snapshot of handle.snapshot.rules) {
    const rule = rules.get(snapshot.ruleArn);
    const left = traffic?.wanted ?? snapshot.weights;
    if (rule) refuseForeign(rule, snapshot, pair, wanted ? [left, wanted] : [left]);
  }
  return traffic?.wanted.canary ?? Math.max(0, ...handle.snapshot.rules.map(({ weights }) => weights.canary));
}

/**
 * Brings the canary to a scale: made on the canary's group, or rescaled where an earlier stage made it, and its own targets healthy
 * twice (ecs-alb-facts §9, §10).
 * @param scale percent of the service's desired count.
 */
export async function canaryReady(step: Step, scale: number): Promise<Progress> {
  const { run, handle, stage } = step;
  const { service, targetGroups } = handle.release;
  if (!targetGroups.canary) throw badInput('A canary needs targetGroups.canary in app.pipecd.yaml.');
  const share = await checkTraffic(step);

  const { canary } = await readSets(run, handle);
  let taskSetArn = canary?.taskSetArn;
  if (canary && canary.scale.value !== scale) {
    // Tasks leave a group that requests reach only if what stays suffices (ecs-alb-facts §2).
    const { desiredCount } = await readStandingService(run, service);
    const left = Math.ceil((desiredCount * scale) / 100);
    if (share > 0 && left < required({ computedDesiredCount: 0, desiredCount, share })) {
      throw stageFailed(
        `A canary of ${scale} % has ${left} task(s), too few for ${share} % of the requests. Lower its share first.`,
      );
    }
    await scaleTaskSet(run, service, canary.taskSetArn, { scale, say: 'Scaled the canary' });
  }
  taskSetArn ??= await ensureTaskSet(run, handle, {
    role: 'canary',
    stage,
    taskDefinition: handle.taskDefinitionArn,
    scale,
    group: targetGroups.canary,
    members: service.createTaskSet,
    purpose: 'for the canary',
  });
  const { detail } = await waitReady(run, service, { taskSetArn, share: 0 });
  run.report.info(`The canary is ready: ${detail}`);
  return run.report.progress();
}
