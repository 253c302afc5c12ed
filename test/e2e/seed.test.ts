import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import type { WorldInput } from '../../sandbox/world.js';
import { changesOf, FIRST, PROMOTED, ROLLED_BACK, standing } from './changes.js';
import type { Shop } from './shop.js';
import { useStack } from './stack.js';

const PLACE = 'ap-northeast-1:123456789012';
const blue = `arn:aws:elasticloadbalancing:${PLACE}:targetgroup/blue/1111111111111111`;
const green = `arn:aws:elasticloadbalancing:${PLACE}:targetgroup/green/2222222222222222`;
const hostname = 'sample-lb-1234567890.ap-northeast-1.elb.amazonaws.com';
/** What stands in the seed user's account; load balancer, service and family have the service's name. */
const shop: Shop = { app: 'pipecd-nginx-sample', blue, green, hostname };
const world: WorldInput = {
  region: 'ap-northeast-1',
  clusters: ['ecs-cluster'],
  loadBalancers: [
    {
      name: shop.app,
      dnsName: hostname,
      listeners: [
        {
          defaultActions: [
            {
              Type: 'forward',
              ForwardConfig: {
                TargetGroups: [
                  { TargetGroupArn: blue, Weight: 100 },
                  { TargetGroupArn: green, Weight: 0 },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
  targetGroups: [{ arn: blue }, { arn: green }],
};
const stack = useStack({
  world,
  provider: { name: 'sample-ecs', region: 'ap-northeast-1' },
  metrics: [{ name: 'sample-datadog' }],
});

/** The seed user's three files as they are, the stars replaced. */
function seedFiles(): Record<string, string> {
  const names = ['app.pipecd.yaml', 'servicedef.yaml', 'taskdef.yaml'];
  const folder = new URL('../spec/fixtures/', import.meta.url);
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]));
}

/** The same with other times and another bound: on AWS its ANALYSIS takes ten minutes. */
function shortened(times: { duration: string; interval: string; max: string }): Record<string, string> {
  const files = seedFiles();
  const file = files['app.pipecd.yaml']!.replace('duration: 10m', `duration: ${times.duration}`)
    .replace('interval: 1m', `interval: ${times.interval}`)
    .replace('max: 10', `max: ${times.max}`);
  return { ...files, 'app.pipecd.yaml': file };
}

test('the first deployment of the files, unchanged, brings the service up', { timeout: 5 * MINUTE }, async () => {
  const { deploy, ends, sandbox } = stack();
  expect(await ends(await deploy('seed', seedFiles()))).toMatchObject({ id: 'seed-1', status: 'SUCCEEDED' });
  expect(changesOf(await sandbox.changes(), shop)).toEqual(FIRST);
  const registered = (await sandbox.changes()).find(({ operation }) => operation === 'RegisterTaskDefinition');
  // Strings where the API has strings, and nothing of what was empty or is only ever read (ecs-alb-facts §6).
  expect(registered?.parameters).toMatchObject({ cpu: '256', memory: '512' });
  expect(registered?.parameters).not.toHaveProperty('pidMode');
  expect(registered?.parameters).not.toHaveProperty('compatibilities');
  expect(standing(await sandbox.state(), shop)).toEqual({
    sets: ['PRIMARY public.ecr.aws/nginx/nginx:1.23-alpine 100 % blue'],
    weights: ['100/0'],
    revisions: 1,
  });
  await sandbox.clearCounters();
});

test(
  'a canary of the files, unchanged, is planned as written and judged by the minute',
  { timeout: 5 * MINUTE },
  async () => {
    const { deploy, reaches, stop, ends, sandbox } = stack();
    const id = await deploy('seed', seedFiles(), { image: 'public.ecr.aws/nginx/nginx:1.24-alpine' });
    const planned = await reaches(id, 'begin its analysis', ({ analysis }) => analysis.length > 0);
    expect(planned.stages.map(({ name }) => name)).toEqual([
      'ECS_CANARY_ROLLOUT',
      'ECS_TRAFFIC_ROUTING',
      'ANALYSIS',
      'ECS_PRIMARY_ROLLOUT',
      'ECS_TRAFFIC_ROUTING',
      'ECS_CANARY_CLEAN',
    ]);
    expect(planned.traffic).toEqual({ wanted: { primary: 80, canary: 20 }, verified: { primary: 80, canary: 20 } });
    expect(planned.analysis[0]).toMatchObject({ strategy: 'THRESHOLD', expected: { max: 10 }, windows: 10 });
    expect(await stop(id, 'cancel')).toBe(true);
    expect((await ends(id)).status).toBe('CANCELLED');
    expect(standing(await sandbox.state(), shop).sets).toEqual([
      'PRIMARY public.ecr.aws/nginx/nginx:1.23-alpine 100 % blue',
    ]);
  },
);

test('the canary is promoted', { timeout: 5 * MINUTE }, async () => {
  const { deploy, ends, sandbox } = stack();
  const since = await sandbox.nextChange();
  const files = shortened({ duration: '10s', interval: '1s', max: '10' });
  const end = await ends(await deploy('seed', files, { image: 'public.ecr.aws/nginx/nginx:1.25-alpine' }));
  expect(end.status).toBe('SUCCEEDED');
  expect(end.stages.every(({ status }) => status === 'SUCCEEDED')).toBe(true);
  expect(end.analysis[0]?.counts).toMatchObject({ PASS: 10 });
  expect(changesOf(await sandbox.changes(since), shop)).toEqual(PROMOTED);
  expect(standing(await sandbox.state(), shop)).toMatchObject({
    sets: ['PRIMARY public.ecr.aws/nginx/nginx:1.25-alpine 100 % blue'],
    weights: ['100/0'],
  });
});

test(
  'the failing case is rolled back, its weights in the first AWS change after the verdict',
  { timeout: 5 * MINUTE },
  async () => {
    const { deploy, ends, measurements, log, sandbox } = stack();
    const image = 'public.ecr.aws/nginx/nginx:1.26-alpine';
    const since = await sandbox.nextChange();
    await sandbox.fault({ kind: 'version', image, badGatewayRate: 1 });
    const files = shortened({ duration: '9s', interval: '3s', max: '0.01' });
    const id = await deploy('seed', files, { image });
    const end = await ends(id);
    expect(end.status).toBe('ROLLED_BACK');
    expect(end.reason).toContain('failed 1 of 1 judged window');
    const [first, ...more] = await measurements(id);
    expect(first).toMatchObject({ window: 1, outcome: 'FAIL' });
    expect(first!.value).toBeGreaterThan(0.1);
    expect(more).toEqual([]);

    expect(changesOf(await sandbox.changes(since), shop)).toEqual(ROLLED_BACK);
    const verdict = (await log(id)).find(({ text }) => text.includes('FAIL'));
    const after = (await sandbox.changes(since)).filter(({ at }) => Date.parse(at) >= verdict!.at);
    expect(changesOf(after, shop)[0]).toBe('ModifyListener 100/0');
    expect(standing(await sandbox.state(), shop)).toMatchObject({
      sets: ['PRIMARY public.ecr.aws/nginx/nginx:1.25-alpine 100 % blue'],
      weights: ['100/0'],
    });
    expect((await sandbox.state()).counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  },
);
