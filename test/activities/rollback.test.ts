import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import {
  forward,
  NEW,
  OLD,
  operations,
  releaseOf,
  standingSets,
  startWorld,
  weightsNow,
  type World,
} from './harness.js';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

async function rollBack(handle: DeliveryHandle): Promise<void> {
  await world.act('restoreTraffic', { handle, reason: 'the test says so' });
  await world.act('cleanUp', { handle, reason: 'the test says so' });
}

function expectOldAlone(): void {
  expect(weightsNow(world.sandbox)).toEqual([[100, 0]]);
  expect(standingSets(world.sandbox)).toEqual([{ image: OLD, group: 'blue', status: 'PRIMARY', scale: 100 }]);
  expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
}

type Traffic = Progress['traffic'];

/** Goes to where the rollback begins, and answers the last traffic. */
async function canaryAt(handle: DeliveryHandle, share: number, scale = 30): Promise<Traffic> {
  await world.advance(handle, { at: 'CANARY_READY', scale });
  return (await world.advance(handle, { at: 'TRAFFIC', canary: share }, { stage: 'stage-1' })).traffic;
}

describe('rollback', () => {
  let handle: DeliveryHandle;
  beforeEach(async () => {
    await world.standing(OLD);
    handle = await world.start(releaseOf(NEW));
    await world.forgetCalls();
  });

  it('has nothing to change when the deployment had only begun', async () => {
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual([]);
    expectOldAlone();
  });

  it('after the canary rollout: removes the canary', async () => {
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual(['DeleteTaskSet']);
    expectOldAlone();
  });

  it('(a) under traffic: the weights first, then the canary', async () => {
    await canaryAt(handle, 20);
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual(['ModifyListener', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('(a) in blue/green, with all requests on the canary', async () => {
    await canaryAt(handle, 100, 100);
    expect(weightsNow(world.sandbox)).toEqual([[0, 100]]);
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual(['ModifyListener', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('(b) when the new version is coming up in the primary group', async () => {
    const traffic = await canaryAt(handle, 20);
    await world.fault({ kind: 'version', image: NEW, noCapacity: true });
    await expect(
      world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic, deadline: Date.now() + 1_500 }),
    ).rejects.toThrow(/ran out of time/);
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual(['ModifyListener', 'DeleteTaskSet', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('(b) when the new version is the primary already and the old one still stands', async () => {
    const traffic = await canaryAt(handle, 20);
    await world.fault({
      kind: 'api',
      operation: 'UpdateTaskSet',
      mode: 'error',
      code: 'InvalidParameterException',
      status: 400,
      before: true,
      times: 1,
    });
    await expect(world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic })).rejects.toThrow(/refused/);
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual([
      'ModifyListener',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
  });

  it('(c) after the promotion: the old version is back and healthy before the new one goes', async () => {
    const traffic = await canaryAt(handle, 20);
    await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic });
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual([
      'UpdateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'ModifyListener',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
  });

  it('(c) after the canary was cleaned away', async () => {
    const traffic = await canaryAt(handle, 20);
    await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic });
    const back = await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { stage: 'stage-3', traffic });
    await world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-4', traffic: back.traffic });
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual([
      'UpdateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
  });

  it('(d) builds the old version again when somebody deleted it', async () => {
    const traffic = await canaryAt(handle, 20);
    await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic });
    await world.act('finish', { handle });
    await world.forgetCalls();
    await rollBack(handle);
    expect(operations(await world.changes())).toEqual([
      'CreateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'ModifyListener',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
    const [built] = world.sandbox.state().taskSets.filter(({ status }) => status === 'PRIMARY');
    expect(built?.tags['sluice:deployment']).toBe(
      handle.snapshot.primary?.tags.find(({ key }) => key === 'sluice:deployment')?.value,
    );
  });

  it('after a quick sync', async () => {
    await world.advance(handle, { at: 'SYNCED' });
    expect(standingSets(world.sandbox)).toContainEqual({ image: NEW, group: 'blue', status: 'PRIMARY', scale: 100 });
    await rollBack(handle);
    expectOldAlone();
  });

  it('overwrites weights that somebody else set in the meantime, and says so', async () => {
    await canaryAt(handle, 20);
    await world.meddle([forward(40, 60)]);
    await world.forgetCalls();
    const { log } = await world.act('restoreTraffic', { handle, reason: 'x' });
    expect(log.map(({ text }) => text).join()).toContain('from 40/60 to 100/0');
    await world.act('cleanUp', { handle, reason: 'x' });
    expectOldAlone();
  });

  it('goes on from wherever it died', async () => {
    const traffic = await canaryAt(handle, 20);
    await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic });
    await world.forgetCalls();
    for (const operation of ['UpdateTaskSet', 'UpdateServicePrimaryTaskSet', 'DeleteTaskSet', 'ModifyListener']) {
      await world.fault({ kind: 'api', operation, mode: 'loseAnswer' });
    }
    await rollBack(handle);
    expect(operations(await world.changes()).sort()).toEqual(
      ['UpdateTaskSet', 'UpdateServicePrimaryTaskSet', 'DeleteTaskSet', 'ModifyListener', 'DeleteTaskSet'].sort(),
    );
    expectOldAlone();
  });

  it('keeps trying while AWS denies, and names the commands to do it by hand', async () => {
    await canaryAt(handle, 20);
    await world.fault({
      kind: 'api',
      operation: 'ModifyListener',
      mode: 'error',
      code: 'AccessDenied',
      status: 403,
      before: true,
      times: 2,
    });
    await expect(world.act('restoreTraffic', { handle, reason: 'x' }, { attempts: 1 })).rejects.toThrow(
      /keeps trying.*modify-listener/s,
    );
    await world.act('restoreTraffic', { handle, reason: 'x' });
    expect(weightsNow(world.sandbox)).toEqual([[100, 0]]);
  });
});

describe('rollback of a first deployment', () => {
  it('takes the version off again and leaves the service', async () => {
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'SYNCED' });
    await rollBack(handle);
    expect(standingSets(world.sandbox)).toEqual([]);
    expect(world.sandbox.state().services).toHaveLength(1);
  });
});
