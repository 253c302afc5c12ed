import { z } from 'zod';
import { AwsError, validationError } from '../aws/aws-error.js';
import { change, read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { parseQueryInput } from '../aws/parse.js';
import { worldTime } from '../cloud/cloud.js';
import type { Cloud } from '../cloud/cloud.js';
import { omit } from '../cloud/omit.js';
import type { Listener, LoadBalancer, Rule } from '../cloud/state.js';
import { actionSchema, conditionSchema } from './action.js';
import type { Action } from './action.js';
import { checkedActions } from './checked-actions.js';
import { elbPage, pageFields } from './target-group.js';

const loadBalancersInput = z.object({
  LoadBalancerArns: z.array(z.string()).optional(),
  Names: z.array(z.string()).optional(),
  ...pageFields,
});

function describeLoadBalancers(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(loadBalancersInput, given);
  const { loadBalancers } = cloud.state;
  const asked = (key: string): LoadBalancer => {
    const found = loadBalancers.find(({ arn, name }) => arn === key || name === key);
    if (!found) throw new AwsError('LoadBalancerNotFound', `Load balancers '[${key}]' not found`);
    return found;
  };
  const keys = input.LoadBalancerArns ?? input.Names;
  const page = elbPage(keys ? keys.map(asked) : loadBalancers, input);
  return { LoadBalancers: page.items.map((found) => describeLoadBalancer(cloud, found)), NextMarker: page.next };
}

function describeLoadBalancer(cloud: Cloud, loadBalancer: LoadBalancer): Record<string, unknown> {
  const { region, subnets } = cloud.state.world;
  const zones = loadBalancer.zones.length > 0 ? loadBalancer.zones : ['a', 'b', 'c'].map((letter) => region + letter);
  return {
    LoadBalancerArn: loadBalancer.arn,
    DNSName: loadBalancer.dnsName,
    CanonicalHostedZoneId: 'Z215JYRZR1TBD5',
    CreatedTime: new Date(0),
    LoadBalancerName: loadBalancer.name,
    Scheme: 'internet-facing',
    VpcId: loadBalancer.vpcId,
    State: { Code: 'active' },
    Type: 'application',
    AvailabilityZones: zones.map((zone) => ({
      ZoneName: zone,
      SubnetId: subnets.find((subnet) => subnet.zone === zone)?.id,
    })),
    IpAddressType: 'ipv4',
  };
}

const listenersInput = z.object({
  LoadBalancerArn: z.string().optional(),
  ListenerArns: z.array(z.string()).optional(),
  ...pageFields,
});

function describeListeners(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(listenersInput, given);
  const { listeners, loadBalancers } = cloud.state;
  let found: Listener[];
  if (input.ListenerArns) {
    found = input.ListenerArns.map((arn) => findListener(cloud, arn));
  } else if (input.LoadBalancerArn !== undefined) {
    if (!loadBalancers.some(({ arn }) => arn === input.LoadBalancerArn)) {
      throw new AwsError('LoadBalancerNotFound', `Load balancers '[${input.LoadBalancerArn}]' not found`);
    }
    found = listeners.filter(({ loadBalancerArn }) => loadBalancerArn === input.LoadBalancerArn);
  } else {
    throw validationError('You must specify either listener ARNs or a load balancer ARN');
  }
  const page = elbPage(found, input);
  return { Listeners: page.items.map((listener) => describeListener(cloud, listener)), NextMarker: page.next };
}

function describeListener(cloud: Cloud, listener: Listener): Record<string, unknown> {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    DefaultActions: shownActions(defaultRule(cloud, listener).actions),
  };
}

const rulesInput = z.object({
  ListenerArn: z.string().optional(),
  RuleArns: z.array(z.string()).optional(),
  ...pageFields,
});

function describeRules(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(rulesInput, given);
  let found: Rule[];
  if (input.RuleArns) {
    found = input.RuleArns.map((arn) => findRule(cloud, arn));
  } else if (input.ListenerArn !== undefined) {
    const { arn } = findListener(cloud, input.ListenerArn);
    found = cloud.state.rules
      .filter((rule) => rule.listenerArn === arn)
      .sort((a, b) => (a.priority ?? Infinity) - (b.priority ?? Infinity));
  } else {
    throw validationError('You must specify either listener rule ARNs or a listener ARN');
  }
  const page = elbPage(found, input);
  return { Rules: page.items.map(describeRule), NextMarker: page.next };
}

function describeRule(rule: Rule): Record<string, unknown> {
  return {
    RuleArn: rule.arn,
    Priority: rule.priority ?? 'default',
    Conditions: rule.conditions,
    Actions: shownActions(rule.actions),
    IsDefault: rule.priority === undefined,
  };
}

const modifyRuleInput = z.object({
  RuleArn: z.string(),
  Actions: z.array(actionSchema).optional(),
  Conditions: z.array(conditionSchema).optional(),
});

function modifyRule(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(modifyRuleInput, given);
  const rule = findRule(cloud, input.RuleArn);
  if (rule.priority === undefined)
    throw new AwsError('OperationNotPermitted', `Default rule '${rule.arn}' cannot be modified`);
  if (input.Actions) changeActions(cloud, rule, input.Actions);
  if (input.Conditions) rule.conditions = input.Conditions;
  return { Rules: [describeRule(rule)] };
}

const modifyListenerInput = z.object({
  ListenerArn: z.string(),
  DefaultActions: z.array(actionSchema).optional(),
  Port: z.coerce.number().int().optional(),
});

function modifyListener(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(modifyListenerInput, given);
  const listener = findListener(cloud, input.ListenerArn);
  const rule = defaultRule(cloud, listener);
  if (input.DefaultActions) changeActions(cloud, rule, input.DefaultActions);
  if (input.Port !== undefined) listener.port = input.Port;
  return { Listeners: [describeListener(cloud, listener)] };
}

/** The new actions can be read at once, and are followed a little later (ecs-alb-facts §4). */
function changeActions(cloud: Cloud, rule: Rule, actions: readonly Action[]): void {
  const changed = checkedActions(cloud, actions, rule.actions);
  rule.before.push({ actions: rule.actions, until: cloud.state.now + worldTime(cloud, 'propagationSeconds') });
  rule.actions = changed;
}

function findListener(cloud: Cloud, arn: string): Listener {
  const found = cloud.state.listeners.find((listener) => listener.arn === arn);
  if (!found) throw new AwsError('ListenerNotFound', `One or more listeners not found`);
  return found;
}

function findRule(cloud: Cloud, arn: string): Rule {
  const found = cloud.state.rules.find((rule) => rule.arn === arn);
  if (!found) throw new AwsError('RuleNotFound', `One or more rules not found`);
  return found;
}

function defaultRule(cloud: Cloud, listener: Listener): Rule {
  const found = cloud.state.rules.find((rule) => rule.listenerArn === listener.arn && rule.priority === undefined);
  if (!found) throw new AwsError('ListenerNotFound', `Listener '${listener.arn}' has no default rule`);
  return found;
}

/** Actions as AWS shows them: the client secret of a log-in is never told. */
function shownActions(actions: readonly Action[]): Action[] {
  return actions.map((action) => {
    if (!action.AuthenticateOidcConfig) return action;
    return {
      ...action,
      AuthenticateOidcConfig: omit(action.AuthenticateOidcConfig, 'ClientSecret', 'UseExistingClientSecret'),
    };
  });
}

/** ELBv2's operations on load balancers, listeners and rules. */
export const listenerRuleOperations: Operations = {
  DescribeLoadBalancers: read(describeLoadBalancers),
  DescribeListeners: read(describeListeners),
  DescribeRules: read(describeRules),
  ModifyRule: change(modifyRule),
  ModifyListener: change(modifyListener),
};
