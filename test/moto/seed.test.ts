import { DescribeServicesCommand, DescribeTaskDefinitionCommand, DescribeTaskSetsCommand } from '@aws-sdk/client-ecs';
import { DescribeRulesCommand, DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { useStack } from '../e2e/stack.js';
import { edited } from '../spec/support.js';
import { startBridge } from './bridge.js';
import { startCountingDatadog } from './datadog.js';
import { REGION, startMoto } from './moto.js';

const moto = await startMoto();
const bridge = await startBridge(moto.url);
const datadog = await startCountingDatadog();
const stack = useStack({
  world: { loadBalancers: [], targetGroups: [] },
  aws: bridge.url,
  provider: { name: 'sample-ecs', region: REGION },
  metrics: [{ name: 'sample-datadog', address: datadog.url }],
});
afterAll(async () => {
  await Promise.all([datadog.close(), bridge.close(), moto.close()]);
});
beforeEach(() => {
  bridge.calls.length = 0;
});

const APP = 'canary';
const SERVICE = { cluster: 'ecs-cluster', service: 'pipecd-nginx-sample' };

/** The seed user's three files, with moto's names for the stars. */
function files(over: Record<string, string> = {}): Record<string, string> {
  const named = Object.entries(edited()).map(([file, text]): [string, string] => {
    const names = Object.entries({ ...moto.names, ...over });
    return [file, names.reduce((all, [from, to]) => all.replaceAll(from, to), text)];
  });
  return Object.fromEntries(named);
}

/** The same with windows that a test can wait for, and a bound that an error can pass. */
function quickFiles(): Record<string, string> {
  return files({ 'duration: 10m': 'duration: 6s', 'interval: 1m': 'interval: 2s', 'max: 10': 'max: 0.01' });
}

const CHANGES = /^(Create|Update|Delete|Modify|Register)/;

/** What the product asked moto to change, in order; each of these was taken by moto's own parser. */
function changes(): string[] {
  return bridge.calls.filter(({ operation }) => CHANGES.test(operation)).map(({ operation }) => operation);
}

function bodies(operation: string): unknown[] {
  return bridge.calls.filter((call) => call.operation === operation).map(({ body }) => body);
}

/** What moto refused, each once. */
function refusals(): string[] {
  const refused = bridge.calls.filter(({ status }) => status !== 200);
  return [...new Set(refused.map(({ operation, answer }) => `${operation} ${codeOf(answer)}`))];
}

function codeOf(answer: string): string {
  return /"__type": "([^"]+)"|<Code>([^<]+)/.exec(answer)?.slice(1).join('') ?? answer;
}

/** The weights as moto's ELBv2 keeps them. */
async function weights(): Promise<Record<string, number | undefined>> {
  const { Rules = [] } = await moto.elb.send(new DescribeRulesCommand({ ListenerArn: moto.listener }));
  const groups = Rules[0]?.Actions?.[0]?.ForwardConfig?.TargetGroups ?? [];
  return Object.fromEntries(
    groups.map(({ TargetGroupArn, Weight }) => [TargetGroupArn === moto.blue ? 'blue' : 'green', Weight]),
  );
}

async function standing(): Promise<{ status: string; image: string; group: string; scale: number }[]> {
  const { taskSets = [] } = await moto.ecs.send(new DescribeTaskSetsCommand(SERVICE));
  const rows = [];
  for (const { status = '', taskDefinition = '', loadBalancers = [], scale } of taskSets) {
    const { taskDefinition: revision } = await moto.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }));
    const group = loadBalancers[0]?.targetGroupArn === moto.blue ? 'blue' : 'green';
    rows.push({ status, image: revision?.containerDefinitions?.[0]?.image ?? '', group, scale: scale?.value ?? -1 });
  }
  return rows;
}

async function targetsIn(group: string): Promise<number> {
  const { TargetHealthDescriptions = [] } = await moto.elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: group }),
  );
  return TargetHealthDescriptions.length;
}

async function deployed(written: Record<string, string>, more: object = {}): Promise<DeploymentDocument> {
  return stack().ends(await stack().deploy(APP, written, more));
}

/** What a look for drift sees in moto. */
async function drift(): Promise<unknown> {
  return (await stack().ask('POST', `/applications/${APP}/drift`)).body;
}

test('the seed user’s files as they are: a first deployment', { timeout: 2 * MINUTE }, async () => {
  const document = await deployed(files());
  expect(document).toMatchObject({ status: 'SUCCEEDED', stages: [{ name: 'ECS_SYNC', status: 'SUCCEEDED' }] });

  // A family and a service that do not exist yet, as AWS says it.
  expect(refusals().sort()).toEqual([
    'DescribeTaskDefinition ClientException',
    'DescribeTaskSets ServiceNotFoundException',
  ]);
  expect(changes()).toEqual([
    'RegisterTaskDefinition',
    'CreateService',
    'CreateTaskSet',
    'UpdateServicePrimaryTaskSet',
  ]);
  // What the user wrote as numbers and empty words is what the API takes (ecs-alb-facts §17).
  expect(bodies('RegisterTaskDefinition')).toEqual([
    expect.objectContaining({
      family: 'pipecd-nginx-sample',
      cpu: '256',
      memory: '512',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [
        expect.objectContaining({
          name: 'web',
          cpu: 100,
          memory: 100,
          image: 'public.ecr.aws/nginx/nginx:1.23-alpine',
        }),
      ],
    }),
  ]);
  const [registered] = bodies('RegisterTaskDefinition') as Record<string, unknown>[];
  expect(registered).not.toHaveProperty('pidMode');
  expect(registered).not.toHaveProperty('compatibilities');
  expect(bodies('CreateService')).toEqual([expect.objectContaining({ enableECSManagedTags: true, desiredCount: 2 })]);
  const { services = [] } = await moto.ecs.send(
    new DescribeServicesCommand({ cluster: SERVICE.cluster, services: [SERVICE.service], include: ['TAGS'] }),
  );
  expect(services[0]).toMatchObject({
    desiredCount: 2,
    deploymentController: { type: 'EXTERNAL' },
    schedulingStrategy: 'REPLICA',
    propagateTags: 'SERVICE',
    tags: expect.arrayContaining([{ key: 'sluice:application', value: APP }]) as unknown,
  });
  expect(await standing()).toEqual([
    { status: 'PRIMARY', image: 'public.ecr.aws/nginx/nginx:1.23-alpine', group: 'blue', scale: 100 },
  ]);
  expect(await targetsIn(moto.blue)).toBe(2);
  expect(await weights()).toEqual({ blue: 100, green: 0 });
  // What moto fills in is no drift.
  expect(await drift()).toMatchObject({ status: 'SYNCED', differences: [] });
});

test('a canary to its promotion', { timeout: 2 * MINUTE }, async () => {
  const image = 'public.ecr.aws/nginx/nginx:1.25-alpine';
  const seen: unknown[] = [];
  const id = await stack().deploy(APP, quickFiles(), { image });
  await stack().reaches(id, 'judge its canary', ({ stages }) => stages[2]?.status === 'RUNNING');
  seen.push(await weights(), await standing(), await targetsIn(moto.green));
  const document = await stack().ends(id);

  expect(seen).toEqual([
    { blue: 80, green: 20 },
    [
      expect.objectContaining({ status: 'PRIMARY', group: 'blue', scale: 100 }),
      { status: 'ACTIVE', image, group: 'green', scale: 30 },
    ],
    1,
  ]);
  expect(document).toMatchObject({
    status: 'SUCCEEDED',
    traffic: { verified: { primary: 100, canary: 0 } },
    analysis: [{ verdict: 'PASS', counts: { PASS: 3, FAIL: 0 } }],
  });
  expect(refusals()).toEqual([]);
  expect(changes()).toEqual([
    'RegisterTaskDefinition',
    'CreateTaskSet',
    'ModifyListener',
    'CreateTaskSet',
    'UpdateServicePrimaryTaskSet',
    'UpdateTaskSet',
    'ModifyListener',
    'DeleteTaskSet',
    'DeleteTaskSet',
  ]);
  const tokens = (bodies('CreateTaskSet') as { clientToken: string }[]).map(({ clientToken }) => clientToken);
  expect(new Set(tokens).size).toBe(2);
  for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
  expect(await standing()).toEqual([{ status: 'PRIMARY', image, group: 'blue', scale: 100 }]);
  expect([await targetsIn(moto.blue), await targetsIn(moto.green)]).toEqual([2, 0]);
  expect(await weights()).toEqual({ blue: 100, green: 0 });
  expect(await drift()).toMatchObject({ status: 'SYNCED', deployment: document.id, differences: [] });
});

test('a failing one is rolled back, the traffic first', { timeout: 2 * MINUTE }, async () => {
  const before = await standing();
  const id = await stack().deploy(APP, quickFiles(), { image: 'public.ecr.aws/nginx/nginx:1.26-broken' });
  await stack().reaches(id, 'judge its canary', ({ stages }) => stages[2]?.status === 'RUNNING');
  datadog.fail(0.3);
  const document = await stack().ends(id);

  expect(document).toMatchObject({ status: 'ROLLED_BACK', analysis: [{ verdict: 'FAIL' }] });
  expect(document.reason).toMatch(/0\.3/);
  expect(refusals()).toEqual([]);
  expect(changes()).toEqual([
    'RegisterTaskDefinition',
    'CreateTaskSet',
    'ModifyListener',
    'ModifyListener',
    'DeleteTaskSet',
  ]);
  expect(await weights()).toEqual({ blue: 100, green: 0 });
  expect(await standing()).toEqual(before);
  expect(await targetsIn(moto.green)).toBe(0);
});
