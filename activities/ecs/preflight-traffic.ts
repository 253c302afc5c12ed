import type { RuleSnapshot } from '../../model/delivery.js';
import { SECOND } from '../../model/duration.js';
import type { Release } from '../../model/release.js';
import type { Run } from '../run.js';
import { discoverRules, type ListenerRule } from '../traffic/listener-rule.js';
import { pairRules, rulesNaming, rulesReaching } from '../traffic/reachability.js';
import { nameOfRule } from '../traffic/set-traffic.js';
import { nameOfGroup, namesOfGroups, readGroupTimes, readLoadBalancer } from '../traffic/target-group.js';
import {
  groupsOf,
  sameWeights,
  sharesOf,
  stickinessOf,
  takesBaseline,
  toJson,
  weightsText,
  type Pair,
} from '../traffic/weights.js';
import { ALL_PRIMARY } from '../../model/delivery.js';
import type { Findings } from './findings.js';
import { inNoRule, loadBalancerOf, readGroups, type SideGroup } from './preflight-groups.js';

export interface TrafficFound {
  /** Absent where tasks are found by service discovery. */
  loadBalancerArn?: string;
  rules: RuleSnapshot[];
  rulesOnCanary: string[];
  rulesOnBaseline?: string[];
  /** All pair rules give everything to the primary's group. */
  allPrimary: boolean;
}

/** The groups of the weights; undefined when the file names one group alone or none, and no weights are moved. */
export function pairOf({ primary, canary, baseline }: Release['targetGroups']): Pair | undefined {
  return (
    primary &&
    canary && {
      primary: primary.targetGroupArn,
      canary: canary.targetGroupArn,
      ...(baseline && { baseline: baseline.targetGroupArn }),
    }
  );
}

export function snapshotOfRule(rule: ListenerRule, pair: Pair): RuleSnapshot {
  const stickiness = stickinessOf(rule.actions);
  return {
    listenerArn: rule.listenerArn,
    ruleArn: rule.ruleArn,
    isDefault: rule.isDefault,
    weights: sharesOf(rule.actions, pair),
    ...(stickiness && { stickiness }),
    actions: toJson(rule.actions),
  };
}

/** Rules outside the pair see no canary, or fall into an empty group after the clean-up: said before the start (ecs-alb-facts §5). */
function checkOtherRules(rules: ListenerRule[], pair: Pair, strict: boolean, findings: Findings): void {
  const others = rules.filter((rule) => !pairRules([rule], pair).length);
  const tell = (text: string): void => void (strict ? findings.problems : findings.warnings).push(text);
  const onPrimary = rulesReaching(others, pair.primary);
  if (onPrimary.length > 0) {
    tell(
      `${onPrimary.length} rule(s) forward to ${nameOfGroup(pair.primary)} without ${nameOfGroup(pair.canary)} and see no canary: ${onPrimary.map(nameOfRule).join(', ')}.`,
    );
  }
  for (const side of ['canary', 'baseline'] as const) {
    const group = pair[side];
    if (group === undefined) continue;
    const reaching = rulesReaching(others, group);
    if (reaching.length > 0) {
      tell(
        `${reaching.length} rule(s) outside the pair forward to ${nameOfGroup(group)} and will answer 503 whenever no ${side} runs: ${reaching.map(nameOfRule).join(', ')}.`,
      );
    }
  }
}

/**
 * A baseline gets its share through all pair rules or the weights would differ from rule to rule: each must name its group already.
 * Sluice moves weights and never adds a group to somebody's rule.
 */
function checkBaselineRules(rules: ListenerRule[], pair: Pair, findings: Findings): void {
  for (const rule of rules) {
    if (pair.baseline === undefined || takesBaseline(rule.actions, pair)) continue;
    findings.problems.push(
      `The ${nameOfRule(rule)} forwards to ${nameOfGroup(pair.primary)} and ${nameOfGroup(pair.canary)} and not to the baseline's target group ${nameOfGroup(pair.baseline)}, which gets its share through the same rule. Add ${nameOfGroup(pair.baseline)} to its forward action with weight 0.`,
    );
  }
}

function checkStickiness(rules: RuleSnapshot[], findings: Findings): void {
  for (const rule of rules) {
    if (!rule.stickiness?.enabled) continue;
    findings.warnings.push(
      `Sticky sessions are on in the ${nameOfRule(rule)} (${rule.stickiness.durationSeconds ?? 0} s): the weights are the share of new sessions, not of requests. They are switched off in the write that empties a side.`,
    );
  }
}

async function checkTimes(run: Run, groups: SideGroup[], findings: Findings): Promise<void> {
  for (const { arn } of groups) {
    const { slowStart } = await readGroupTimes(run.aws.elb, arn);
    if (slowStart * SECOND > run.settings.trafficSettle) {
      findings.warnings.push(
        `Target group ${nameOfGroup(arn)} starts targets slowly (${slowStart} s), longer than Sluice waits after a weight change: the first windows of a canary see less than its share.`,
      );
    }
  }
}

/**
 * Looks at everything between the listener and the tasks, reads only (ecs-alb-facts §3, §5, §12).
 * @param withBaseline the deployment will make a baseline.
 */
export async function inspectTraffic(
  run: Run,
  release: Release,
  withBaseline: boolean,
  findings: Findings,
): Promise<TrafficFound | undefined> {
  if (!release.targetGroups.primary) return { rules: [], rulesOnCanary: [], allPrimary: true };
  const sides = ['primary', 'canary', ...(withBaseline ? (['baseline'] as const) : [])] as const;
  const groups = await readGroups(run, release, sides, findings);
  const loadBalancerArn = loadBalancerOf(groups, findings);
  if (loadBalancerArn === undefined) return undefined;
  const loadBalancer = await readLoadBalancer(run.aws.elb, loadBalancerArn);
  if (loadBalancer?.type !== 'application') {
    findings.problems.push(
      `Load balancer ${loadBalancerArn} is of type ${loadBalancer?.type ?? 'unknown'}; only Application Load Balancers have weights.`,
    );
    return undefined;
  }
  const all = await discoverRules(run.aws.elb, loadBalancerArn);
  const pair = pairOf(release.targetGroups);
  if (!pair) return { loadBalancerArn, rules: [], rulesOnCanary: [], allPrimary: true };

  const ours = pairRules(all, pair);
  const bothAttached = groups.length === sides.length && groups.every((group) => group.loadBalancerArns.length > 0);
  if (bothAttached && rulesNaming(all, pair.canary).length === 0) {
    findings.problems.push(inNoRule('canary', nameOfGroup(pair.canary), nameOfGroup(pair.primary)));
  } else if (ours.length === 0) {
    findings.problems.push(
      withBaseline
        ? `No listener rule forwards to ${namesOfGroups(groups.map(({ arn }) => arn))} and to nothing else: there are no weights to move. Put them into one forward action, with weights 100, 0 and 0.`
        : `No listener rule forwards to both ${nameOfGroup(pair.primary)} and ${nameOfGroup(pair.canary)} and to nothing else: there are no weights to move. Put both into one forward action, with weights 100 and 0.`,
    );
  }
  if (withBaseline) checkBaselineRules(ours, pair, findings);
  checkOtherRules(all, pair, release.strictRules, findings);
  const rules = ours.map((rule) => snapshotOfRule(rule, pair));
  checkStickiness(rules, findings);
  await checkTimes(run, groups, findings);
  const moved = rules.filter(({ weights }) => !sameWeights(weights, ALL_PRIMARY));
  for (const rule of moved) {
    findings.repairable(
      `The ${nameOfRule(rule)} gives ${weightsText(rule.weights)} to ${namesOfGroups(groupsOf(pair, rule.weights))}, not 100/0: an earlier run did not end. Set it to 100/0, or deploy with strategy QUICK_SYNC, which repairs it.`,
    );
  }
  const others = all.filter((rule) => !ours.includes(rule));
  const arnsReaching = (group: string): string[] => rulesReaching(others, group).map(({ ruleArn }) => ruleArn);
  return {
    loadBalancerArn,
    rules,
    rulesOnCanary: arnsReaching(pair.canary),
    ...(pair.baseline !== undefined && { rulesOnBaseline: arnsReaching(pair.baseline) }),
    allPrimary: moved.length === 0,
  };
}
