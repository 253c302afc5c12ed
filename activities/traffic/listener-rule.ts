import {
  DescribeListenersCommand,
  DescribeRulesCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
  type Action as SdkAction,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { z } from 'zod';
import { actionSchema, type Action } from './weights.js';

/** One rule of a listener. The default rule is written through its listener (ecs-alb-facts §18). */
export interface ListenerRule {
  ruleArn: string;
  listenerArn: string;
  isDefault: boolean;
  actions: Action[];
}

const listenersSchema = z.object({
  Listeners: z
    .array(z.object({ ListenerArn: z.string(), Port: z.number().optional(), Protocol: z.string().optional() }))
    .default([]),
  NextMarker: z.string().optional(),
});

const rulesSchema = z.object({
  Rules: z
    .array(
      z.object({
        RuleArn: z.string(),
        IsDefault: z.boolean().default(false),
        Actions: z.array(actionSchema).default([]),
      }),
    )
    .default([]),
  NextMarker: z.string().optional(),
});

/** `…:listener-rule/app/name/lb/listener/rule` belongs to `…:listener/app/name/lb/listener`. */
function listenerOf(ruleArn: string): string {
  return ruleArn.replace(':listener-rule/', ':listener/').replace(/\/[^/]+$/, '');
}

async function readPages(
  elb: ElasticLoadBalancingV2Client,
  wanted: { ListenerArn: string } | { RuleArns: string[] },
): Promise<ListenerRule[]> {
  const rules: ListenerRule[] = [];
  let marker: string | undefined;
  do {
    const page = rulesSchema.parse(
      await elb.send(new DescribeRulesCommand({ ...wanted, ...(marker && { Marker: marker }) })),
    );
    for (const rule of page.Rules) {
      const listenerArn = 'ListenerArn' in wanted ? wanted.ListenerArn : listenerOf(rule.RuleArn);
      rules.push({ ruleArn: rule.RuleArn, listenerArn, isDefault: rule.IsDefault, actions: rule.Actions });
    }
    marker = page.NextMarker;
  } while (marker);
  return rules;
}

/** The rules of the given ARNs as they are now. Throws RuleNotFoundException when one of them is gone. */
export async function readRules(elb: ElasticLoadBalancingV2Client, ruleArns: string[]): Promise<ListenerRule[]> {
  return ruleArns.length === 0 ? [] : readPages(elb, { RuleArns: ruleArns });
}

/**
 * All rules of all listeners of a load balancer, the listeners with the most traffic first as far as it can be told: HTTPS, then the
 * well-known ports (ecs-alb-facts §29).
 */
export async function discoverRules(
  elb: ElasticLoadBalancingV2Client,
  loadBalancerArn: string,
): Promise<ListenerRule[]> {
  const listeners: z.infer<typeof listenersSchema>['Listeners'] = [];
  let marker: string | undefined;
  do {
    const page = listenersSchema.parse(
      await elb.send(
        new DescribeListenersCommand({ LoadBalancerArn: loadBalancerArn, ...(marker && { Marker: marker }) }),
      ),
    );
    listeners.push(...page.Listeners);
    marker = page.NextMarker;
  } while (marker);
  const rank = ({ Protocol, Port }: { Protocol?: string | undefined; Port?: number | undefined }): number =>
    (Protocol === 'HTTPS' ? 0 : 2) + (Port === 443 || Port === 80 ? 0 : 1);
  listeners.sort((a, b) => rank(a) - rank(b));
  const rules: ListenerRule[] = [];
  for (const { ListenerArn } of listeners) rules.push(...(await readPages(elb, { ListenerArn })));
  return rules;
}

/** Writes a rule's actions as a whole; the default rule's through its listener (ecs-alb-facts §18). */
export async function sendActions(
  elb: ElasticLoadBalancingV2Client,
  rule: ListenerRule,
  actions: Action[],
  options: { abortSignal: AbortSignal },
): Promise<object> {
  // The SDK's type names each field; ours keeps those that it has not heard of.
  const sent = actions as SdkAction[];
  return rule.isDefault
    ? elb.send(new ModifyListenerCommand({ ListenerArn: rule.listenerArn, DefaultActions: sent }), options)
    : elb.send(new ModifyRuleCommand({ RuleArn: rule.ruleArn, Actions: sent }), options);
}
