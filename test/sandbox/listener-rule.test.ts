import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ModifyListenerCommand,
  ModifyRuleCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { worldSchema } from '../../sandbox/world.js';
import { BLUE, GREEN, HOSTNAME, LISTENER, startBench } from './example.js';
import type { Bench } from './example.js';

const ACCOUNT = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';
const LOAD_BALANCER = `${ACCOUNT}:loadbalancer/app/sluice-example/50dc6c495c0c9188`;
const RULE = `${LISTENER.replace(':listener/', ':listener-rule/')}/9683b2d02a6cabee`;

const OIDC = {
  Issuer: 'https://login.example.com',
  AuthorizationEndpoint: 'https://login.example.com/authorize',
  TokenEndpoint: 'https://login.example.com/token',
  UserInfoEndpoint: 'https://login.example.com/user',
  ClientId: 'web',
};

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({
    world: worldSchema.parse({
      targetGroups: [{ arn: BLUE, deregistrationDelaySeconds: 60 }, { arn: GREEN }],
      loadBalancers: [
        {
          name: 'sluice-example',
          arn: LOAD_BALANCER,
          dnsName: HOSTNAME,
          listeners: [
            {
              arn: LISTENER,
              port: 443,
              protocol: 'HTTPS',
              defaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
              rules: [
                {
                  arn: RULE,
                  priority: 10,
                  conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a&b/*'] } }],
                  actions: [
                    {
                      Type: 'authenticate-oidc',
                      Order: 1,
                      AuthenticateOidcConfig: { ...OIDC, ClientSecret: 'secret' },
                    },
                    pair(100, 0),
                  ],
                },
                { priority: 20, actions: [{ Type: 'forward', TargetGroupArn: BLUE }] },
              ],
            },
          ],
        },
      ],
    }),
  });
});
afterEach(() => bench.sandbox.close());

function pair(blue: number, green: number): Action & { Type: 'forward' } {
  return {
    Type: 'forward',
    Order: 2,
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: BLUE, Weight: blue },
        { TargetGroupArn: GREEN, Weight: green },
      ],
    },
  };
}

it('walks from the target group to the rules', async () => {
  const groups = await bench.elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [BLUE, GREEN] }));
  expect(groups.TargetGroups).toMatchObject([
    { TargetGroupName: 'blue', TargetType: 'ip', LoadBalancerArns: [LOAD_BALANCER] },
    { TargetGroupName: 'green', LoadBalancerArns: [LOAD_BALANCER] },
  ]);
  const balancers = await bench.elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [LOAD_BALANCER] }));
  expect(balancers.LoadBalancers).toMatchObject([
    { DNSName: HOSTNAME, Type: 'application', State: { Code: 'active' } },
  ]);
  const listeners = await bench.elb.send(new DescribeListenersCommand({ LoadBalancerArn: LOAD_BALANCER }));
  expect(listeners.Listeners).toMatchObject([
    {
      ListenerArn: LISTENER,
      Port: 443,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    },
  ]);
  const first = await bench.elb.send(new DescribeRulesCommand({ ListenerArn: LISTENER, PageSize: 2 }));
  const rest = await bench.elb.send(
    new DescribeRulesCommand({ ListenerArn: LISTENER, PageSize: 2, Marker: first.NextMarker! }),
  );
  expect([...first.Rules!, ...rest.Rules!].map(({ Priority, IsDefault }) => [Priority, IsDefault])).toEqual([
    ['10', false],
    ['20', false],
    ['default', true],
  ]);
  expect(rest.NextMarker).toBeUndefined();
  expect(first.Rules).toMatchObject([
    {
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/a&b/*'] } }],
      Actions: [
        { Type: 'authenticate-oidc', AuthenticateOidcConfig: OIDC },
        { Type: 'forward', ForwardConfig: { TargetGroupStickinessConfig: { Enabled: false } } },
      ],
    },
    { Actions: [{ TargetGroupArn: BLUE, ForwardConfig: { TargetGroups: [{ TargetGroupArn: BLUE, Weight: 1 }] } }] },
  ]);
  expect(JSON.stringify(first)).not.toContain('secret');
  const attributes = await bench.elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: BLUE }));
  expect(attributes.Attributes).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '60' });
  const health = await bench.elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: BLUE, Targets: [{ Id: '10.0.0.9', Port: 80 }] }),
  );
  expect(health.TargetHealthDescriptions).toMatchObject([
    { TargetHealth: { State: 'unused', Reason: 'Target.NotRegistered' } },
  ]);
});

it('replaces the actions of a rule and keeps its conditions', async () => {
  const kept = {
    Type: 'authenticate-oidc',
    Order: 1,
    AuthenticateOidcConfig: { ...OIDC, UseExistingClientSecret: true },
  } as const;
  const { Rules } = await bench.elb.send(new ModifyRuleCommand({ RuleArn: RULE, Actions: [kept, pair(80, 20)] }));
  const read = await bench.elb.send(new DescribeRulesCommand({ RuleArns: [RULE] }));
  expect(read.Rules).toEqual(Rules);
  expect(read.Rules![0]!.Conditions).toHaveLength(1);
  expect(read.Rules![0]!.Actions![1]!.ForwardConfig!.TargetGroups).toEqual([
    { TargetGroupArn: BLUE, Weight: 80 },
    { TargetGroupArn: GREEN, Weight: 20 },
  ]);
  await bench.elb.send(new ModifyRuleCommand({ RuleArn: RULE, Actions: [kept, pair(100, 0)] }));
});

it('refuses what AWS refuses, and changes nothing then', async () => {
  const forward = pair(80, 20);
  const login = (config: object): Action => ({
    Type: 'authenticate-oidc',
    AuthenticateOidcConfig: { ...OIDC, ...config },
  });
  const six = Array.from({ length: 6 }, (_, place) => ({ TargetGroupArn: `${BLUE}${place}`, Weight: 1 }));
  const refused: [Action[], string][] = [
    [[pair(1000, 0)], 'ValidationErrorException'],
    [[pair(-1, 0)], 'ValidationErrorException'],
    [[{ Type: 'forward', ForwardConfig: { TargetGroups: six } }], 'ValidationErrorException'],
    [[{ ...forward, TargetGroupArn: BLUE }], 'InvalidLoadBalancerActionException'],
    [[{ Type: 'forward', TargetGroupArn: `${BLUE}0` }], 'TargetGroupNotFoundException'],
    [[login({}), forward], 'InvalidLoadBalancerActionException'],
    [[login({ ClientSecret: 'x', UseExistingClientSecret: true }), forward], 'InvalidLoadBalancerActionException'],
    [[login({ UseExistingClientSecret: true })], 'InvalidLoadBalancerActionException'],
    [
      [{ ...forward, ForwardConfig: { ...forward.ForwardConfig, TargetGroupStickinessConfig: { Enabled: true } } }],
      'ValidationErrorException',
    ],
  ];
  const before = await bench.elb.send(new DescribeRulesCommand({ RuleArns: [RULE] }));
  for (const [Actions, name] of refused) {
    const error = await bench.elb.send(new ModifyRuleCommand({ RuleArn: RULE, Actions })).catch((e: unknown) => e);
    expect((error as Error).name.replace(/^ValidationError$/, 'ValidationErrorException')).toBe(name);
  }
  const after = await bench.elb.send(new DescribeRulesCommand({ RuleArns: [RULE] }));
  expect(after.Rules).toEqual(before.Rules);
});

it('changes the default rule through its listener alone', async () => {
  const { Rules } = await bench.elb.send(new DescribeRulesCommand({ ListenerArn: LISTENER }));
  const standard = Rules!.find(({ IsDefault }) => IsDefault)!;
  await expect(
    bench.elb.send(new ModifyRuleCommand({ RuleArn: standard.RuleArn, Actions: [pair(80, 20)] })),
  ).rejects.toMatchObject({ name: 'OperationNotPermittedException' });
  await bench.elb.send(new ModifyListenerCommand({ ListenerArn: LISTENER, DefaultActions: [pair(80, 20)] }));
  const read = await bench.elb.send(new DescribeRulesCommand({ RuleArns: [standard.RuleArn!] }));
  expect(read.Rules![0]!.Actions![0]!.ForwardConfig!.TargetGroups![0]!.Weight).toBe(80);
});

it('does not find what is not there', async () => {
  const missing: [Promise<unknown>, string][] = [
    [bench.elb.send(new DescribeRulesCommand({ RuleArns: ['nothing'] })), 'RuleNotFoundException'],
    [bench.elb.send(new DescribeRulesCommand({ ListenerArn: 'nothing' })), 'ListenerNotFoundException'],
    [bench.elb.send(new DescribeListenersCommand({ LoadBalancerArn: 'nothing' })), 'LoadBalancerNotFoundException'],
    [bench.elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: ['nothing'] })), 'TargetGroupNotFoundException'],
    [bench.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: 'nothing' })), 'TargetGroupNotFoundException'],
  ];
  for (const [asked, name] of missing) await expect(asked).rejects.toMatchObject({ name });
});
