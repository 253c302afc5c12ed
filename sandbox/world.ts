import { z } from 'zod';
import { actionSchema, conditionSchema, weightsOf } from './elb/action.js';

const seconds = z.number().min(0);

const ruleSchema = z.strictObject({
  arn: z.string().optional(),
  priority: z.number().int().min(1).max(50_000),
  conditions: z.array(conditionSchema).default([]),
  actions: z.array(actionSchema).min(1),
  share: z.number().min(0).optional().describe('part of the traffic that meets this rule; default 1 when it forwards'),
});

const listenerSchema = z.strictObject({
  arn: z.string().optional(),
  port: z.number().int().default(80),
  protocol: z.enum(['HTTP', 'HTTPS']).default('HTTP'),
  defaultActions: z.array(actionSchema).min(1),
  share: z.number().min(0).optional().describe('part of the traffic that meets the default rule'),
  rules: z.array(ruleSchema).default([]),
});

const loadBalancerSchema = z.strictObject({
  name: z.string().min(1),
  arn: z.string().optional(),
  dnsName: z.string().optional(),
  vpcId: z.string().default('vpc-0a1b2c3d4e5f60718'),
  zones: z.array(z.string()).default([]).describe('availability zones that are enabled; empty: all'),
  listeners: z.array(listenerSchema).default([]),
});

const targetGroupSchema = z.strictObject({
  arn: z
    .string()
    .regex(/^arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:targetgroup\/[^/]+\/[^/]+$/, 'not the ARN of a target group'),
  port: z.number().int().default(80),
  targetType: z.enum(['ip', 'instance']).default('ip'),
  vpcId: z.string().default('vpc-0a1b2c3d4e5f60718'),
  deregistrationDelaySeconds: seconds.max(3600).default(300),
  slowStartSeconds: seconds.default(0),
  healthCheckIntervalSeconds: seconds.default(30),
  healthyThreshold: z.number().int().min(2).max(10).default(5),
  unhealthyThreshold: z.number().int().min(2).max(10).default(2),
});

const accountSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'an account has 12 digits')
    .default('123456789012'),
  region: z.string().min(1).default('eu-central-1'),
  clusters: z.array(z.string().min(1)).min(1).default(['sluice-example']),
  loadBalancers: z.array(loadBalancerSchema).default([]),
  targetGroups: z.array(targetGroupSchema).default([]),
  subnets: z
    .array(z.strictObject({ id: z.string(), zone: z.string() }))
    .default([])
    .describe('empty: any subnet exists'),
  scalableTargets: z
    .array(
      z.strictObject({
        resourceId: z.string().regex(/^service\/[^/]+\/[^/]+$/, 'write service/<cluster>/<service>'),
        min: z.number().int().default(1),
        max: z.number().int().default(10),
      }),
    )
    .default([]),
  traffic: z
    .strictObject({
      requestsPerSecond: z.number().min(0).default(50),
      responseMillis: z.number().min(0).default(20),
      returningShare: z.number().min(0).max(1).default(0.8).describe('part of the requests whose client keeps cookies'),
    })
    .prefault({}),
  datadog: z
    .strictObject({
      apiKey: z.string().default('sandbox-api-key'),
      applicationKey: z.string().default('sandbox-application-key'),
      tags: z
        .array(z.string())
        .default(['env:prd'])
        .describe('tags of the load balancers in AWS, carried by every metric'),
      rateLimit: z.number().int().min(1).default(100_000),
    })
    .prefault({}),
  times: z
    .strictObject({
      provisionSeconds: seconds.default(5),
      startSeconds: seconds.default(20),
      stopSeconds: seconds.default(5),
      registrationSeconds: seconds.default(10),
      stoppedTaskSeconds: seconds.default(3600),
      runSeconds: seconds.default(30).describe('how long a task that RunTask started has to do'),
      propagationSeconds: seconds.default(5).describe('how long a changed rule is not followed yet'),
      hideSeconds: seconds.default(2).describe('how long a new task set or standalone task is missing from reads'),
      metricDelaySeconds: seconds.default(120).describe('Datadog over metric streams: 2 to 3 minutes'),
    })
    .prefault({}),
});

/**
 * What stands in the account before anybody calls: everything that Sluice is not asked to create. Times are AWS's, in seconds.
 * Rules may name only the target groups that it has.
 */
export const worldSchema = accountSchema.superRefine((world, context) => {
  const known = new Set(world.targetGroups.map(({ arn }) => arn));
  for (const listener of world.loadBalancers.flatMap(({ listeners }) => listeners)) {
    for (const actions of [listener.defaultActions, ...listener.rules.map((rule) => rule.actions)]) {
      for (const { arn } of weightsOf(actions)) {
        if (known.has(arn)) continue;
        context.addIssue({ code: 'custom', message: `a rule names ${arn}, which is not in targetGroups` });
      }
    }
  }
});

export type World = z.infer<typeof worldSchema>;
export type WorldInput = z.input<typeof worldSchema>;

const BLUE = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/1111111111111111';
const GREEN = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/2222222222222222';

/** The account that the project's example is written for: one load balancer whose default rule sends blue 100, green 0. */
export function defaultWorld(): World {
  return worldSchema.parse({
    loadBalancers: [
      {
        name: 'sluice-example',
        arn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/sluice-example/50dc6c495c0c9188',
        dnsName: 'sluice-example-1234567890.eu-central-1.elb.amazonaws.com',
        listeners: [
          {
            arn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/sluice-example/50dc6c495c0c9188/f2f7dc8efc522ab2',
            defaultActions: [
              {
                Type: 'forward',
                ForwardConfig: {
                  TargetGroups: [
                    { TargetGroupArn: BLUE, Weight: 100 },
                    { TargetGroupArn: GREEN, Weight: 0 },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
    targetGroups: [{ arn: BLUE }, { arn: GREEN }],
  } satisfies WorldInput);
}
