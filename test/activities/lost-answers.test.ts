import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NEW, OLD, operations, releaseOf, standingSets, startWorld, weightsNow, type World } from './harness.js';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const WHOLE = [
  'RegisterTaskDefinition',
  'CreateTaskSet',
  'ModifyListener',
  'CreateTaskSet',
  'UpdateServicePrimaryTaskSet',
  'UpdateTaskSet',
  'ModifyListener',
  'DeleteTaskSet',
  'DeleteTaskSet',
];

async function wholeDelivery(): Promise<void> {
  const handle = await world.start(releaseOf(NEW));
  await world.advance(handle, { at: 'CANARY_READY', scale: 30 }, { stage: 'stage-0' });
  const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
  await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-2', traffic });
  const back = await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { stage: 'stage-3', traffic });
  await world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-4', traffic: back.traffic });
  await world.act('finish', { handle });
}

describe('an answer that is never heard', () => {
  it.each(['loseAnswer', 'truncate'])('at every change of a promotion (%s) changes nothing twice', async (mode) => {
    await world.standing(OLD);
    await world.forgetCalls();
    for (const operation of new Set(WHOLE)) await world.fault({ kind: 'api', operation, mode, times: 1 });
    await world.fault({ kind: 'consistency', hideSeconds: 0.06 });
    await wholeDelivery();

    expect(operations(await world.changes())).toEqual(WHOLE);
    expect(standingSets(world.sandbox)).toEqual([{ image: NEW, group: 'blue', status: 'PRIMARY', scale: 100 }]);
    expect(weightsNow(world.sandbox)).toEqual([[100, 0]]);
    const revisions = world.sandbox.state().taskDefinitions.filter(({ images }) => images.includes(NEW));
    expect(revisions).toHaveLength(1);
    expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  });

  it('of a call that hangs is given up after three seconds, and the change found', async () => {
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    await world.forgetCalls();
    await world.fault({ kind: 'api', operation: 'ModifyListener', mode: 'hang' });
    const began = Date.now();
    await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-1' });
    expect(Date.now() - began).toBeGreaterThan(2_900);
    expect(operations(await world.changes())).toEqual(['ModifyListener']);
    expect(weightsNow(world.sandbox)).toEqual([[80, 20]]);
  });

  it('at the creation of a service makes one', async () => {
    await world.fault({ kind: 'api', operation: 'CreateService', mode: 'loseAnswer' });
    await world.start(releaseOf(OLD));
    expect(world.sandbox.state().services).toHaveLength(1);
    expect(operations(await world.changes()).filter((name) => name === 'CreateService')).toHaveLength(1);
  });
});

describe('the fence', () => {
  it('keeps every change from a worker whose attempt is not the current one', async () => {
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.forgetCalls();
    const cutOff = () => {
      throw new Error('this attempt is over');
    };
    await expect(
      world.advance(handle, { at: 'CANARY_READY', scale: 30 }, {}, { onFence: cutOff, attempts: 2 }),
    ).rejects.toThrow('this attempt is over');
    await expect(
      world.act('restoreTraffic', { handle, reason: 'x' }, { onFence: cutOff, attempts: 1 }),
    ).resolves.toMatchObject({ changes: [] });
    expect(await world.changes()).toEqual([]);
  });

  it('is asked before each change, one time or more', async () => {
    await world.standing(OLD);
    await world.forgetCalls();
    let fences = 0;
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 }, {}, { onFence: () => void (fences += 1) });
    expect(operations(await world.changes())).toEqual(['RegisterTaskDefinition', 'CreateTaskSet']);
    expect(fences).toBe(1);
  });

  it('is asked again when the look after it took too long', async () => {
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.forgetCalls();
    // The worker is stopped for a while right after its heartbeat was answered: the clock shows it.
    let fences = 0;
    let behind = 0;
    const real = Date.now;
    const jumped = vi.spyOn(Date, 'now').mockImplementation(() => real() + behind);
    try {
      const onFence = () => {
        fences += 1;
        // Before any answer can come: a look over loopback may take less than a timer's shortest millisecond.
        if (fences === 1) setImmediate(() => (behind = 30_000));
      };
      await world.advance(handle, { at: 'CANARY_READY', scale: 30 }, { deadline: real() + 120_000 }, { onFence });
    } finally {
      jumped.mockRestore();
    }
    expect(fences).toBe(2);
    expect(operations(await world.changes())).toEqual(['CreateTaskSet']);
  });

  it('a cancellation stops before the next change', async () => {
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.forgetCalls();
    const cancel = new AbortController();
    const reason = new Error('cancelled');
    await expect(
      world.advance(
        handle,
        { at: 'CANARY_READY', scale: 30 },
        {},
        { onFence: () => cancel.abort(reason), cancelled: cancel.signal },
      ),
    ).rejects.toBe(reason);
    expect(await world.changes()).toEqual([]);
  });
});
