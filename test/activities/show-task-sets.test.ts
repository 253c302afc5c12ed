import { afterEach, beforeEach, expect, it } from 'vitest';
import type { TaskSetsDocument } from '../../model/task-sets.js';
import { until } from '../support/processes.js';
import { NEW, OLD, releaseOf, startWorld, type World } from './harness.js';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

function look(): Promise<TaskSetsDocument> {
  const { service } = releaseOf(NEW);
  return world.act('showTaskSets', {
    app: 'shop',
    provider: 'aws',
    cluster: service.cluster,
    service: service.serviceName,
  });
}

it('a service that is not there has no task sets', async () => {
  expect(await look()).toMatchObject({ app: 'shop', service: 'shop', taskSets: [] });
});

it('each set is told with what it is for, and each task with its target', async () => {
  const old = await world.standing(OLD);
  const handle = await world.start(releaseOf(NEW));
  await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
  const { taskSets } = await look();
  expect(taskSets.map(({ status, role, deployment, targetGroup }) => [status, role, deployment, targetGroup])).toEqual([
    ['PRIMARY', 'primary', old.deployment, 'blue'],
    ['ACTIVE', 'canary', handle.deployment, 'green'],
  ]);
  const [primary, canary] = taskSets;
  expect(primary).toMatchObject({ taskDefinition: 'web:1', scale: 100, desired: 2, running: 2, pending: 0 });
  expect(canary).toMatchObject({ taskDefinition: 'web:2', scale: 50, desired: 1, running: 1 });
  for (const { status, address, target, startedAt, stoppedAt } of taskSets.flatMap(({ tasks }) => tasks)) {
    expect([status, target, stoppedAt]).toEqual(['RUNNING', { state: 'healthy' }, undefined]);
    expect(address).toMatch(/^10\./);
    expect(startedAt).toMatch(/^\d{4}-.*Z$/);
  }
});

it('tasks that stopped are told with their reasons, the newest first, and few of them', async () => {
  await world.standing(OLD);
  await world.fault({ kind: 'version', image: NEW, crash: 'atStart' });
  const handle = await world.start(releaseOf(NEW));
  const gone = new AbortController();
  const advance = world
    .advance(handle, { at: 'CANARY_READY', scale: 100 }, {}, { cancelled: gone.signal })
    .catch(() => undefined);
  const crashed = await until('many that stopped', async () => {
    const { taskSets } = await look();
    const canary = taskSets.find(({ role }) => role === 'canary');
    return (canary?.moreStopped ?? 0) > 0 ? canary : undefined;
  });
  gone.abort();
  await advance;
  const stopped = crashed.tasks.filter(({ status }) => status === 'STOPPED');
  expect(stopped).toHaveLength(10);
  expect(stopped[0]).toMatchObject({ stoppedReason: expect.any(String) as string, containers: [{ name: 'web' }] });
  expect(stopped.every(({ address, target }) => address === undefined && target === undefined)).toBe(true);
  const times = stopped.map(({ stoppedAt = '' }) => stoppedAt);
  expect(times).toEqual([...times].sort().reverse());
});
