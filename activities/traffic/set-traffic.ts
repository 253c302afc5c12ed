import type { Progress, RuleSnapshot, Weights } from '../../model/delivery.js';
import { change } from '../aws/change.js';
import { changedByOthers } from '../aws/errors.js';
import { pause, poller, type Run } from '../run.js';
import { readRules, sendActions, type ListenerRule } from './listener-rule.js';
import {
  fromJson,
  sameWeights,
  shapeOf,
  sharesOf,
  stickinessOf,
  weightsText,
  withWeights,
  type Pair,
} from './weights.js';

/** A pair rule with the weights it should have. */
export interface WantedRule {
  snapshot: RuleSnapshot;
  weights: Weights;
}

/** A rule in words: the end of its ARN, which the console shows. */
export function nameOfRule({
  ruleArn,
  isDefault,
  listenerArn,
}: {
  ruleArn: string;
  isDefault: boolean;
  listenerArn: string;
}): string {
  return isDefault
    ? `default rule of listener ${listenerArn.split('/').at(-1) ?? ''}`
    : `rule ${ruleArn.split('/').at(-1) ?? ''}`;
}

/**
 * Refuses a rule that is not as this deployment left it: other actions than in the snapshot, or weights that are none of the given.
 * @throws FAILURE.changedByOthers.
 */
export function refuseForeign(rule: ListenerRule, snapshot: RuleSnapshot, pair: Pair, allowed: Weights[]): void {
  if (shapeOf(rule.actions) !== shapeOf(fromJson(snapshot.actions))) {
    throw changedByOthers(
      `Somebody else changed the actions of the ${nameOfRule(rule)} (${rule.ruleArn}) while this deployment ran. Put them back, or deploy again.`,
    );
  }
  const now = sharesOf(rule.actions, pair);
  if (!allowed.some((weights) => sameWeights(weights, now))) {
    throw changedByOthers(
      `Somebody else set the weights of the ${nameOfRule(rule)} (${rule.ruleArn}) to ${weightsText(now)}; this deployment had left them at ${weightsText(allowed[0] ?? now)}.`,
    );
  }
}

/** Reads the pair rules of a snapshot. @throws FAILURE.changedByOthers when one of them is gone. */
export async function readPair(run: Run, rules: RuleSnapshot[]): Promise<Map<string, ListenerRule>> {
  const found = await readRules(
    run.aws.elb,
    rules.map(({ ruleArn }) => ruleArn),
  ).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'RuleNotFoundException') {
      throw changedByOthers(`Somebody else removed a listener rule that this deployment writes (${error.message}).`);
    }
    throw error;
  });
  return new Map(found.map((rule) => [rule.ruleArn, rule]));
}

/**
 * Writes one rule, if its weights are not the wanted ones: read again after the fence, only the weights changed (ecs-alb-facts
 * §18).
 * @param check throws when the rule as read must not be written.
 */
export async function writeRule(
  run: Run,
  rule: ListenerRule,
  pair: Pair,
  weights: Weights,
  check: (rule: ListenerRule) => void,
): Promise<void> {
  const { elbChanges } = run.aws;
  await change(run, {
    command: rule.isDefault ? 'ModifyListener' : 'ModifyRule',
    resource: rule.isDefault ? rule.listenerArn : rule.ruleArn,
    async look() {
      const [now] = await readRules(run.aws.elb, [rule.ruleArn]);
      if (!now) throw new Error(`The ${nameOfRule(rule)} could not be read; it is tried again.`);
      check(now);
      return sameWeights(sharesOf(now.actions, pair), weights) ? undefined : now;
    },
    send: (now, options) => sendActions(elbChanges, rule, withWeights(now.actions, pair, weights), options),
    say(now) {
      const sticky =
        stickinessOf(now.actions)?.enabled && !stickinessOf(withWeights(now.actions, pair, weights))?.enabled;
      const before = weightsText(sharesOf(now.actions, pair));
      return `Moved the ${nameOfRule(rule)} from ${before} to ${weightsText(weights)}${sticky ? ', sticky sessions off: switch them on again when the cookies given so far have ended' : ''}`;
    },
  });
}

/** Reads back until two looks in a row agree with what is wanted, or a rule is as nobody here wrote it. */
async function verify(run: Run, wanted: WantedRule[], pair: Pair, before: Weights | undefined): Promise<void> {
  const polls = poller(run);
  for (let agreed = 0; agreed < 2;) {
    const rules = await readPair(
      run,
      wanted.map(({ snapshot }) => snapshot),
    );
    const right = wanted.every(({ snapshot, weights }) => {
      const rule = rules.get(snapshot.ruleArn);
      if (!rule) return false;
      refuseForeign(rule, snapshot, pair, [weights, before ?? snapshot.weights]);
      return sameWeights(sharesOf(rule.actions, pair), weights);
    });
    agreed = right ? agreed + 1 : 0;
    if (agreed < 2) await (right ? polls.soon() : polls.next());
  }
}

/**
 * Brings all pair rules of a snapshot to the same weights, each with one write where it differs, and reads them back.
 * @param before the weights that this deployment left last; the snapshot's when it wrote none.
 * @returns when and as what it was verified; `wrote` when something had to be changed.
 */
export async function setTraffic(
  run: Run,
  rules: RuleSnapshot[],
  pair: Pair,
  weights: Weights,
  before: Weights | undefined,
): Promise<{ traffic: NonNullable<Progress['traffic']>; wrote: boolean }> {
  run.report.traffic({ wanted: weights });
  const now = await readPair(run, rules);
  let wrote = false;
  for (const snapshot of rules) {
    const rule = now.get(snapshot.ruleArn);
    if (!rule) throw changedByOthers(`Somebody else removed the ${nameOfRule(snapshot)} (${snapshot.ruleArn}).`);
    const allowed = [before ?? snapshot.weights, weights];
    refuseForeign(rule, snapshot, pair, allowed);
    if (sameWeights(sharesOf(rule.actions, pair), weights)) continue;
    wrote = true;
    await writeRule(run, rule, pair, weights, (seen) => refuseForeign(seen, snapshot, pair, allowed));
  }
  await verify(
    run,
    rules.map((snapshot) => ({ snapshot, weights })),
    pair,
    before,
  );
  const traffic = { wanted: weights, verified: weights, verifiedAt: run.ctx.clock.now() };
  run.report.traffic(traffic);
  return { traffic, wrote };
}

/** Waits out what ALB needs until its nodes follow a weight; no figure is published (ecs-alb-facts §4). */
export async function settle(run: Run, since: number, settleFor: number): Promise<void> {
  const left = since + settleFor - run.ctx.clock.now();
  if (left <= 0) return;
  run.report.detail(`Weights read back; ${Math.ceil(left / 1000)} s until all of the load balancer follows them`);
  await pause(run, left);
}
