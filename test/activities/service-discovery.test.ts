import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Release } from '../../model/release.js';
import { worldSchema } from '../../sandbox/world.js';
import { NEW, OLD, operations, releaseOf, standingSets, startWorld, type World } from './harness.js';

let world: World;

beforeEach(async () => {
  world = await startWorld({ world: worldSchema.parse({}) });
});
afterEach(() => world.close());

const REGISTRY = 'arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-0123456789abcdef';

/** A service whose tasks are found by Cloud Map; no load balancer stands before them. */
function discovered(image: string, more: Partial<Release> = {}): Release {
  const release = releaseOf(image);
  const createTaskSet = { ...release.service.createTaskSet, serviceRegistries: [{ registryArn: REGISTRY }] };
  return { ...release, service: { ...release.service, createTaskSet }, targetGroups: {}, ...more };
}

const set = (image: string, status: string, scale = 100) => ({ image, group: 'other', status, scale });

describe('a service that is found by service discovery', () => {
  test('is brought out at once, and replaced at once', async () => {
    await world.standing(OLD, discovered(OLD));
    const [created] = (await world.changes()).filter(({ operation }) => operation === 'CreateTaskSet');
    expect(created?.parameters).toMatchObject({ serviceRegistries: [{ registryArn: REGISTRY }] });
    expect(created?.parameters).not.toHaveProperty('loadBalancers');
    await world.forgetCalls();

    const handle = await world.start(discovered(NEW));
    const progress = await world.advance(handle, { at: 'SYNCED' });
    expect(progress.log.map(({ text }) => text)).toContain('The new version is ready: 2 of 2 tasks healthy');
    await world.act('finish', { handle });
    expect(standingSets(world.sandbox)).toEqual([set(NEW, 'PRIMARY')]);
    expect(operations(await world.changes())).toEqual([
      'RegisterTaskDefinition',
      'CreateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'UpdateTaskSet',
      'DeleteTaskSet',
    ]);
  });

  test('is unchanged when it is deployed again', async () => {
    await world.standing(OLD, discovered(OLD));
    const found = await world.act('preflight', {
      app: 'shop',
      deployment: 'shop-9',
      release: discovered(OLD),
      adopt: false,
      repair: false,
    });
    expect(found).toMatchObject({ problems: [], unchanged: true, running: { image: OLD } });
    expect(found.snapshot).not.toHaveProperty('loadBalancerArn');
  });

  test('has a canary by the number of its tasks, which goes when the primary can carry all', async () => {
    await world.standing(OLD, discovered(OLD));
    const handle = await world.start(discovered(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    expect(standingSets(world.sandbox)).toEqual([set(OLD, 'PRIMARY'), set(NEW, 'ACTIVE', 50)]);
    // For metrics that name the task sets.
    const places = await world.act('locate', { handle });
    expect(Object.keys(places).sort()).toEqual(['canary', 'primary']);
    expect(places.canary).not.toHaveProperty('containerPort');
    await world.advance(handle, { at: 'PROMOTED' });
    await world.advance(handle, { at: 'CANARY_GONE' });
    await world.act('finish', { handle });
    expect(standingSets(world.sandbox)).toEqual([set(NEW, 'PRIMARY')]);
  });

  test('loses a bad canary first: it takes requests without any weights', async () => {
    await world.standing(OLD, discovered(OLD));
    const handle = await world.start(discovered(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    await world.forgetCalls();
    await world.act('restoreTraffic', { handle, reason: 'bad' });
    // Off before the second part: nothing else would have kept requests from it.
    expect(operations(await world.changes())).toEqual(['DeleteTaskSet']);
    await world.act('cleanUp', { handle, reason: 'bad' });
    expect(standingSets(world.sandbox)).toEqual([set(OLD, 'PRIMARY')]);
  });

  test('goes back after the promotion: the old version whole again before the new one goes', async () => {
    await world.standing(OLD, discovered(OLD));
    const handle = await world.start(discovered(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    await world.advance(handle, { at: 'PROMOTED' });
    await world.forgetCalls();
    await world.act('restoreTraffic', { handle, reason: 'bad' });
    await world.act('cleanUp', { handle, reason: 'bad' });
    expect(operations(await world.changes())).toEqual([
      'UpdateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expect(standingSets(world.sandbox)).toEqual([set(OLD, 'PRIMARY')]);
  });

  test('takes a first deployment back', async () => {
    const handle = await world.start(discovered(NEW));
    await world.advance(handle, { at: 'SYNCED' });
    await world.act('restoreTraffic', { handle, reason: 'bad' });
    await world.act('cleanUp', { handle, reason: 'bad' });
    expect(standingSets(world.sandbox)).toEqual([]);
  });

  test('gives up on a canary that crashes', async () => {
    await world.standing(OLD, discovered(OLD));
    await world.fault({ kind: 'version', image: NEW, crash: 'atStart' });
    const handle = await world.start(discovered(NEW));
    await expect(world.advance(handle, { at: 'CANARY_READY', scale: 50 })).rejects.toThrow(/stop again and again/);
  });
});

test('a service that stands behind a load balancer does not become one of service discovery', async () => {
  const other = await startWorld();
  try {
    await other.standing(OLD);
    await expect(other.start(discovered(NEW))).rejects.toThrow(/would find no task/);
    await expect(other.start(discovered(NEW), { repair: true })).rejects.toThrow(/would find no task/);
  } finally {
    await other.close();
  }
});
