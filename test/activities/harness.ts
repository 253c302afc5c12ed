import { createHash, randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  ElasticLoadBalancingV2Client,
  ModifyListenerCommand,
  type Action,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityContext, Clock } from '../../activities/context.js';
import type { DeliveryActivities } from '../../activities/delivery.js';
import type { TaskActivities } from '../../activities/task.js';
import { createTaskSetDriver, type TaskSetDriver } from '../../activities/ecs/driver.js';
import type { DeliverySettings } from '../../config/server.js';
import type { ActivityHeartbeat, DeliveryHandle, Position, Progress } from '../../model/delivery.js';
import type { Release } from '../../model/release.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox/server.js';

export const BLUE = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/1111111111111111';
export const GREEN = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/2222222222222222';
export const WHITE = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/white/3333333333333333';
export const OLD = 'nginx:1.0';
export const NEW = 'nginx:2.0';
const SPEED = 300;

export const FAST: DeliverySettings = {
  trafficSettle: 100,
  drainSettle: 300,
  rollbackRecheck: 150,
  pollMin: 30,
  pollMax: 120,
  absence: 90,
};

export const wall: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, signal && { signal }),
};

/** A release of the example's shape, with one image. */
export function releaseOf(image: string, changes: Partial<Release> = {}): Release {
  const request = {
    family: 'web',
    cpu: '256',
    memory: '512',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    containerDefinitions: [{ name: 'web', image, memory: 100, portMappings: [{ containerPort: 80 }], essential: true }],
  };
  return {
    app: 'shop',
    labels: {},
    provider: 'aws',
    service: {
      cluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/sluice-example',
      serviceName: 'shop',
      desiredCount: 2,
      createService: { deploymentController: { type: 'EXTERNAL' }, schedulingStrategy: 'REPLICA' },
      updateService: { enableECSManagedTags: true, propagateTags: 'SERVICE' },
      createTaskSet: {
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: ['subnet-1', 'subnet-2'],
            securityGroups: ['sg-1'],
            assignPublicIp: 'ENABLED',
          },
        },
      },
      tags: [],
    },
    taskDefinition: {
      family: 'web',
      content: createHash('sha256').update(JSON.stringify(request)).digest('hex'),
      images: { web: image },
      sealed: `sealed:${JSON.stringify(request)}`,
    },
    targetGroups: {
      primary: { targetGroupArn: BLUE, containerName: 'web', containerPort: 80 },
      canary: { targetGroupArn: GREEN, containerName: 'web', containerPort: 80 },
    },
    image,
    pipeline: [],
    alwaysUsePipeline: false,
    autoRollback: true,
    timeout: 3_600_000,
    strictRules: false,
    warnings: [],
    ...changes,
  };
}

export interface Call {
  operation: string;
  parameters: Record<string, unknown>;
  applied: boolean;
  status: number;
}

type Driver = DeliveryActivities & TaskActivities;
type Names = keyof Driver;
type Answer<N extends Names> = Awaited<ReturnType<Driver[N]>>;

/** What a test can do to the machinery around an activity. */
export interface Machinery {
  /** Runs before each fence is answered; may throw. */
  onFence?: () => void | Promise<void>;
  /** Runs at each heartbeat. */
  onHeartbeat?: (details: ActivityHeartbeat) => void;
  cancelled?: AbortSignal;
  /** How many attempts an activity gets before the test gives up. */
  attempts?: number;
  scheduledAt?: number;
  /** What the attempt before the first of these heartbeated last: that one is a second attempt then. */
  lastHeartbeat?: ActivityHeartbeat;
}

export interface World {
  sandbox: Sandbox;
  driver: Driver;
  /** Runs an activity as Temporal does: again and again until it ends, with the heartbeat of the attempt before. */
  act<N extends Names>(name: N, input: Parameters<Driver[N]>[0], machinery?: Machinery): Promise<Answer<N>>;
  /** A look for drift, as the worker makes it. */
  compare: TaskSetDriver['compare'];
  /** Preflight and begin. */
  start(release: Release, options?: { repair?: boolean; adopt?: boolean }): Promise<DeliveryHandle>;
  advance(
    handle: DeliveryHandle,
    position: Position,
    more?: Partial<{ stage: string; deadline: number; traffic: Progress['traffic'] }>,
    machinery?: Machinery,
  ): Promise<Progress>;
  /** Brings out a version at once, as the first thing that stands. */
  standing(image: string, release?: Release): Promise<DeliveryHandle>;
  changes(): Promise<Call[]>;
  forgetCalls(): Promise<void>;
  fault(fault: Record<string, unknown>): Promise<string>;
  heal(): Promise<void>;
  panel(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Writes a listener's default actions as somebody else would. */
  meddle(actions: Action[]): Promise<void>;
  close(): Promise<void>;
}

/** One signature for all activities, which TypeScript cannot see through their union. */
function run<N extends Names>(driver: Driver, name: N, input: unknown): Promise<Answer<N>> {
  return (driver[name] as (one: unknown) => Promise<Answer<N>>)(input);
}

let attemptsMade = 0;

/** Starts a fast sandbox and a driver that works against it. */
export async function startWorld(
  options: SandboxOptions = {},
  settings: Partial<DeliverySettings> = {},
): Promise<World> {
  const sandbox = await startSandbox({ speed: SPEED, ...options });
  process.env['AWS_ENDPOINT_URL'] = sandbox.url;
  process.env['AWS_ACCESS_KEY_ID'] = '123456789012';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'none';
  process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
  let current: ActivityContext | undefined;
  const driver = createTaskSetDriver({
    config: { ecsProviders: [{ name: 'aws', region: 'eu-central-1' }], delivery: { ...FAST, ...settings } },
    context: () => {
      if (!current) throw new Error('no activity runs');
      return current;
    },
    clock: wall,
    seal: (plain) => `sealed:${plain}`,
    unseal: (text) => text.replace(/^sealed:/, ''),
  });

  async function panel(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const value: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value)}`);
    return value;
  }

  async function act<N extends Names>(
    name: N,
    input: Parameters<Driver[N]>[0],
    machinery: Machinery = {},
  ): Promise<Answer<N>> {
    let last = machinery.lastHeartbeat;
    const scheduledAt = machinery.scheduledAt ?? Date.now();
    for (let attempt = last ? 2 : 1; ; attempt += 1) {
      attemptsMade += 1;
      current = {
        clock: wall,
        attempt,
        scheduledAt,
        lastHeartbeat: last && JSON.parse(JSON.stringify(last)),
        heartbeat(details) {
          last = details;
          machinery.onHeartbeat?.(details);
        },
        fence: async () => {
          await machinery.onFence?.();
        },
        cancelled: machinery.cancelled ?? new AbortController().signal,
      };
      try {
        const answer = await run(driver, name, input);
        return answer;
      } catch (error) {
        if (error instanceof ApplicationFailure && error.nonRetryable) throw error;
        if (machinery.cancelled?.aborted) throw error;
        if (attempt >= (machinery.attempts ?? 30)) throw error;
        await setTimeout(20);
      }
    }
  }

  const world: World = {
    sandbox,
    driver,
    panel,
    act,
    compare(question) {
      current = {
        clock: wall,
        attempt: 1,
        scheduledAt: Date.now(),
        lastHeartbeat: undefined,
        heartbeat: () => undefined,
        fence: () => Promise.resolve(),
        cancelled: new AbortController().signal,
      };
      return driver.compare(question);
    },
    async start(release, { repair = false, adopt = false } = {}) {
      const uid = randomUUID();
      const deployment = `${release.app}-${attemptsMade}`;
      const found = await world.act('preflight', { app: release.app, deployment, release, adopt, repair });
      if (found.problems.length > 0) throw new Error(found.problems.join('\n'));
      const { handle } = await world.act('begin', {
        app: release.app,
        deployment,
        uid,
        release,
        snapshot: found.snapshot,
      });
      return handle;
    },
    advance: (handle, position, more = {}, machinery) =>
      world.act('advance', { handle, stage: 'stage-0', position, deadline: Date.now() + 30_000, ...more }, machinery),
    async standing(image, release = releaseOf(image)) {
      const handle = await world.start(release);
      await world.advance(handle, { at: 'SYNCED' });
      await world.act('finish', { handle });
      return handle;
    },
    async changes() {
      const { calls } = (await panel('GET', '/calls?mutating=1')) as { calls: Call[] };
      return calls;
    },
    async forgetCalls() {
      await panel('DELETE', '/calls');
      await panel('DELETE', '/counters');
    },
    async fault(fault) {
      const { id } = (await panel('POST', '/faults', fault)) as { id: string };
      return id;
    },
    async heal() {
      await panel('DELETE', '/faults');
    },
    async meddle(actions) {
      const elb = new ElasticLoadBalancingV2Client({ region: 'eu-central-1' });
      const [rule] = sandbox.state().rules;
      await elb.send(new ModifyListenerCommand({ ListenerArn: rule?.listener, DefaultActions: actions }));
      elb.destroy();
    },
    close: () => sandbox.close(),
  };
  return world;
}

/** The operations of the calls that took effect, in order. */
export function operations(calls: Call[]): string[] {
  return calls.filter(({ applied }) => applied).map(({ operation }) => operation);
}

/** The weights that the pair of groups has now in each rule that names them: `[primary, canary]`. */
export function weightsNow(sandbox: Sandbox): [number, number][] {
  return sandbox
    .state()
    .rules.filter(({ weights }) => BLUE in weights || GREEN in weights)
    .map(({ weights }) => [weights[BLUE] ?? 0, weights[GREEN] ?? 0]);
}

const NAMES: Record<string, string> = { [BLUE]: 'blue', [GREEN]: 'green', [WHITE]: 'white' };

/** Task sets that stand, by what they run: `[image, group, status]`. */
export function standingSets(sandbox: Sandbox): { image: string; group: string; status: string; scale: number }[] {
  return sandbox
    .state()
    .taskSets.filter(({ status }) => status !== 'DRAINING')
    .map(({ images, targetGroup, status, scale }) => ({
      image: images[0] ?? '',
      group: NAMES[targetGroup ?? ''] ?? 'other',
      status,
      scale,
    }));
}

/** A forward action over the pair, as people write it. */
export function forward(primary: number, canary: number): Action {
  return {
    Type: 'forward',
    ForwardConfig: {
      TargetGroups: [
        { TargetGroupArn: BLUE, Weight: primary },
        { TargetGroupArn: GREEN, Weight: canary },
      ],
    },
  };
}
