import type { DeliveryHandle } from '../../model/delivery.js';
import type { Run } from '../run.js';
import { discoverRules, type ListenerRule } from '../traffic/listener-rule.js';
import { rulesReaching } from '../traffic/reachability.js';

/**
 * The rules of the load balancer through which requests can come to a group (ecs-alb-facts §5). Rules outside the pair that reached it
 * before the start do not count: what they answer when it is empty was said before the start.
 */
export async function untoldRulesReaching(
  run: Run,
  { snapshot, release }: DeliveryHandle,
  group: string,
): Promise<ListenerRule[]> {
  // Nothing stands before tasks that are found by service discovery.
  if (snapshot.loadBalancerArn === undefined) return [];
  const isBaseline = group === release.targetGroups.baseline?.targetGroupArn;
  const told = isBaseline ? (snapshot.rulesOnBaseline ?? []) : snapshot.rulesOnCanary;
  const rules = await discoverRules(run.aws.elb, snapshot.loadBalancerArn);
  return rulesReaching(rules, group).filter(({ ruleArn }) => !told.includes(ruleArn));
}
