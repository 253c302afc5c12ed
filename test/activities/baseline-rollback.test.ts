import { DeleteTaskSetCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import { allWeights, bothAt, forwardAll, releaseWithBaseline, threeGroups } from './baseline-world.js';
import { NEW, OLD, operations, standingSets, startWorld, type World } from './harness.js';

let world: World;
let handle: DeliveryHandle;
beforeEach(async () => {
  world = await startWorld({ world: threeGroups() });
  await world.standing(OLD, releaseWithBaseline(OLD));
  handle = await world.start(releaseWithBaseline(NEW));
  await world.forgetCalls();
});
afterEach(() => world.close());

async function rollBack(): Promise<string[]> {
  await world.forgetCalls();
  await world.act('restoreTraffic', { handle, reason: 'the test says so' });
  await world.act('cleanUp', { handle, reason: 'the test says so' });
  return operations(await world.changes());
}

function expectOldAlone(): void {
  expect(allWeights(world.sandbox)).toEqual([[100, 0, 0]]);
  expect(standingSets(world.sandbox)).toEqual([{ image: OLD, group: 'blue', status: 'PRIMARY', scale: 100 }]);
  expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
}

function promote(traffic: Progress['traffic']): Promise<Progress> {
  return world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-3', traffic });
}

describe('rollback with a baseline', () => {
  it('before it gets requests: removes it with the canary', async () => {
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    await world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-1' });
    expect(await rollBack()).toEqual(['DeleteTaskSet', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('while it comes up: removes it', async () => {
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    await world.fault({ kind: 'version', image: OLD, noCapacity: true });
    await expect(
      world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-1', deadline: Date.now() + 1_500 }),
    ).rejects.toThrow(/ran out of time/);
    await world.heal();
    expect(await rollBack()).toEqual(['DeleteTaskSet', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('right after a creation whose answer was lost and which reads do not show yet: removes it', async () => {
    await world.fault({ kind: 'consistency', hideSeconds: 0.06 });
    await world.fault({ kind: 'api', operation: 'CreateTaskSet', mode: 'loseAnswer' });
    await expect(world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, {}, { attempts: 1 })).rejects.toThrow();
    expect(await rollBack()).toEqual(['DeleteTaskSet']);
    expectOldAlone();
  });

  it('(a) under traffic: canary and baseline lose it in one write', async () => {
    await bothAt(world, handle, 20, 20);
    expect(await rollBack()).toEqual(['ModifyListener', 'DeleteTaskSet', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('(a) when the primary was left without requests', async () => {
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    await world.advance(handle, { at: 'BASELINE_READY', scale: 50 }, { stage: 'stage-1' });
    await world.advance(handle, { at: 'TRAFFIC', canary: 50, baseline: 50 }, { stage: 'stage-2' });
    expect(allWeights(world.sandbox)).toEqual([[0, 50, 50]]);
    expect(await rollBack()).toEqual(['ModifyListener', 'DeleteTaskSet', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('(b) when the new version is coming up in the primary group', async () => {
    const traffic = await bothAt(world, handle, 20, 20);
    await world.fault({ kind: 'version', image: NEW, noCapacity: true });
    await expect(
      world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-3', traffic, deadline: Date.now() + 1_500 }),
    ).rejects.toThrow(/ran out of time/);
    expect(await rollBack()).toEqual(['ModifyListener', 'DeleteTaskSet', 'DeleteTaskSet', 'DeleteTaskSet']);
    expectOldAlone();
  });

  it('(c) after the promotion: the old version is back before the new one goes', async () => {
    await promote(await bothAt(world, handle, 20, 20));
    expect(await rollBack()).toEqual([
      'UpdateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'ModifyListener',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
  });

  it('(d) builds the old version again, in its own group, when somebody deleted it', async () => {
    await promote(await bothAt(world, handle, 20, 20));
    const { cluster, serviceName: service } = handle.release.service;
    const taskSet = handle.snapshot.primary?.taskSetArn;
    const ecs = new ECSClient({ region: 'eu-central-1' });
    await ecs.send(new DeleteTaskSetCommand({ cluster, service, taskSet, force: true }));
    expect(await rollBack()).toEqual([
      'CreateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'ModifyListener',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
  });

  it('when the canary was cleaned away and the baseline was not', async () => {
    const traffic = await bothAt(world, handle, 20, 20);
    await promote(traffic);
    const back = await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { stage: 'stage-4', traffic });
    await world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-5', traffic: back.traffic });
    expect(standingSets(world.sandbox)).toContainEqual({ image: OLD, group: 'white', status: 'ACTIVE', scale: 30 });
    expect(await rollBack()).toEqual([
      'UpdateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expectOldAlone();
  });

  it('goes on from wherever it died', async () => {
    await promote(await bothAt(world, handle, 20, 20));
    for (const operation of ['UpdateTaskSet', 'UpdateServicePrimaryTaskSet', 'ModifyListener']) {
      await world.fault({ kind: 'api', operation, mode: 'loseAnswer' });
    }
    await world.fault({ kind: 'api', operation: 'DeleteTaskSet', mode: 'loseAnswer', times: 3 });
    expect((await rollBack()).sort()).toEqual(
      [
        'UpdateTaskSet',
        'UpdateServicePrimaryTaskSet',
        'DeleteTaskSet',
        'ModifyListener',
        'DeleteTaskSet',
        'DeleteTaskSet',
      ].sort(),
    );
    expectOldAlone();
  });

  it('overwrites weights that somebody else gave the baseline', async () => {
    await bothAt(world, handle, 20, 20);
    await world.meddle([forwardAll(10, 10, 80)]);
    await world.forgetCalls();
    const { log } = await world.act('restoreTraffic', { handle, reason: 'x' });
    expect(log.map(({ text }) => text).join()).toContain('from 10/10/80 to 100/0');
    await world.act('cleanUp', { handle, reason: 'x' });
    expectOldAlone();
  });

  it('does not remove a baseline that a rule outside the pair still reaches, and says so', async () => {
    await bothAt(world, handle, 20, 20);
    await world.act('restoreTraffic', { handle, reason: 'x' });
    // Blue stays in the rule, so that its targets stay in use.
    const groups = forwardAll(50, 0, 50).ForwardConfig?.TargetGroups?.filter(({ Weight }) => Weight === 50);
    await world.meddle([{ Type: 'forward', ForwardConfig: { TargetGroups: groups } }]);
    await expect(world.act('cleanUp', { handle, reason: 'x' }, { attempts: 1 })).rejects.toThrow(
      /Requests can still reach white .* take the group out of it/,
    );
    expect(standingSets(world.sandbox)).toContainEqual({ image: OLD, group: 'white', status: 'ACTIVE', scale: 30 });
    await world.meddle([forwardAll(100, 0, 0)]);
    await world.act('cleanUp', { handle, reason: 'x' });
    expectOldAlone();
  });
});
