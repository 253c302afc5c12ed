import { createHash } from 'node:crypto';
import { z } from 'zod';
import { actionSchema, conditionSchema, storedForward, weightsOf } from '../elb/action.js';
import { faultSchema } from '../panel/fault.js';
import { worldSchema } from '../world.js';
import type { World } from '../world.js';

const millis = z.number();
const tagsSchema = z.record(z.string(), z.string());
const loadBalancerRefSchema = z.object({
  targetGroupArn: z.string().optional(),
  containerName: z.string().optional(),
  containerPort: z.number().optional(),
});

const serviceSchema = z.object({
  arn: z.string(),
  name: z.string(),
  clusterArn: z.string(),
  controller: z.enum(['ECS', 'CODE_DEPLOY', 'EXTERNAL']),
  desiredCount: z.number(),
  healthCheckGraceSeconds: z.number(),
  createdAt: millis,
  /** What was sent at creation and is only shown again. */
  shown: z.record(z.string(), z.unknown()),
  tags: tagsSchema,
  events: z.array(z.object({ id: z.string(), at: millis, message: z.string() })),
  clientToken: z.string().optional(),
  sent: z.string(),
});

const taskSetSchema = z.object({
  id: z.string(),
  arn: z.string(),
  serviceArn: z.string(),
  clusterArn: z.string(),
  externalId: z.string().optional(),
  status: z.enum(['PRIMARY', 'ACTIVE', 'DRAINING']),
  taskDefinition: z.string(),
  scale: z.number(),
  loadBalancer: loadBalancerRefSchema.optional(),
  subnets: z.array(z.string()),
  shown: z.record(z.string(), z.unknown()),
  tags: tagsSchema,
  createdAt: millis,
  updatedAt: millis,
  visibleAt: millis,
  steady: z.boolean(),
  steadyAt: millis,
  failedStarts: z.number(),
  nextStartAt: millis,
  clientToken: z.string().optional(),
  sent: z.string(),
});

const taskSchema = z.object({
  id: z.string(),
  arn: z.string(),
  serviceArn: z.string(),
  taskSetId: z.string(),
  taskDefinition: z.string(),
  images: z.array(z.string()),
  ip: z.string(),
  subnet: z.string(),
  zone: z.string(),
  desiredStatus: z.enum(['RUNNING', 'STOPPED']),
  lastStatus: z.enum(['PROVISIONING', 'PENDING', 'RUNNING', 'DEACTIVATING', 'STOPPING', 'DEPROVISIONING', 'STOPPED']),
  createdAt: millis,
  startedAt: millis.optional(),
  stoppingAt: millis.optional(),
  stoppedAt: millis.optional(),
  /** When the present status ends, if time ends it. */
  nextAt: millis.optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  exitCode: z.number().optional(),
  /** Of a task that no service wants: RunTask started it. */
  standalone: z
    .object({
      startedBy: z.string().optional(),
      clientToken: z.string().optional(),
      sent: z.string(),
      launchType: z.string(),
      visibleAt: millis,
      tags: tagsSchema,
    })
    .optional(),
});

const taskDefinitionSchema = z.object({
  arn: z.string(),
  family: z.string(),
  revision: z.number(),
  active: z.boolean(),
  registeredAt: millis,
  deregisteredAt: millis.optional(),
  definition: z.record(z.string(), z.unknown()),
  networkMode: z.string().optional(),
  compatibilities: z.array(z.string()),
  containers: z.array(z.object({ name: z.string(), image: z.string(), ports: z.array(z.number()) })),
  tags: tagsSchema,
});

const targetSchema = z.object({
  groupArn: z.string(),
  ip: z.string(),
  port: z.number(),
  zone: z.string(),
  taskId: z.string(),
  state: z.enum(['initial', 'healthy', 'unhealthy', 'unused', 'draining']),
  reason: z.string().optional(),
  description: z.string().optional(),
  registeredAt: millis,
  nextCheckAt: millis,
  passes: z.number(),
  fails: z.number(),
  drainedAt: millis.optional(),
});

const loadBalancerSchema = z.object({
  arn: z.string(),
  name: z.string(),
  dnsName: z.string(),
  vpcId: z.string(),
  zones: z.array(z.string()),
});

const listenerSchema = z.object({
  arn: z.string(),
  loadBalancerArn: z.string(),
  port: z.number(),
  protocol: z.string(),
});

const ruleSchema = z.object({
  arn: z.string(),
  listenerArn: z.string(),
  /** Undefined for the default rule. */
  priority: z.number().optional(),
  conditions: z.array(conditionSchema),
  actions: z.array(actionSchema),
  share: z.number(),
  /** Actions of before, which the load balancer's nodes still follow until a change has reached them. */
  before: z.array(z.object({ actions: z.array(actionSchema), until: millis })),
  /** Clients bound to a group by a cookie: their part of all requests, and when the cookie ends. */
  cookies: z.array(z.object({ groupArn: z.string(), part: z.number(), until: millis })),
});

const sessionSchema = z.object({ accessKey: z.string(), account: z.string(), arn: z.string(), userId: z.string() });

/** Everything of the simulated cloud but its traffic, as it is kept on disk. */
export const stateSchema = z.object({
  version: z.literal(1),
  world: worldSchema,
  /** Added to the clock's time (moved by POST /_sandbox/time). */
  offset: z.number(),
  /** Time up to which things have happened. */
  now: millis,
  serial: z.number(),
  loadBalancers: z.array(loadBalancerSchema),
  listeners: z.array(listenerSchema),
  rules: z.array(ruleSchema),
  services: z.array(serviceSchema),
  taskSets: z.array(taskSetSchema),
  tasks: z.array(taskSchema),
  targets: z.array(targetSchema),
  taskDefinitions: z.array(taskDefinitionSchema),
  sessions: z.array(sessionSchema),
  /** Questions to the metrics source in its present rate-limit period. */
  questions: z.object({ period: z.number(), count: z.number() }),
  faults: z.array(faultSchema),
});

export type State = z.infer<typeof stateSchema>;
export type Service = z.infer<typeof serviceSchema>;
export type TaskSet = z.infer<typeof taskSetSchema>;
export type Task = z.infer<typeof taskSchema>;
export type TaskDefinition = z.infer<typeof taskDefinitionSchema>;
export type Target = z.infer<typeof targetSchema>;
export type Rule = z.infer<typeof ruleSchema>;
export type Listener = z.infer<typeof listenerSchema>;
export type LoadBalancer = z.infer<typeof loadBalancerSchema>;

/** Hex digits that are always the same for the same words: ids that need no random numbers. */
export function digest(words: string, length: number): string {
  return createHash('sha256').update(words).digest('hex').slice(0, length);
}

/** As `digest`, in decimal digits. */
export function digits(words: string, length: number): string {
  return BigInt(`0x1${digest(words, 40)}`)
    .toString()
    .slice(-length);
}

/** The state of an account in which nobody has called yet. */
export function initialState(world: World, now: number): State {
  const state: State = {
    version: 1,
    world,
    offset: 0,
    now,
    serial: 0,
    loadBalancers: [],
    listeners: [],
    rules: [],
    services: [],
    taskSets: [],
    tasks: [],
    targets: [],
    taskDefinitions: [],
    sessions: [],
    questions: { period: 0, count: 0 },
    faults: [],
  };
  for (const loadBalancer of world.loadBalancers) addLoadBalancer(state, loadBalancer);
  return state;
}

function addLoadBalancer(state: State, given: World['loadBalancers'][number]): void {
  const { account, region } = state.world;
  const prefix = `arn:aws:elasticloadbalancing:${region}:${account}`;
  const arn = given.arn ?? `${prefix}:loadbalancer/app/${given.name}/${digest(given.name, 16)}`;
  state.loadBalancers.push({
    arn,
    name: given.name,
    dnsName: given.dnsName ?? `${given.name}-${digits(given.name, 10)}.${region}.elb.amazonaws.com`,
    vpcId: given.vpcId,
    zones: given.zones,
  });
  for (const listener of given.listeners) {
    const listenerArn =
      listener.arn ?? `${arn.replace(':loadbalancer/', ':listener/')}/${digest(`${arn} ${listener.port}`, 16)}`;
    state.listeners.push({ arn: listenerArn, loadBalancerArn: arn, port: listener.port, protocol: listener.protocol });
    const rules = [
      ...listener.rules,
      { arn: undefined, priority: undefined, conditions: [], actions: listener.defaultActions, share: listener.share },
    ];
    for (const rule of rules) {
      state.rules.push({
        arn:
          rule.arn ??
          `${listenerArn.replace(':listener/', ':listener-rule/')}/${digest(`${listenerArn} ${rule.priority ?? 'default'}`, 16)}`,
        listenerArn,
        ...(rule.priority !== undefined && { priority: rule.priority }),
        conditions: rule.conditions,
        actions: rule.actions.map(storedForward),
        share: rule.share ?? (weightsOf(rule.actions).length > 0 ? 1 : 0),
        before: [],
        cookies: [],
      });
    }
  }
}
