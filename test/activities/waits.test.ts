import { DeleteTaskSetCommand, DeregisterTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FAILURE } from '../../model/failure.js';
import type { DeliveryHandle } from '../../model/delivery.js';
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

async function expectFailure(work: Promise<unknown>, words: RegExp): Promise<void> {
  await expect(work).rejects.toMatchObject({
    type: FAILURE.stage,
    message: expect.stringMatching(words) as string,
  });
}

describe('the wait for a version', () => {
  let handle: DeliveryHandle;
  beforeEach(async () => {
    await world.standing(OLD);
    handle = await world.start(releaseOf(NEW));
  });

  it.each([
    ['atStart', /again and again.*Essential container/i],
    ['cannotPull', /again and again.*CannotPull/],
  ])('ends early when its tasks crash (%s), and says why', async (crash, words) => {
    await world.fault({ kind: 'version', image: NEW, crash });
    await expectFailure(world.advance(handle, { at: 'CANARY_READY', scale: 100 }), words);
  });

  it('lasts to the deadline when there is no room, and says so', async () => {
    await world.fault({ kind: 'version', image: NEW, noCapacity: true });
    const details: string[] = [];
    await expectFailure(
      world.advance(
        handle,
        { at: 'CANARY_READY', scale: 100 },
        { deadline: Date.now() + 1_000 },
        { onHeartbeat: ({ detail }) => void details.push(detail) },
      ),
      /ran out of time. 0 of 2 targets healthy on green/,
    );
    expect(details.join('\n')).toMatch(/0 of 2 tasks running, not steady yet/);
  });

  it('waits for a place while deleted sets drain, and says so', async () => {
    const ecs = new ECSClient({ region: 'eu-central-1' });
    const { cluster, serviceName: service } = handle.release.service;
    const slow = world.sandbox
      .state()
      .world.targetGroups.map((group) => ({ ...group, deregistrationDelaySeconds: 900 }));
    Object.assign(world.sandbox.state().world.targetGroups, slow);
    for (let made = 0; made < 4; made += 1) {
      const other = { ...handle, uid: `other-${made}` };
      await world.advance(other, { at: 'CANARY_READY', scale: 10 });
      const [set] = world.sandbox.state().taskSets.filter(({ tags }) => tags['sluice:uid'] === other.uid);
      await ecs.send(new DeleteTaskSetCommand({ cluster, service, taskSet: set?.arn, force: true }));
    }
    const details: string[] = [];
    await world.advance(
      handle,
      { at: 'CANARY_READY', scale: 30 },
      {},
      { onHeartbeat: ({ detail }) => void details.push(detail) },
    );
    expect(details.join('\n')).toMatch(/five task sets, [1-4] of them draining; waiting for a place/);
    expect(standingSets(world.sandbox)).toHaveLength(2);
  });

  it('does not take a set for absent because reads do not show it yet', async () => {
    await world.fault({ kind: 'consistency', hideSeconds: 0.5 });
    await world.forgetCalls();
    await world.advance(handle, { at: 'CANARY_READY', scale: 30 });
    expect(operations(await world.changes())).toEqual(['CreateTaskSet']);
  });
});

describe('the canary', () => {
  it('is rescaled where an earlier stage made it, and not below what its requests need', async () => {
    await world.standing(OLD);
    const handle = await world.start(releaseOf(NEW));
    await world.advance(handle, { at: 'CANARY_READY', scale: 50 });
    await world.forgetCalls();
    await world.advance(handle, { at: 'CANARY_READY', scale: 100 }, { stage: 'stage-2' });
    expect(operations(await world.changes())).toEqual(['UpdateTaskSet']);
    const { traffic } = await world.advance(handle, { at: 'TRAFFIC', canary: 100 }, { stage: 'stage-3' });
    await expectFailure(
      world.advance(handle, { at: 'CANARY_READY', scale: 50 }, { stage: 'stage-4', traffic }),
      /too few for 100 %/,
    );
  });
});

describe('begin', () => {
  it('registers a content once, whoever asks', async () => {
    const service = (serviceName: string) => ({ service: { ...releaseOf(OLD).service, serviceName } });
    await Promise.all(['one', 'two', 'three'].map((name) => world.start(releaseOf(OLD, service(name)))));
    await world.start(releaseOf(OLD, service('one')));
    expect(operations(await world.changes()).filter((name) => name === 'RegisterTaskDefinition')).toHaveLength(1);
  });

  it('takes the revision of an earlier deployment, and registers it again when somebody deregistered it', async () => {
    const elder = await world.standing(OLD);
    await world.standing(NEW);
    await world.forgetCalls();
    const release = releaseOf(OLD);
    const found = await world.act('preflight', {
      app: 'shop',
      deployment: 'shop-9',
      release,
      adopt: false,
      repair: false,
    });
    const again = {
      app: 'shop',
      deployment: 'shop-9',
      uid: 'again',
      // As an application asks: the release that runs tells the service, the revision tells the version.
      release: releaseOf(NEW),
      snapshot: found.snapshot,
      taskDefinitionArn: elder.taskDefinitionArn,
    };
    expect((await world.act('begin', again)).handle.taskDefinitionArn).toBe(elder.taskDefinitionArn);
    expect(await world.changes()).toEqual([]);
    const ecs = new ECSClient({ region: 'eu-central-1' });
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: elder.taskDefinitionArn }));
    const { handle } = await world.act('begin', again);
    expect(handle.taskDefinitionArn).not.toBe(elder.taskDefinitionArn);
    const revision = world.sandbox.state().taskDefinitions.find(({ arn }) => arn === handle.taskDefinitionArn);
    expect(revision).toMatchObject({ active: true, images: [OLD] });
  });

  it('sends a desired count that the file changed, and leaves one that somebody scaled', async () => {
    await world.standing(OLD);
    await world.forgetCalls();
    const { service } = releaseOf(OLD);
    await world.start(releaseOf(OLD, { service: { ...service, desiredCount: 3 } }));
    expect(await world.changes()).toMatchObject([{ operation: 'UpdateService', parameters: { desiredCount: 3 } }]);
    await expect
      .poll(() => world.sandbox.state().taskSets.every(({ steady }) => steady), { timeout: 5_000 })
      .toBe(true);
    // The file of the running version still says 2, and so does this one: the 3 is somebody's.
    await world.forgetCalls();
    await world.start(releaseOf(OLD));
    expect(await world.changes()).toEqual([]);
  });

  it('brings the service fields to what the file says', async () => {
    await world.standing(OLD);
    await world.forgetCalls();
    const { service } = releaseOf(OLD);
    const updateService = { ...service.updateService, healthCheckGracePeriodSeconds: 60 };
    await world.start(releaseOf(OLD, { service: { ...service, updateService } }));
    expect(await world.changes()).toMatchObject([
      { operation: 'UpdateService', parameters: { healthCheckGracePeriodSeconds: 60 } },
    ]);
  });
});

describe('quick sync', () => {
  it('puts weights right that an earlier run left, before it touches the version', async () => {
    await world.standing(OLD);
    const other = await world.start(releaseOf('nginx:1.5'));
    await world.advance(other, { at: 'CANARY_READY', scale: 50 });
    await world.meddle([forward(70, 30)]);
    await world.forgetCalls();
    const handle = await world.start(releaseOf(NEW), { repair: true });
    await world.advance(handle, { at: 'SYNCED' });
    await world.act('finish', { handle });
    expect(operations(await world.changes())).toEqual([
      'RegisterTaskDefinition',
      'ModifyListener',
      'CreateTaskSet',
      'UpdateServicePrimaryTaskSet',
      'UpdateTaskSet',
      'DeleteTaskSet',
      'DeleteTaskSet',
    ]);
    expect(weightsNow(world.sandbox)).toEqual([[100, 0]]);
    expect(standingSets(world.sandbox)).toEqual([{ image: NEW, group: 'blue', status: 'PRIMARY', scale: 100 }]);
    expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  });

  it('moves a primary that stands in the other group with all requests, and can go back to it', async () => {
    const swapped = releaseOf(OLD);
    const { primary, canary } = swapped.targetGroups;
    if (!canary) throw new Error('the example has two groups');
    await world.meddle([forward(0, 100)]);
    const elder = await world.start({ ...swapped, targetGroups: { primary: canary } });
    await world.advance(elder, { at: 'SYNCED' });
    await world.forgetCalls();

    const handle = await world.start(releaseOf(NEW), { repair: true });
    await world.advance(handle, { at: 'SYNCED' });
    expect(weightsNow(world.sandbox)).toEqual([[100, 0]]);
    await world.act('restoreTraffic', { handle, reason: 'x' });
    await world.act('cleanUp', { handle, reason: 'x' });
    expect(weightsNow(world.sandbox)).toEqual([[0, 100]]);
    expect(standingSets(world.sandbox)).toEqual([{ image: OLD, group: 'green', status: 'PRIMARY', scale: 100 }]);
    expect(primary?.targetGroupArn).not.toBe(canary.targetGroupArn);
    expect(world.sandbox.state().counters).toMatchObject({ emptyGroup503: 0, failOpen: 0 });
  });
});
