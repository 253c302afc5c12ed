import { CreateTaskSetCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, expect, test } from 'vitest';
import type { DeliveryHandle } from '../../model/delivery.js';
import type { DriftLook } from '../../model/drift.js';
import { defaultWorld, worldSchema } from '../../sandbox/world.js';
import { forward, GREEN, NEW, OLD, releaseOf, startWorld, type World } from './harness.js';

let world: World;
afterEach(() => world.close());

const CLUSTER = 'arn:aws:ecs:eu-central-1:123456789012:cluster/sluice-example';

function look({ deployment, release, taskDefinitionArn, snapshot }: DeliveryHandle): Promise<DriftLook> {
  const stood = { weights: { primary: 100, canary: 0 }, rules: snapshot.rules };
  return world.compare({ deployment, release, taskDefinitionArn, stood });
}

const paths = async (handle: DeliveryHandle): Promise<string[]> =>
  (await look(handle)).differences.map(({ path }) => path);

/** Steps of somebody who works on the service without Sluice. */
const ecs = () => new ECSClient({ region: 'eu-central-1' });

test('a version that was brought out is in sync, by a quick sync and by a canary, and a look changes nothing', async () => {
  world = await startWorld();
  const first = await world.standing(OLD);
  expect(await look(first)).toMatchObject({ status: 'SYNCED', deployment: first.deployment });

  const handle = await world.start(releaseOf(NEW));
  await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
  const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary: 20 });
  // What a deployment does on its way differs from the last one; the application knows that it runs.
  expect(await paths(first)).toEqual([
    expect.stringMatching(/^taskSet\[/) as string,
    expect.stringMatching(/^listener\[.*\]\.weights$/) as string,
  ]);
  await world.advance(handle, { at: 'PROMOTED' }, { traffic });
  await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { traffic });
  await world.advance(handle, { at: 'CANARY_GONE' });
  await world.act('finish', { handle });
  await world.forgetCalls();
  expect(await look(handle)).toMatchObject({ status: 'SYNCED' });
  expect(await world.changes()).toEqual([]);
  // The version before it is not what runs.
  expect(await paths(first)).toEqual(['taskDefinition.containerDefinitions[web].image']);
});

test('what somebody does without Sluice is seen: weights, count, fields, a task set beside the primary', async () => {
  world = await startWorld();
  const handle = await world.standing(OLD);
  await world.meddle([forward(90, 10)]);
  expect(await look(handle)).toMatchObject({
    status: 'OUT_OF_SYNC',
    differences: [{ path: expect.stringContaining('weights') as string, deployed: '100/0', running: '90/10' }],
  });
  await world.meddle([forward(100, 0)]);
  expect(await look(handle)).toMatchObject({ status: 'SYNCED' });

  await ecs().send(
    new UpdateServiceCommand({ cluster: CLUSTER, service: 'shop', desiredCount: 3, propagateTags: 'NONE' }),
  );
  expect(await look(handle)).toMatchObject({
    differences: [
      { path: 'service.propagateTags', deployed: '"SERVICE"', running: '"NONE"' },
      { path: 'service.desiredCount', deployed: '2', running: '3' },
    ],
  });
  await ecs().send(
    new UpdateServiceCommand({ cluster: CLUSTER, service: 'shop', desiredCount: 2, propagateTags: 'SERVICE' }),
  );
  await ecs().send(
    new CreateTaskSetCommand({
      cluster: CLUSTER,
      service: 'shop',
      taskDefinition: 'web',
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      loadBalancers: [{ targetGroupArn: GREEN, containerName: 'web', containerPort: 80 }],
      scale: { unit: 'PERCENT', value: 50 },
    }),
  );
  // A set that was just made hides from reads for a while.
  await expect
    .poll(() => look(handle), { timeout: 10_000 })
    .toMatchObject({ differences: [{ running: expect.stringMatching(/ at 50 % in green web:80$/) as string }] });
});

test('deployed again, the count is brought back too, unless the file ignores it', async () => {
  world = await startWorld();
  const { release, taskDefinitionArn } = await world.standing(OLD);
  const count = (desiredCount: number) =>
    ecs().send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'shop', desiredCount }));
  const begin = async (over: { again?: true; ignoreFields?: string[] }): Promise<number | undefined> => {
    await count(3);
    const { again, ignoreFields = [] } = over;
    const of = { ...release, drift: { ignoreFields } };
    const input = { app: 'shop', deployment: 'shop-9', release: of, adopt: false, repair: true };
    const { snapshot } = await world.act('preflight', input);
    await world.act('begin', { ...input, uid: 'u', snapshot, taskDefinitionArn, ...(again && { again }) });
    return world.sandbox.state().services[0]?.desiredCount;
  };
  expect(await begin({})).toBe(3);
  expect(await begin({ again: true, ignoreFields: ['service#desiredCount'] })).toBe(3);
  expect(await begin({ again: true })).toBe(2);
});

test('a count that Application Auto Scaling owns is no drift', async () => {
  const scalableTargets = [{ resourceId: 'service/sluice-example/shop', min: 1, max: 9 }];
  world = await startWorld({ world: worldSchema.parse({ ...defaultWorld(), scalableTargets }) });
  const handle = await world.standing(OLD);
  await ecs().send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'shop', desiredCount: 3 }));
  expect(await look(handle)).toMatchObject({ status: 'SYNCED' });
});

test('reads that lag behind are looked at twice, what is refused is UNKNOWN', async () => {
  world = await startWorld();
  const handle = await world.standing(OLD);
  await world.fault({ kind: 'api', operation: 'DescribeRules', mode: 'error', code: 'AccessDenied', status: 403 });
  expect(await look(handle)).toMatchObject({
    status: 'UNKNOWN',
    reason: expect.stringContaining('AccessDenied') as string,
  });
  expect(await look(handle)).toMatchObject({ status: 'SYNCED' });
});
