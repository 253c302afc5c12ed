import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  RegisterTaskDefinitionCommand,
  UpdateServicePrimaryTaskSetCommand,
  type CreateServiceCommandInput,
  type RegisterTaskDefinitionCommandInput,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FILES } from '../../cli/init/files.js';
import { readerOf } from '../../document/reader.js';
import { readDocuments } from '../../document/yaml.js';
import { isTask, type Release } from '../../model/release.js';
import { parseRelease, type ParsedRelease } from '../../spec/release.js';
import { contentHash, readTaskDefinition } from '../../spec/task-definition.js';
import {
  BLUE,
  CLUSTER,
  GREEN,
  promptWorld,
  SERVICE,
  SERVICE_PATH,
  startBench,
  type Bench,
} from '../sandbox/example.js';
import { ALL_SOURCES } from '../spec/metric-file.js';
import { run } from './run.js';

const TASK: RegisterTaskDefinitionCommandInput = {
  family: 'web',
  networkMode: 'awsvpc',
  cpu: '512',
  memory: '1024',
  requiresCompatibilities: ['FARGATE'],
  executionRoleArn: 'arn:aws:iam::123456789012:role/web-execution',
  runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
  containerDefinitions: [
    {
      name: 'nginx',
      image: 'example/web:1.27',
      essential: true,
      cpu: 0,
      portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
      environment: [{ name: 'MODE', value: 'yes' }],
      secrets: [{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:eu-central-1:123456789012:parameter/token' }],
      logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': 'web' } },
    },
    { name: 'proxy', image: 'example/proxy:3', essential: false, cpu: 0 },
  ],
  tags: [
    { key: 'team', value: 'shop' },
    { key: 'sluice:content', value: 'abc' },
  ],
};
const NETWORK = {
  awsvpcConfiguration: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'], assignPublicIp: 'ENABLED' },
} satisfies CreateServiceCommandInput['networkConfiguration'];

let dir = '';
let bench: Bench;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-from-'));
  await begin();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bench.sandbox.close();
  await rm(dir, { recursive: true });
});

async function begin(world = promptWorld()): Promise<void> {
  bench = await startBench({ world });
  vi.stubEnv('AWS_ENDPOINT_URL', bench.sandbox.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', '123456789012');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'none');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
}

async function register(changes: Partial<RegisterTaskDefinitionCommandInput> = {}): Promise<string> {
  const { taskDefinition } = await bench.ecs.send(new RegisterTaskDefinitionCommand({ ...TASK, ...changes }));
  return taskDefinition!.taskDefinitionArn!;
}

/** A service whose primary task set runs the task. */
async function serve(task: string, group: string | undefined = BLUE): Promise<void> {
  await bench.ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: SERVICE,
      desiredCount: 3,
      deploymentController: { type: 'EXTERNAL' },
      enableECSManagedTags: true,
      propagateTags: 'SERVICE',
      healthCheckGracePeriodSeconds: 30,
      tags: [
        { key: 'env', value: 'prod' },
        { key: 'sluice:application', value: 'web' },
      ],
    }),
  );
  const { taskSet } = await bench.ecs.send(
    new CreateTaskSetCommand({
      ...SERVICE_PATH,
      taskDefinition: task,
      launchType: 'FARGATE',
      platformVersion: '1.4.0',
      networkConfiguration: NETWORK,
      ...(group && { loadBalancers: [{ targetGroupArn: group, containerName: 'nginx', containerPort: 8080 }] }),
      scale: { value: 100, unit: 'PERCENT' },
    }),
  );
  await bench.ecs.send(
    new UpdateServicePrimaryTaskSetCommand({ ...SERVICE_PATH, primaryTaskSet: taskSet!.taskSetArn! }),
  );
  bench.pass(120);
}

/** A service that ECS itself rolls. */
async function roll(task: string, changes: Partial<CreateServiceCommandInput> = {}): Promise<void> {
  await bench.ecs.send(
    new CreateServiceCommand({
      cluster: CLUSTER,
      serviceName: SERVICE,
      desiredCount: 3,
      taskDefinition: task,
      launchType: 'FARGATE',
      networkConfiguration: NETWORK,
      loadBalancers: [{ targetGroupArn: BLUE, containerName: 'nginx', containerPort: 8080 }],
      ...changes,
    }),
  );
}

const init = (...args: string[]) => run(['init', dir, '--from-service', `${CLUSTER}/${SERVICE}`, ...args]);

async function read(): Promise<Omit<ParsedRelease, 'release'> & { release?: Release }> {
  const texts = await Promise.all(FILES.map(async (name) => [name, await readFile(join(dir, name), 'utf8')] as const));
  const files = Object.fromEntries(texts);
  const { release, ...told } = parseRelease({ app: 'web', files, known: ALL_SOURCES, seal: (plain) => plain });
  if (!release) return told;
  if (isTask(release)) throw new Error('these are the files of a standalone task');
  return { ...told, release };
}

/** The hash by which Sluice would know the task definition as one that is registered. */
function contentOf(request: object): string {
  const [document] = readDocuments('taskdef.json', JSON.stringify(request)).documents;
  return contentHash(readTaskDefinition(readerOf(document!, []))!);
}

it('writes what a service of Sluice runs, with the other group of its rule for canaries', async () => {
  await serve(await register());
  const { code, out, said } = await init('--yes');
  expect([code, said]).toEqual([0, '']);
  expect(out).toContain('holds the values of environment variables');
  const { release, findings } = await read();
  expect(findings).toEqual([]);
  expect(release).toMatchObject({
    app: 'web',
    image: 'example/web:1.27',
    service: {
      cluster: `arn:aws:ecs:eu-central-1:123456789012:cluster/${CLUSTER}`,
      serviceName: SERVICE,
      desiredCount: 3,
      createTaskSet: { launchType: 'FARGATE', platformVersion: '1.4.0', networkConfiguration: NETWORK },
      updateService: { enableECSManagedTags: true, propagateTags: 'SERVICE', healthCheckGracePeriodSeconds: 30 },
      tags: [{ key: 'env', value: 'prod' }],
    },
    targetGroups: {
      primary: { targetGroupArn: BLUE, containerName: 'nginx', containerPort: 8080 },
      canary: { targetGroupArn: GREEN, containerName: 'nginx', containerPort: 8080 },
    },
  });
  // The first deployment has nothing to register: the content is the one that runs.
  expect(release?.taskDefinition.content).toBe(contentOf({ ...TASK, tags: undefined }));
  expect(release?.taskDefinition.sealed).toContain('"tags":[{"key":"team","value":"shop"}]');
});

it('only reads', async () => {
  await serve(await register());
  await bench.panel('DELETE', '/calls');
  await init('--yes');
  const log = await bench.panel<{ calls: { operation: string }[] }>('GET', '/calls');
  expect([...new Set(log.calls.map(({ operation }) => operation))].sort()).toEqual([
    'DescribeListeners',
    'DescribeRules',
    'DescribeServices',
    'DescribeTargetGroups',
    'DescribeTaskDefinition',
  ]);
});

it('takes another image and name', async () => {
  await serve(await register());
  expect((await init('--yes', '--image', 'example/web:1.28', '--app', 'shop', '--metrics', 'none')).code).toBe(0);
  const { release } = await read();
  expect(release?.taskDefinition.images).toEqual({ nginx: 'example/web:1.28', proxy: 'example/proxy:3' });
  expect(await readFile(join(dir, 'app.pipecd.yaml'), 'utf8')).toContain('name: shop');
});

it('makes another service beside one that ECS rolls, and says what to do with that', async () => {
  const task = await register();
  await roll(task);
  const { code, out } = await init('--yes');
  expect(code).toBe(0);
  expect(out).toContain('web has the controller ECS, which can never be changed.');
  const { release, findings } = await read();
  expect(findings).toEqual([]);
  expect(release?.service).toMatchObject({ serviceName: 'web-sluice', desiredCount: 3 });
  expect(release?.targetGroups.canary?.targetGroupArn).toBe(GREEN);
  const same = await init('--yes', '--force', '--service', 'web');
  expect([same.code, same.said]).toEqual([2, expect.stringContaining('cannot be delivered by task sets')]);
});

it('needs the canary’s group where no rule names one', async () => {
  const world = promptWorld();
  for (const listener of world.loadBalancers.flatMap(({ listeners }) => listeners)) {
    listener.defaultActions = [{ Type: 'forward', TargetGroupArn: BLUE }] as typeof listener.defaultActions;
  }
  await bench.sandbox.close();
  await begin(world);
  await serve(await register());
  const missing = await init('--yes');
  expect([missing.code, missing.said]).toEqual([2, expect.stringContaining('Not known: --canary-target-group.')]);
  const given = await init('--yes', '--canary-target-group', GREEN);
  expect([given.code, given.out]).toEqual([
    0,
    expect.stringContaining('No rule forwards to another group beside the one that serves.'),
  ]);
});

it('refuses what cannot be delivered, and writes nothing', async () => {
  const away = await init('--yes');
  expect([away.code, away.said]).toEqual([1, expect.stringContaining(`There is no service web in the cluster`)]);
  await roll(await register(), { serviceName: 'groupless', loadBalancers: [] });
  const bridge = { networkMode: 'bridge' as const, requiresCompatibilities: ['EC2' as const] };
  const containerDefinitions = [{ name: 'nginx', image: 'a:1', memory: 100, portMappings: [{ containerPort: 8080 }] }];
  const task = await register({ ...bridge, containerDefinitions });
  await roll(task, { serviceName: 'bridged', launchType: 'EC2', networkConfiguration: undefined });
  await roll(task, { serviceName: 'daemon', launchType: 'EC2', schedulingStrategy: 'DAEMON' });
  for (const [name, words] of [
    ['groupless', 'has no target group'],
    ['bridged', 'has the network mode bridge'],
    ['daemon', 'is a DAEMON'],
  ] as const) {
    const { code, said } = await run(['init', dir, '--yes', '--from-service', `${CLUSTER}/${name}`]);
    expect([code, said]).toEqual([1, expect.stringContaining(words)]);
  }
  expect(await readdir(dir)).toEqual([]);
});

it('says what is wrong when AWS does not answer', async () => {
  const cluster = await run(['init', dir, '--yes', '--from-service', 'nowhere/web']);
  expect([cluster.code, cluster.said]).toEqual([1, expect.stringContaining('ClusterNotFoundException')]);
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  vi.stubEnv('AWS_CONFIG_FILE', join(dir, 'none'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(dir, 'none'));
  const keys = await init('--yes');
  expect([keys.code, keys.said]).toEqual([1, expect.stringContaining('CredentialsProviderError')]);
  const wrong = await run(['init', dir, '--yes', '--from-service', 'web']);
  expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining('must be CLUSTER/SERVICE')]);
});
