import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { DeploymentDocument } from '../../model/wire.js';
import type { WorldInput } from '../../sandbox/world.js';
import { parse, parseAny } from '../spec/support.js';
import { until } from '../support/processes.js';
import { useStack } from './stack.js';

/** Files in the shapes of PipeCD's own examples for ECS. */
const FOLDER = join(import.meta.dirname, 'pipecd-examples');
const LIMIT = 3 * MINUTE;
const NEXT = 'public.ecr.aws/nginx/nginx:1.28-alpine';

function filesOf(example: string): Record<string, string> {
  const folder = join(FOLDER, example);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** The key is the worker's: here any secret will do. */
const OPENED = { known: undefined, decrypt: (): string => 'a secret' };
/** What the example's ciphertext holds, made by Go's crypto packages for the key of `test/config/fixtures`. */
const SECRET = 'p4ss: "wörd"\n';
const KEY = join(import.meta.dirname, '..', 'config', 'fixtures', 'secrets-private.pem');

/** A load balancer for each example with target groups, whose default rule forwards to those that its file names. */
function worldOf(examples: readonly string[]): WorldInput {
  const behind = examples.flatMap((name) => {
    const { primary, canary } = parse(filesOf(name), { app: name, ...OPENED }).release?.targetGroups ?? {};
    return primary ? [{ name, groups: [primary, canary].flatMap((group) => group?.targetGroupArn ?? []) }] : [];
  });
  return {
    loadBalancers: behind.map(({ name, groups }) => ({
      name,
      listeners: [
        {
          defaultActions: [
            {
              Type: 'forward',
              ForwardConfig: {
                TargetGroups: groups.map((arn, side) => ({ TargetGroupArn: arn, Weight: side === 0 ? 100 : 0 })),
              },
            },
          ],
        },
      ],
    })),
    targetGroups: behind.flatMap(({ groups }) => groups.map((arn) => ({ arn }))),
  };
}

const SERVICES = readdirSync(FOLDER).filter((name) => name !== 'standalone-task');
const stack = useStack({
  world: worldOf(SERVICES),
  more: { secretManagement: { type: 'KEY_PAIR', config: { privateKeyFile: KEY } } },
});

async function standing(service: string): Promise<string[]> {
  const { taskSets } = await stack().sandbox.state();
  return taskSets
    .filter((set) => set.service === service && set.status !== 'DRAINING')
    .map(({ status, images, scale }) => `${status} ${images.join()} ${scale} %`);
}

/** Runs a deployment to its end; the shares of the canary that were seen verified on the way. */
async function run(example: string, more: object = {}): Promise<{ end: DeploymentDocument; shares: Set<number> }> {
  const { deploy, reaches, control } = stack();
  const shares = new Set<number>();
  const id = await deploy(example, filesOf(example), more);
  let approved = false;
  const end = await reaches(id, 'end', (document) => {
    if (document.traffic.verified) shares.add(document.traffic.verified.canary);
    if (document.status === 'WAITING_APPROVAL' && !approved) {
      approved = true;
      void control(id, 'approve');
    }
    return document.completedAt !== undefined;
  });
  return { end, shares };
}

test('each of them loads without a mistake', () => {
  for (const example of readdirSync(FOLDER)) {
    const { release, findings } = parseAny(filesOf(example), { app: example, ...OPENED });
    expect([example, findings.filter(({ level }) => level === 'error')]).toEqual([example, []]);
    expect(release?.app).toBe(example);
  }
});

const THROUGH_A_WAIT = [
  'ECS_CANARY_ROLLOUT',
  'ECS_TRAFFIC_ROUTING',
  'WAIT',
  'ECS_PRIMARY_ROLLOUT',
  'ECS_TRAFFIC_ROUTING',
  'ECS_CANARY_CLEAN',
];

/** The stages of the second deployment, and what share the canary had at most. */
const EXPECTED: Record<string, { stages: string[]; most?: number }> = {
  simple: { stages: ['ECS_SYNC'] },
  'secret-management': { stages: ['ECS_SYNC'] },
  attachment: { stages: ['ECS_SYNC'] },
  canary: { stages: THROUGH_A_WAIT, most: 20 },
  bluegreen: { stages: THROUGH_A_WAIT, most: 100 },
  'wait-approval': {
    stages: [
      'ECS_CANARY_ROLLOUT',
      'ECS_TRAFFIC_ROUTING',
      'WAIT_APPROVAL',
      'ECS_PRIMARY_ROLLOUT',
      'ECS_TRAFFIC_ROUTING',
      'ECS_CANARY_CLEAN',
    ],
    most: 20,
  },
  'servicediscovery-simple': { stages: ['ECS_SYNC'] },
  'servicediscovery-canary': { stages: ['ECS_CANARY_ROLLOUT', 'WAIT', 'ECS_PRIMARY_ROLLOUT', 'ECS_CANARY_CLEAN'] },
};

test('none is forgotten here', () => {
  expect(Object.keys(EXPECTED).sort()).toEqual([...SERVICES].sort());
});

test.concurrent.each(SERVICES)(
  '%s: a first deployment, then a new version to its end',
  { timeout: LIMIT },
  async (example) => {
    const first = await run(example);
    expect([first.end.status, first.end.stages.map(({ name }) => name)]).toEqual(['SUCCEEDED', ['ECS_SYNC']]);
    const { end, shares } = await run(example, { image: NEXT });
    const { stages, most } = EXPECTED[example] ?? { stages: [] };
    expect([end.status, end.reason]).toEqual(['SUCCEEDED', `${NEXT} runs as the primary, with all of the traffic.`]);
    expect(end.stages.map(({ name, status }) => `${name} ${status}`)).toEqual(
      stages.map((name) => `${name} SUCCEEDED`),
    );
    expect(end.kind).toBe(example.startsWith('servicediscovery') ? 'SERVICE_DISCOVERY' : undefined);
    if (most !== undefined) {
      expect(Math.max(...shares)).toBe(most);
      expect(end.traffic.verified).toEqual({ primary: 100, canary: 0 });
    }
    expect(await standing(example)).toEqual([`PRIMARY ${NEXT} 100 %`]);
  },
);

test.concurrent('standalone-task: each deployment runs it once, to its end', { timeout: LIMIT }, async () => {
  for (const more of [{}, {}, { image: NEXT }]) {
    const { end } = await run('standalone-task', more);
    expect(end).toMatchObject({
      status: 'SUCCEEDED',
      kind: 'STANDALONE_TASK',
      stages: [{ name: 'ECS_SYNC', status: 'SUCCEEDED', detail: 'web ended with exit code 0.' }],
    });
  }
  const asked = (await stack().sandbox.changes()).filter(({ operation }) => operation === 'RunTask');
  expect(asked).toHaveLength(3);
});

test.concurrent.each([
  ['secret-management', 'PASSWORD', Buffer.from(SECRET).toString('base64')],
  ['attachment', 'CONFIG', Buffer.from('{ "greeting": "hello" }\n').toString('base64')],
])('%s: what is put in reaches the tasks', { timeout: LIMIT }, async (family, name, value) => {
  const ecs = new ECSClient({
    region: 'eu-central-1',
    endpoint: stack().sandbox.url,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'none' },
  });
  const environment = await until(
    'its task definition',
    async () => {
      const found = await ecs
        .send(new DescribeTaskDefinitionCommand({ taskDefinition: family }))
        .catch(() => undefined);
      return found?.taskDefinition?.containerDefinitions?.[0]?.environment;
    },
    { timeout: LIMIT },
  );
  expect(environment).toEqual([{ name, value }]);
  ecs.destroy();
});
