import {
  ECSClient,
  CreateServiceCommand,
  CreateTaskSetCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import type { CreateTaskSetCommandInput, TaskSet } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { STSClient } from '@aws-sdk/client-sts';
import { startSandbox } from '../../sandbox/server.js';
import type { Sandbox, SandboxOptions } from '../../sandbox/server.js';
import { defaultWorld } from '../../sandbox/world.js';
import type { World } from '../../sandbox/world.js';

export const CLUSTER = 'sluice-example';
export const SERVICE = 'web';
export const BLUE = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/blue/1111111111111111';
export const GREEN = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/green/2222222222222222';
export const LISTENER =
  'arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/sluice-example/50dc6c495c0c9188/f2f7dc8efc522ab2';
export const HOSTNAME = 'sluice-example-1234567890.eu-central-1.elb.amazonaws.com';
export const SERVICE_PATH = { cluster: CLUSTER, service: SERVICE };

/** Midnight, so that metric buckets begin at the clock's start. */
export const START = Date.UTC(2026, 10, 23);

/** A sandbox whose time only goes on when the test says so, with clients of the real SDK. */
export interface Bench {
  sandbox: Sandbox;
  ecs: ECSClient;
  elb: ElasticLoadBalancingV2Client;
  sts: STSClient;
  /** Seconds of AWS's time. */
  pass: (seconds: number) => void;
  panel: <T = unknown>(method: string, path: string, body?: unknown) => Promise<T>;
}

/** The example's world, with rules that are followed as soon as they are written. */
export function promptWorld(): World {
  const world = defaultWorld();
  world.times.propagationSeconds = 0;
  return world;
}

export async function startBench(options: SandboxOptions = {}): Promise<Bench> {
  let now = START;
  const sandbox = await startSandbox({ clock: { now: () => now }, world: promptWorld(), ...options });
  const config = {
    endpoint: sandbox.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'x' },
    maxAttempts: 1,
  };
  return {
    sandbox,
    ecs: new ECSClient(config),
    elb: new ElasticLoadBalancingV2Client(config),
    sts: new STSClient(config),
    pass: (seconds) => {
      now += seconds * 1000;
      sandbox.state();
    },
    panel: async (method, path, body) => {
      const answer = await fetch(`${sandbox.url}/_sandbox${path}`, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as never;
    },
  };
}

export async function register(ecs: ECSClient, image = 'example/web:1'): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'web',
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [{ name: 'web', image, portMappings: [{ containerPort: 80 }] }],
    }),
  );
  return taskDefinition!.taskDefinitionArn!;
}

export async function createService(ecs: ECSClient, desiredCount = 2): Promise<void> {
  await ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: SERVICE,
      desiredCount,
      deploymentController: { type: 'EXTERNAL' },
    }),
  );
}

export function taskSetInput(taskDefinition: string, group = BLUE, scale = 100): CreateTaskSetCommandInput {
  return {
    ...SERVICE_PATH,
    taskDefinition,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1', 'subnet-2'] } },
    loadBalancers: [{ targetGroupArn: group, containerName: 'web', containerPort: 80 }],
    scale: { value: scale, unit: 'PERCENT' },
  };
}

export async function createTaskSet(
  ecs: ECSClient,
  taskDefinition: string,
  group = BLUE,
  scale = 100,
): Promise<TaskSet> {
  const { taskSet } = await ecs.send(new CreateTaskSetCommand(taskSetInput(taskDefinition, group, scale)));
  return taskSet!;
}
