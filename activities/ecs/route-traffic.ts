import type { Progress, Weights } from '../../model/delivery.js';
import { stageFailed } from '../aws/errors.js';
import { poller } from '../run.js';
import { nameOfRule, setTraffic, settle } from '../traffic/set-traffic.js';
import { namesOfGroups } from '../traffic/target-group.js';
import { fromJson, groupsOf, takesBaseline, weightsText, type Pair } from '../traffic/weights.js';
import { checkTraffic } from './check-traffic.js';
import { pairOfStep, readSets, type Step } from './step.js';
import { groupOf, isStanding, shortName } from './task-set.js';
import { countHealthy, readOwnTargets } from './targets.js';
import { waitReady } from './wait-ready.js';

const ROLLED_OUT_BY = { canary: 'ECS_CANARY_ROLLOUT', baseline: 'ECS_BASELINE_ROLLOUT' } as const;

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
    const others = all.filter((set) => set !== primary && groupOf(set) === targetGroups.primary?.targetGroupArn);
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

/** A share for the baseline goes only through rules that name its group: the preflight has asked for that. */
function checkRules({ handle }: Step, pair: Pair): void {
  const without = handle.snapshot.rules.filter(({ actions }) => !takesBaseline(fromJson(actions), pair));
  if (without.length === 0) return;
  throw stageFailed(
    `The ${without.map(nameOfRule).join(', ')} forwards to no group of a baseline. Add the group of targetGroups.baseline with weight 0.`,
  );
}

/**
 * Moves the requests: each side that will get some has enough healthy targets of its own, each pair rule is written once, read back
 * twice, and the load balancer is given its time (ecs-alb-facts §2, §4, §9, §18).
 */
export async function routeTraffic(step: Step, weights: Weights): Promise<Progress> {
  const { run, handle } = step;
  const { service } = handle.release;
  const pair = pairOfStep(step);
  if (weights.baseline !== undefined) checkRules(step, pair);

  await checkTraffic(step, weights);
  const { primary, ...sets } = await readSets(run, handle);
  for (const side of ['canary', 'baseline'] as const) {
    const share = weights[side] ?? 0;
    if (share === 0) continue;
    const set = sets[side];
    if (!set)
      throw stageFailed(
        `No ${side} stands that ${share} % of the requests could go to. Put ${ROLLED_OUT_BY[side]} before this stage.`,
      );
    await waitReady(run, service, { taskSetArn: set.taskSetArn, share, undersized: allowsUndersized(step) });
  }
  if (weights.primary > 0) {
    if (!primary || !isStanding(primary))
      throw stageFailed('No primary task set stands that the requests could go to.');
    if (weights.canary === 0) await waitForOneVersion(step);
    await waitReady(run, service, { taskSetArn: primary.taskSetArn, share: weights.primary });
  }
  const { traffic } = await setTraffic(run, handle.snapshot.rules, pair, weights, step.traffic?.wanted);
  run.report.info(
    `Read back twice: ${weightsText(weights)} between ${namesOfGroups(groupsOf(pair, weights))} in ${handle.snapshot.rules.length} rule(s)`,
  );
  await settle(run, traffic.verifiedAt ?? run.ctx.clock.now(), run.settings.trafficSettle);
  run.report.detail(`${weightsText(weights)} verified`);
  return run.report.progress();
}
