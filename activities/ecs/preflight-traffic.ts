import type { RuleSnapshot } from '../../model/delivery.js';
import { SECOND } from '../../model/duration.js';
import type { Release } from '../../model/release.js';
import type { Run } from '../run.js';
import { discoverRules, type ListenerRule } from '../traffic/listener-rule.js';
import { pairRules, rulesNaming, rulesReaching } from '../traffic/reachability.js';
import { nameOfRule } from '../traffic/set-traffic.js';
import {
  nameOfGroup,
  readGroupTimes,
  readLoadBalancer,
  readTargetGroup,
  type TargetGroupFacts,
} from '../traffic/target-group.js';
import { sameWeights, sharesOf, stickinessOf, toJson, weightsText, type Pair } from '../traffic/weights.js';
import { ALL_PRIMARY } from '../../model/delivery.js';
import type { Findings } from './findings.js';

export interface TrafficFound {
  loadBalancerArn: string;
  rules: RuleSnapshot[];
  rulesOnCanary: string[];
  /** All pair rules give everything to the primary's group. */
  allPrimary: boolean;
}

/** The pair of groups; undefined when the file names one group alone, and no weights are moved. */
export function pairOf({ primary, canary }: Release['targetGroups']): Pair | undefined {
  return canary && { primary: primary.targetGroupArn, canary: canary.targetGroupArn };
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

function checkGroup(group: TargetGroupFacts, findings: Findings): void {
  if (group.protocol !== 'HTTP' && group.protocol !== 'HTTPS') {
    findings.problems.push(
      `Target group ${group.name} speaks ${group.protocol}: weights exist on Application Load Balancers alone, with HTTP or HTTPS groups.`,
    );
  }
  if (group.targetType !== 'ip') {
    findings.problems.push(
      `Target group ${group.name} has targets of type ${group.targetType}. Sluice follows tasks by their addresses: use the network mode awsvpc and a group of target type ip.`,
    );
  }
}

async function readGroups(run: Run, release: Release, findings: Findings): Promise<TargetGroupFacts[]> {
  const { primary, canary } = release.targetGroups;
  const groups: TargetGroupFacts[] = [];
  for (const { targetGroupArn } of [primary, ...(canary ? [canary] : [])]) {
    const group = await readTargetGroup(run.aws.elb, targetGroupArn);
    if (!group) {
      findings.problems.push(
        `Target group ${targetGroupArn} does not exist in ${run.aws.region}. Correct targetGroups in app.pipecd.yaml.`,
      );
      continue;
    }
    checkGroup(group, findings);
    groups.push(group);
  }
  const [first, second] = groups;
  if (first && second && first.vpcId !== second.vpcId) {
    findings.problems.push(
      `Target groups ${first.name} and ${second.name} are in different VPCs; both must be in the tasks' VPC.`,
    );
  }
  return groups;
}

/** The one load balancer of the groups; says what is wrong when there is none or more. */
function loadBalancerOf(groups: TargetGroupFacts[], findings: Findings): string | undefined {
  for (const [index, group] of groups.entries()) {
    if (group.loadBalancerArns.length > 1) {
      findings.problems.push(
        `Target group ${group.name} is attached to ${group.loadBalancerArns.length} load balancers (${group.loadBalancerArns.join(', ')}); Sluice moves the traffic of one.`,
      );
    }
    if (group.loadBalancerArns.length === 0) {
      findings.problems.push(
        index === 0
          ? `Target group ${group.name} is attached to no listener: no rule of any load balancer forwards to it. Forward a listener's rule to it.`
          : `The canary's target group ${group.name} is in no listener rule, so its targets would never be health-checked. Add it with weight 0 to the rule that forwards to ${groups[0]?.name ?? 'the primary group'}.`,
      );
    }
  }
  const arns = new Set(groups.flatMap(({ loadBalancerArns }) => loadBalancerArns));
  if (arns.size > 1) {
    findings.problems.push(
      `The two target groups hang on different load balancers (${[...arns].join(', ')}): put both into one rule of one of them.`,
    );
  }
  return arns.size === 1 ? [...arns][0] : undefined;
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
  const onCanary = rulesReaching(others, pair.canary);
  if (onCanary.length > 0) {
    tell(
      `${onCanary.length} rule(s) outside the pair forward to ${nameOfGroup(pair.canary)} and will answer 503 whenever no canary runs: ${onCanary.map(nameOfRule).join(', ')}.`,
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

async function checkTimes(run: Run, pair: Pair, findings: Findings): Promise<void> {
  for (const arn of [pair.primary, pair.canary]) {
    const { slowStart } = await readGroupTimes(run.aws.elb, arn);
    if (slowStart * SECOND > run.settings.trafficSettle) {
      findings.warnings.push(
        `Target group ${nameOfGroup(arn)} starts targets slowly (${slowStart} s), longer than Sluice waits after a weight change: the first windows of a canary see less than its share.`,
      );
    }
  }
}

/** Looks at everything between the listener and the tasks, reads only (ecs-alb-facts §3, §5, §12). */
export async function inspectTraffic(
  run: Run,
  release: Release,
  findings: Findings,
): Promise<TrafficFound | undefined> {
  const groups = await readGroups(run, release, findings);
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
  const bothAttached = groups.length === 2 && groups.every((group) => group.loadBalancerArns.length > 0);
  if (bothAttached && rulesNaming(all, pair.canary).length === 0) {
    findings.problems.push(
      `The canary's target group ${nameOfGroup(pair.canary)} is in no listener rule, so its targets would never be health-checked. Add it with weight 0 to the rule that forwards to ${nameOfGroup(pair.primary)}.`,
    );
  } else if (ours.length === 0) {
    findings.problems.push(
      `No listener rule forwards to both ${nameOfGroup(pair.primary)} and ${nameOfGroup(pair.canary)} and to nothing else: there are no weights to move. Put both into one forward action, with weights 100 and 0.`,
    );
  }
  checkOtherRules(all, pair, release.strictRules, findings);
  const rules = ours.map((rule) => snapshotOfRule(rule, pair));
  checkStickiness(rules, findings);
  await checkTimes(run, pair, findings);
  const moved = rules.filter(({ weights }) => !sameWeights(weights, ALL_PRIMARY));
  for (const rule of moved) {
    findings.repairable(
      `The ${nameOfRule(rule)} gives ${weightsText(rule.weights)} to ${nameOfGroup(pair.primary)} and ${nameOfGroup(pair.canary)}, not 100/0: an earlier run did not end. Set it to 100/0, or deploy with strategy QUICK_SYNC, which repairs it.`,
    );
  }
  return {
    loadBalancerArn,
    rules,
    rulesOnCanary: rulesReaching(
      all.filter((rule) => !ours.includes(rule)),
      pair.canary,
    ).map(({ ruleArn }) => ruleArn),
    allPrimary: moved.length === 0,
  };
}
