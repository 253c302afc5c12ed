import { DeregisterTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeliveryHandle } from '../../model/delivery.js';
import { FAILURE } from '../../model/failure.js';
import { allWeights, bothAt, forwardAll, releaseWithBaseline, threeGroups } from './baseline-world.js';
import { NEW, OLD, operations, standingSets, startWorld, type World } from './harness.js';

let world: World;
afterEach(() => world.close());

const NO_503 = { emptyGroup503: 0, failOpen: 0 };
const WHOLE = [
  'RegisterTaskDefinition',
  'CreateTaskSet',
  'CreateTaskSet',
  'ModifyListener',
  'CreateTaskSet',
  'UpdateServicePrimaryTaskSet',
  'UpdateTaskSet',
  'ModifyListener',
  'DeleteTaskSet',
  'DeleteTaskSet',
  'DeleteTaskSet',
];

/** From the first stage to the end, as the example has it. */
async function wholeDelivery(): Promise<void> {
  const handle = await world.start(releaseWithBaseline(NEW));
  const traffic = await bothAt(world, handle, 20, 20);
  await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-3', traffic });
  const back = await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { stage: 'stage-4', traffic });
  await world.advance(handle, { at: 'BASELINE_GONE' }, { stage: 'stage-5', traffic: back.traffic });
  await world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-6', traffic: back.traffic });
  await world.act('finish', { handle });
}

function expectNewAlone(): void {
  expect(standingSets(world.sandbox)).toEqual([{ image: NEW, group: 'blue', status: 'PRIMARY', scale: 100 }]);
  expect(allWeights(world.sandbox)).toEqual([[100, 0, 0]]);
  expect(world.sandbox.state().counters).toMatchObject(NO_503);
}

async function begin(): Promise<DeliveryHandle> {
  world = await startWorld({ world: threeGroups() });
  await world.standing(OLD, releaseWithBaseline(OLD));
  const handle = await world.start(releaseWithBaseline(NEW));
  await world.forgetCalls();
  return handle;
}

describe('a baseline', () => {
  it('goes with the canary through all positions without one request to an empty group', async () => {
    world = await startWorld({ world: threeGroups() });
    await world.standing(OLD, releaseWithBaseline(OLD));
    await world.forgetCalls();
    await wholeDelivery();
    expect(operations(await world.changes())).toEqual(WHOLE);
    expectNewAlone();
  });

  it('is the old revision on the third group, of the canary’s size, and marked as this deployment’s', async () => {
    const handle = await begin();
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    const { log } = await world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-1' });
    expect(log.map(({ text }) => text).join('\n')).toMatch(/Created a task set for the baseline at 30 % on white/);
    expect(standingSets(world.sandbox)).toEqual([
      { image: OLD, group: 'blue', status: 'PRIMARY', scale: 100 },
      { image: NEW, group: 'green', status: 'ACTIVE', scale: 30 },
      { image: OLD, group: 'white', status: 'ACTIVE', scale: 30 },
    ]);
    const made = world.sandbox.state().taskSets.at(-1);
    expect(made?.tags).toMatchObject({
      'sluice:role': 'baseline',
      'sluice:uid': handle.uid,
      'sluice:deployment': handle.deployment,
      'sluice:application': 'shop',
    });
    expect(operations(await world.changes())).toEqual(['CreateTaskSet', 'CreateTaskSet']);
    // A second run of the same stage, or another one of the same kind, makes no second set.
    await world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-1' });
    await world.advance(handle, { at: 'BASELINE_READY', scale: 50 }, { stage: 'stage-9' });
    expect(operations(await world.changes())).toEqual(['CreateTaskSet', 'CreateTaskSet', 'UpdateTaskSet']);
  });

  it('is made of the old version’s content when its revision was deregistered since', async () => {
    const handle = await begin();
    const ecs = new ECSClient({ region: 'eu-central-1' });
    const { taskDefinitionArn } = handle.snapshot.primary!;
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: taskDefinitionArn }));
    await world.forgetCalls();
    await world.advance(handle, { at: 'BASELINE_READY', scale: 30 });
    expect(operations(await world.changes())).toEqual(['RegisterTaskDefinition', 'CreateTaskSet']);
    expect(standingSets(world.sandbox)).toContainEqual({ image: OLD, group: 'white', status: 'ACTIVE', scale: 30 });
  });

  it('gets its share in the same write as the canary, and the words say all three', async () => {
    const handle = await begin();
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    await world.advance(handle, { at: 'BASELINE_READY', scale: 30 }, { stage: 'stage-1' });
    await world.forgetCalls();
    const done = await world.advance(handle, { at: 'TRAFFIC', canary: 20, baseline: 15 }, { stage: 'stage-2' });
    const wanted = { primary: 65, canary: 20, baseline: 15 };
    expect(done.traffic).toMatchObject({ wanted, verified: wanted });
    expect(done.detail).toBe('65/20/15 verified');
    expect(done.log.map(({ text }) => text).join('\n')).toContain(
      '65/20/15 between blue, green and white in 1 rule(s)',
    );
    expect(operations(await world.changes())).toEqual(['ModifyListener']);
    expect(allWeights(world.sandbox)).toEqual([[65, 20, 15]]);

    const { snapshot, release, deployment } = handle;
    const seen = { provider: 'aws', app: 'shop', deployment, snapshot, targetGroups: release.targetGroups, wanted };
    await expect(world.act('observe', seen)).resolves.toMatchObject({ traffic: { verified: wanted } });
    await world.meddle([forwardAll(65, 15, 20)]);
    await expect(world.act('observe', seen)).rejects.toMatchObject({
      type: FAILURE.changedByOthers,
      message: expect.stringContaining('to 65/15/20; this deployment had written 65/20/15') as string,
    });
  });

  it('gets none before it stands, and is not removed while it gets some', async () => {
    const handle = await begin();
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    await expect(
      world.advance(handle, { at: 'TRAFFIC', canary: 20, baseline: 20 }, { stage: 'stage-1' }),
    ).rejects.toMatchObject({
      type: FAILURE.stage,
      message: expect.stringContaining('No baseline stands') as string,
    });
    const traffic = await bothAt(world, handle, 20, 20);
    await expect(world.advance(handle, { at: 'BASELINE_GONE' }, { stage: 'stage-3', traffic })).rejects.toMatchObject({
      type: FAILURE.stage,
      message: expect.stringMatching(/Requests can still reach white.*ECS_BASELINE_CLEAN/) as string,
    });
    await expect(
      world.advance(handle, { at: 'BASELINE_READY', scale: 10 }, { stage: 'stage-3', traffic }),
    ).resolves.toBeDefined();
  });

  it('can go before the canary, whose share stays', async () => {
    const handle = await begin();
    const traffic = await bothAt(world, handle, 20, 20);
    const alone = await world.advance(handle, { at: 'TRAFFIC', canary: 20 }, { stage: 'stage-3', traffic });
    await world.advance(handle, { at: 'BASELINE_GONE' }, { stage: 'stage-4', traffic: alone.traffic });
    expect(allWeights(world.sandbox)).toEqual([[80, 20, 0]]);
    expect(standingSets(world.sandbox).map(({ group }) => group)).toEqual(['blue', 'green']);
    expect(world.sandbox.state().counters).toMatchObject(NO_503);
  });

  it('that the pipeline left is removed at the end, and named when it still takes requests', async () => {
    const handle = await begin();
    const traffic = await bothAt(world, handle, 20, 20);
    await world.advance(handle, { at: 'PROMOTED' }, { stage: 'stage-3', traffic });
    const { log } = await world.act('finish', { handle });
    expect(log.filter(({ level }) => level === 'warning').map(({ text }) => text)).toEqual([
      expect.stringContaining('still takes requests and stays') as string,
      expect.stringContaining('still takes requests and stays') as string,
    ]);
    const back = await world.advance(handle, { at: 'TRAFFIC', canary: 0 }, { stage: 'stage-4', traffic });
    await world.advance(handle, { at: 'CANARY_GONE' }, { stage: 'stage-5', traffic: back.traffic });
    await world.act('finish', { handle });
    expectNewAlone();
  });

  it('of an earlier deployment is named, and removed by a quick sync', async () => {
    const handle = await begin();
    await bothAt(world, handle, 20, 20);
    const release = releaseWithBaseline(NEW);
    await expect(world.start(release)).rejects.toThrow(/gives 60\/20\/20 to blue, green and white, not 100\/0/);
    await world.meddle([forwardAll(100, 0, 0)]);
    await expect(world.start(release)).rejects.toThrow(/1 task\(s\) in white: two versions would be mixed/);
    await world.meddle([forwardAll(60, 20, 20)]);
    const sync = await world.start(release, { repair: true });
    const { traffic } = await world.advance(sync, { at: 'SYNCED' });
    expect(traffic?.wanted).toEqual({ primary: 100, canary: 0 });
    await world.act('finish', { handle: sync });
    expectNewAlone();
  });
});

describe('a lost answer', () => {
  beforeEach(async () => {
    world = await startWorld({ world: threeGroups() });
    await world.standing(OLD, releaseWithBaseline(OLD));
    await world.forgetCalls();
  });

  it.each(['loseAnswer', 'truncate'])('at every change (%s) makes no baseline twice', async (mode) => {
    for (const operation of new Set(WHOLE)) await world.fault({ kind: 'api', operation, mode, times: 3 });
    await world.fault({ kind: 'consistency', hideSeconds: 0.06 });
    await wholeDelivery();
    expect(operations(await world.changes())).toEqual(WHOLE);
    expectNewAlone();
  });
});
