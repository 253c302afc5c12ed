import { isCompared, type Metric, type MetricStrategy } from '../model/metric.js';
import type { Say, Standing } from './pipeline-order.js';

/** Strategies that compare two versions that run now. PREVIOUS compares with what was kept of an earlier deployment. */
type Comparison = Extract<MetricStrategy, 'CANARY_BASELINE' | 'CANARY_PRIMARY'>;

function isComparison(strategy: MetricStrategy): strategy is Comparison {
  return strategy === 'CANARY_BASELINE' || strategy === 'CANARY_PRIMARY';
}

/**
 * Refuses metrics that compare what does not stand side by side at this point of the pipeline: metrics by target group tell one version
 * from another only while each group holds one task set that gets requests (ecs-alb-facts §23).
 * @returns whether all metrics compare, so that all there is to say of them has been said.
 */
export function checkComparisons(standing: Standing, metrics: readonly Metric[], error: Say, warning: Say): boolean {
  const strategies = metrics.flatMap((metric) =>
    isCompared(metric) && isComparison(metric.strategy) ? [{ name: metric.name, strategy: metric.strategy }] : [],
  );
  for (const { name, strategy } of strategies) {
    const wrong = whatIsWrong(standing, strategy);
    if (wrong) error(`${name} cannot be judged by ${strategy} here: ${wrong.message}`, wrong.fix);
  }
  if (strategies.some(({ strategy }) => strategy === 'CANARY_BASELINE' && !whatIsWrong(standing, strategy))) {
    warnOfUnlike(standing, warning);
  }
  return metrics.length > 0 && strategies.length === metrics.length;
}

function whatIsWrong(
  { canary, baseline, promoted }: Standing,
  strategy: Comparison,
): { message: string; fix: string } | undefined {
  if (promoted) {
    return {
      message: 'after the promotion the primary’s target group no longer holds the old version alone',
      fix: 'Put the ANALYSIS before ECS_PRIMARY_ROLLOUT.',
    };
  }
  if (!canary.stands) return { message: 'no canary stands', fix: 'Put ECS_CANARY_ROLLOUT before it.' };
  if (canary.share === 0) {
    const fix = 'Put ECS_TRAFFIC_ROUTING with a share for the canary before it.';
    return { message: 'the canary gets no requests', fix };
  }
  if (strategy === 'CANARY_PRIMARY') {
    if ((canary.share ?? 0) + (baseline.share ?? 0) < 100) return undefined;
    return { message: 'the primary gets no requests', fix: 'Leave it a share in the ECS_TRAFFIC_ROUTING before it.' };
  }
  if (!baseline.stands) {
    const fix = 'Put ECS_BASELINE_ROLLOUT before it and ECS_BASELINE_CLEAN after it, or write CANARY_PRIMARY.';
    return { message: 'no baseline stands', fix };
  }
  if (baseline.share === 0) {
    const fix = `Write baseline: ${canary.share ?? 10} in the ECS_TRAFFIC_ROUTING before it.`;
    return { message: 'the baseline gets no requests', fix };
  }
  return undefined;
}

/** A baseline is there so that two sets of one age, size and load are compared. */
function warnOfUnlike({ canary, baseline }: Standing, warning: Say): void {
  if (canary.share !== undefined && baseline.share !== undefined && canary.share !== baseline.share) {
    const message = `the canary gets ${canary.share} % of the requests and the baseline ${baseline.share} %: they are not under the same load`;
    warning(message, `Write baseline: ${canary.share} in the ECS_TRAFFIC_ROUTING before it.`);
  }
  if (canary.scale !== undefined && baseline.scale !== undefined && canary.scale !== baseline.scale) {
    const message = `the canary has ${canary.scale} % of the tasks and the baseline ${baseline.scale} %: they are not of the same size`;
    warning(message, 'Delete scale from ECS_BASELINE_ROLLOUT: it is the canary’s then.');
  }
}
