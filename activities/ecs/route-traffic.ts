import type { Progress, Weights } from '../../model/delivery.js';
import { stageFailed } from '../aws/errors.js';
import { poller } from '../run.js';
import { setTraffic, settle } from '../traffic/set-traffic.js';
import { nameOfGroup } from '../traffic/target-group.js';
import { weightsText } from '../traffic/weights.js';
import { checkTraffic } from './canary-ready.js';
import { pairOfStep, readSets, type Step } from './step.js';
import { groupOf, isStanding, shortName } from './task-set.js';
import { countHealthy, readOwnTargets } from './targets.js';
import { waitReady } from './wait-ready.js';

function allowsUndersized({ handle, stage }: Step): boolean {
  const found = handle.release.pipeline.find(({ id }) => id === stage);
  return found?.name === 'ECS_TRAFFIC_ROUTING' && found.allowUndersized;
}

/** The primary's group holds one version alone: "100 % primary" must not mean two (ecs-alb-facts §2). */
async function waitForOneVersion(step: Step): Promise<void> {
  const { run, handle } = step;
  const { service, targetGroups } = handle.release;
  const polls = poller(run);
  for (;;) {
    const { all, primary } = await readSets(run, handle);
    const others = all.filter((set) => set !== primary && groupOf(set) === targetGroups.primary.targetGroupArn);
    let mixed: string | undefined;
    for (const set of others) {
      const healthy = countHealthy(await readOwnTargets(run, service, set, true));
      if (healthy > 0)
        mixed = `${healthy} target(s) of task set ${shortName(set)} still take requests beside the primary`;
    }
    if (mixed === undefined) return;
    run.report.detail(mixed);
    await polls.next();
  }
}

/**
 * Moves the requests: each side that will get some has enough healthy targets of its own, each pair rule is written once, read back
 * twice, and the load balancer is given its time (ecs-alb-facts §2, §4, §9, §18).
 * @param canaryShare percent for the canary; the primary gets the rest.
 */
export async function routeTraffic(step: Step, canaryShare: number): Promise<Progress> {
  const { run, handle } = step;
  const { service } = handle.release;
  const pair = pairOfStep(step);
  const weights: Weights = { primary: 100 - canaryShare, canary: canaryShare };

  await checkTraffic(step, weights);
  const { primary, canary } = await readSets(run, handle);
  if (canaryShare > 0) {
    if (!canary)
      throw stageFailed(
        `No canary stands that ${canaryShare} % of the requests could go to. Put ECS_CANARY_ROLLOUT before this stage.`,
      );
    await waitReady(run, service, {
      taskSetArn: canary.taskSetArn,
      share: canaryShare,
      undersized: allowsUndersized(step),
    });
  }
  if (weights.primary > 0) {
    if (!primary || !isStanding(primary))
      throw stageFailed('No primary task set stands that the requests could go to.');
    if (canaryShare === 0) await waitForOneVersion(step);
    await waitReady(run, service, { taskSetArn: primary.taskSetArn, share: weights.primary });
  }
  const { traffic } = await setTraffic(run, handle.snapshot.rules, pair, weights, step.traffic?.wanted);
  run.report.info(
    `Read back twice: ${weightsText(weights)} between ${nameOfGroup(pair.primary)} and ${nameOfGroup(pair.canary)} in ${handle.snapshot.rules.length} rule(s)`,
  );
  await settle(run, traffic.verifiedAt ?? run.ctx.clock.now(), run.settings.trafficSettle);
  run.report.detail(`${weightsText(weights)} verified`);
  return run.report.progress();
}
