import { ALL_PRIMARY, weightsFor, type DeliveryHandle, type Weights } from '../../model/delivery.js';
import { wordsOf } from '../aws/errors.js';
import type { Run } from '../run.js';
import type { ListenerRule } from '../traffic/listener-rule.js';
import { nameOfRule, writeRule } from '../traffic/set-traffic.js';
import { fromJson, shapeOf, sharesOf, type Pair } from '../traffic/weights.js';

/**
 * The group that the old version stands in: the primary's, but for a quick sync that repairs (ecs-alb-facts §26). None where tasks are
 * found by service discovery.
 */
export function oldGroup({ snapshot, release }: DeliveryHandle): string | undefined {
  const balancers = snapshot.primary?.createTaskSet['loadBalancers'];
  const [first] = Array.isArray(balancers) ? balancers : [];
  const arn = typeof first === 'object' && first && !Array.isArray(first) ? first['targetGroupArn'] : undefined;
  return typeof arn === 'string' ? arn : release.targetGroups.primary?.targetGroupArn;
}

/** The side in whose group the old version stands. */
export function oldSide(handle: DeliveryHandle): keyof Weights {
  const { canary, baseline } = handle.release.targetGroups;
  const group = oldGroup(handle);
  if (group === undefined) return 'primary';
  if (group === canary?.targetGroupArn) return 'canary';
  return group === baseline?.targetGroupArn ? 'baseline' : 'primary';
}

const ALL_TO: Record<keyof Weights, Weights> = {
  primary: ALL_PRIMARY,
  canary: weightsFor(100),
  baseline: weightsFor(0, 100),
};

/** The side that the requests go back to: where the old version stands; on a first deployment as it was found. */
export function restoredWeights(handle: DeliveryHandle, ruleArn: string): Weights {
  const { snapshot } = handle;
  if (!snapshot.primary) return snapshot.rules.find((rule) => rule.ruleArn === ruleArn)?.weights ?? ALL_PRIMARY;
  return ALL_TO[oldSide(handle)];
}

/**
 * Writes the weights of all pair rules. Somebody else's weights are overwritten, and said; other fields stay as they are. A rule that
 * cannot be written does not stop the next (ecs-alb-facts §18, §29).
 * @returns the first error, if any.
 */
export async function writeAllWeights(
  run: Run,
  handle: DeliveryHandle,
  rules: ListenerRule[],
  pair: Pair,
  weightsOf: (rule: ListenerRule) => Weights,
): Promise<Error | undefined> {
  let failure: Error | undefined;
  for (const rule of rules) {
    const snapshot = handle.snapshot.rules.find(({ ruleArn }) => ruleArn === rule.ruleArn);
    if (!snapshot)
      run.report.warn(
        `The ${nameOfRule(rule)} was added by somebody while this deployment ran; its weights are written too`,
      );
    else if (shapeOf(rule.actions) !== shapeOf(fromJson(snapshot.actions))) {
      run.report.warn(
        `Somebody changed the actions of the ${nameOfRule(rule)} while this deployment ran; only its weights are written`,
      );
    }
    try {
      await writeRule(run, rule, pair, weightsOf(rule), () => undefined);
    } catch (error) {
      run.ctx.cancelled.throwIfAborted();
      failure ??= error instanceof Error ? error : new Error(wordsOf(error));
    }
  }
  return failure;
}

/**
 * The weights that give the old version's task set a share of its own, percent. It is taken from the new version; a baseline keeps what
 * it has, since it is the old version too.
 */
export function oldShareOf(handle: DeliveryHandle, rule: ListenerRule, pair: Pair, old: number): Weights {
  const side = oldSide(handle);
  if (side === 'canary') return weightsFor(old);
  if (side === 'baseline') return weightsFor(0, old);
  const baseline = Math.min(100 - old, Math.floor(sharesOf(rule.actions, pair).baseline ?? 0));
  return weightsFor(100 - old - baseline, baseline);
}
