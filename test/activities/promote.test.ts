import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NEW, OLD, operations, releaseOf, standingSets, startWorld, weightsNow, type World } from './harness.js';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

describe('a canary that is promoted', () => {
  it('goes through all positions without one request to an empty group', async () => {
    await world.standing(OLD);
    await world.forgetCalls();
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 }, { stage: 'stage-0' });
    const first = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
    expect(first.traffic).toMatchObject({ wanted: { primary: 80, canary: 20 }, verified: { primary: 80, canary: 20 } });
    expect(weightsNow(world.sandbox)).toEqual([[80, 20]]);
    const promoted = await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-3', traffic: first.traffic });
    expect(promoted.detail).toContain('primary');
    const back = await world.advance(
      handle,
      { at: 'TRAFFIC', canary: 0 },
      { stage: 'stage-4', traffic: first.traffic },
    );
    await world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-5', traffic: back.traffic });
    expect(standingSets(world.sandbox)).toContainEqual({ image: OLD, group: 'blue', status: 'ACTIVE', scale: 0 });
    await world.act('finish', { handle });

    expect(operations(await world.changes())).toEqual([
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
    expect(standingSets(world.sandbox)).toEqual([{ image: NEW, group: 'blue', status: 'PRIMARY', scale: 100 }]);
    expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  });
});
