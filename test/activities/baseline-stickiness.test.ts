import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALL_PRIMARY, type DeliveryHandle, type Traffic } from '../../model/delivery.js';
import { allWeights, bothAt, forwardAll, releaseWithBaseline, threeGroups } from './baseline-world.js';
import { NEW, OLD, operations, startWorld, type World } from './harness.js';

const SECONDS = 600;
let world: World;
let handle: DeliveryHandle;
beforeEach(async () => {
  world = await startWorld({ world: threeGroups([forwardAll(100, 0, 0, SECONDS)]) });
  await world.standing(OLD, releaseWithBaseline(OLD));
  handle = await world.start(releaseWithBaseline(NEW));
  await world.forgetCalls();
});
afterEach(() => world.close());

/** How long the rule's cookies last; undefined when it gives none. */
function lasting(): number | undefined {
  return world.sandbox.state().rules[0]?.stickySeconds;
}

describe('sticky sessions over three groups', () => {
  it('stay on while no side is emptied, also where the baseline has not got any yet', async () => {
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
    expect(allWeights(world.sandbox)).toEqual([[80, 20, 0]]);
    expect(lasting()).toBe(SECONDS);
    await world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-2', traffic });
    await world.advance(handle, { at: 'TRAFFIC', canary: 20, baseline: 20 }, { stage: 'stage-3', traffic });
    expect(lasting()).toBe(SECONDS);
  });

  it('go off in the write that empties the baseline, and the log says so', async () => {
    const traffic = await bothAt(world, handle, 20, 20);
    expect(lasting()).toBe(SECONDS);
    const alone = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-3', traffic });
    expect(alone.log.map(({ text }) => text).join('\n')).toMatch(/from 60\/20\/20 to 80\/20, sticky sessions off/);
    expect(lasting()).toBeUndefined();
    await world.advance(handle, { at: 'BASELINE_GONE' }, { stage: 'stage-4', traffic: alone.traffic });
    expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  });

  it('go off in the one write of a rollback, and come back when the cookies have ended', async () => {
    await bothAt(world, handle, 20, 20);
    await world.forgetCalls();
    await world.act('restoreTraffic', { handle, reason: 'x' });
    expect(lasting()).toBeUndefined();
    await world.act('cleanUp', { handle, reason: 'x' });
    expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });

    const { app, deployment, snapshot, release } = handle;
    const { targetGroups } = release;
    const traffic: Traffic = { provider: 'aws', app, deployment, snapshot, targetGroups, wanted: ALL_PRIMARY };
    await world.act('restoreStickiness', traffic);
    expect(lasting()).toBe(SECONDS);
    expect(allWeights(world.sandbox)).toEqual([[100, 0, 0]]);
    expect(operations(await world.changes())).toEqual([
      'ModifyListener',
      'DeleteTaskSet',
      'DeleteTaskSet',
      'ModifyListener',
    ]);
  });
});
