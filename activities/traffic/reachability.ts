import type { ListenerRule } from './listener-rule.js';
import { forwardedGroups, isPair, type Pair } from './weights.js';

/** Whether requests can come to a group through a rule. With all weights at 0 ALB's answer is not documented: taken as yes. */
function reaches(rule: ListenerRule, groupArn: string): boolean {
  const groups = forwardedGroups(rule.actions);
  const sum = groups.reduce((total, { weight }) => total + weight, 0);
  return groups.some(({ arn, weight }) => arn === groupArn && (weight > 0 || sum === 0));
}

/** The rules through which requests can come to a group: of all listeners, not of the pair alone (ecs-alb-facts §5). */
export function rulesReaching(rules: ListenerRule[], groupArn: string): ListenerRule[] {
  return rules.filter((rule) => reaches(rule, groupArn));
}

/** The rules that name a group, with any weight: only those make ALB check the group's targets (ecs-alb-facts §12). */
export function rulesNaming(rules: ListenerRule[], groupArn: string): ListenerRule[] {
  return rules.filter((rule) => forwardedGroups(rule.actions).some(({ arn }) => arn === groupArn));
}

/** The rules whose weights Sluice moves. */
export function pairRules(rules: ListenerRule[], pair: Pair): ListenerRule[] {
  return rules.filter((rule) => isPair(rule.actions, pair));
}
