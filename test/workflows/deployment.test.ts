import { describe, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { deploymentSignals, deploymentUpdates, goSignal, supersedeSignal } from '../../workflows/messages.js';
import { analysisStage, baselinePipeline, canaryPipeline, release } from '../support/release.js';
import { rollouts, stageIs, until } from './rollouts.js';

const { world, changes, heard, pass, start } = rollouts();
const someone = { by: 'ann', reason: 'because' };

describe('the way to success', () => {
  test('a canary goes through all its stages and is promoted', async () => {
    const document = await (await start()).result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages.map((s) => `${s.name} ${s.status}`)).toEqual([
      'ECS_CANARY_ROLLOUT SUCCEEDED',
      'ECS_TRAFFIC_ROUTING SUCCEEDED',
      'ANALYSIS SUCCEEDED',
      'ECS_PRIMARY_ROLLOUT SUCCEEDED',
      'ECS_TRAFFIC_ROUTING SUCCEEDED',
      'ECS_CANARY_CLEAN SUCCEEDED',
    ]);
    expect(document.analysis[0]).toMatchObject({ metric: 'metrics-0', verdict: 'PASS', counts: { PASS: 3 } });
    expect(document.traffic).toEqual({ wanted: { primary: 100, canary: 0 }, verified: { primary: 100, canary: 0 } });
    expect(changes().at(-1)).toBe('finish');
    expect(world.ended).toMatchObject([{ entry: { id: document.id, status: 'SUCCEEDED', taskDefinition: 'shop:2' } }]);
    expect(heard()).toEqual([]);
  });

  test('a baseline stands beside the canary, and goes before it', async () => {
    const document = await (await start({ release: release({ pipeline: baselinePipeline() }) })).result();
    expect(document.status).toBe('SUCCEEDED');
    expect(changes().filter((change) => change.startsWith('advance'))).toEqual([
      'advance CANARY_READY',
      'advance BASELINE_READY',
      'advance TRAFFIC 20 + 20',
      'advance PROMOTED',
      'advance TRAFFIC 0',
      'advance BASELINE_GONE',
      'advance CANARY_GONE',
    ]);
    expect(document.traffic).toEqual({ wanted: { primary: 100, canary: 0 }, verified: { primary: 100, canary: 0 } });
  });

  test('a first deployment is a quick sync', async () => {
    world.preflight = { firstDeployment: true };
    const document = await (await start()).result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages.map((s) => s.name)).toEqual(['ECS_SYNC']);
  });

  test('nothing changed is a named no-op that changes nothing', async () => {
    world.preflight = { unchanged: true };
    const document = await (await start()).result();
    expect(document).toMatchObject({ status: 'SUCCEEDED', stages: [] });
    expect(document.reason).toMatch(/Nothing to do/);
    expect(changes().slice(1)).toEqual([]);
  });

  test('the pipeline can be asked for although nothing changed', async () => {
    world.preflight = { unchanged: true };
    const document = await (await start({ strategy: 'PIPELINE' })).result();
    expect(document.stages).toHaveLength(6);
  });

  test('an approval goes on with the name of the one who gave it', async () => {
    const pipeline = canaryPipeline();
    pipeline[2] = {
      id: 'stage-2',
      name: 'WAIT_APPROVAL',
      timeout: 60 * MINUTE,
      approvers: ['ann', 'bob'],
      minApprovers: 2,
    };
    const handle = await start({ release: release({ pipeline }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await expect(
      handle.executeUpdate(deploymentUpdates.approve, { args: [{ by: 'eve', reason: '' }] }),
    ).rejects.toThrow();
    await handle.executeUpdate(deploymentUpdates.approve, { args: [{ ...someone, stage: 'stage-2' }] });
    await expect(handle.executeUpdate(deploymentUpdates.approve, { args: [someone] })).rejects.toThrow();
    await handle.signal(deploymentSignals.approve, { by: 'bob', reason: 'fine' });
    const document = await handle.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]?.reason).toBe('Approved by ann, bob.');
    expect(document.trail.map((e) => `${e.action} ${e.by}`)).toEqual(['deploy ci', 'approve ann', 'approve bob']);
    expect(heard()).toEqual(['WAITING_APPROVAL']);
  });
});

describe('before anything was changed', () => {
  test('a problem that the preflight saw ends it FAILED', async () => {
    world.preflight = { problems: ['No rule forwards to both groups.'] };
    const document = await (await start()).result();
    expect(document).toMatchObject({ status: 'FAILED', reason: 'No rule forwards to both groups.' });
    expect(changes()).toHaveLength(1);
  });

  test('a pending one is superseded, or cancelled, without a look at AWS', async () => {
    const superseded = await start({}, false);
    await superseded.signal(supersedeSignal, { by: 'shop-99' });
    expect(await superseded.result()).toMatchObject({ status: 'SUPERSEDED' });
    const cancelled = await start({}, false);
    await cancelled.signal(deploymentSignals.cancel, someone);
    expect(await cancelled.result()).toMatchObject({ status: 'CANCELLED' });
    expect(changes()).toEqual([]);
  });
});

describe('the way back', () => {
  test('30m/10m at most 0.01 fails at the first judged window, and the next change takes the traffic off', async () => {
    world.outcome = () => 'FAIL';
    const document = await (await start()).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.reason).toMatch(/metrics-0 failed 1 of 1/);
    expect(changes().slice(-3)).toEqual(['measure metrics-0 1', `restoreTraffic ${document.reason}`, 'cleanUp']);
    expect(document.stages.at(-1)).toMatchObject({ name: 'ROLLBACK', status: 'SUCCEEDED' });
    expect(heard()).toEqual(['ROLLED_BACK']);
  });

  test('under a baseline’s traffic a rollback is told the three shares until they are back', async () => {
    world.endless.add('PROMOTED');
    const pipeline = baselinePipeline().filter(({ name }) => name !== 'ANALYSIS');
    const handle = await start({ release: release({ pipeline }) });
    const before = await until(handle, stageIs('stage-3', 'RUNNING'));
    const three = { primary: 60, canary: 20, baseline: 20 };
    expect(before.traffic).toEqual({ wanted: three, verified: three });
    await handle.executeUpdate(deploymentUpdates.rollback, { args: [someone] });
    const document = await handle.result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.traffic.wanted).toEqual({ primary: 100, canary: 0 });
    expect(changes().slice(-2)).toEqual([expect.stringContaining('restoreTraffic'), 'cleanUp']);
  });

  test('no data ever rolls back, and the reason says why', async () => {
    world.outcome = () => 'NO_DATA';
    const document = await (await start()).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.analysis[0]).toMatchObject({ verdict: 'NO_DATA', counts: { NO_DATA: 3, PASS: 0 } });
    expect(document.reason).toMatch(/no point|no data|nothing/i);
  });

  test('too little data waits for a person, and expires into a rollback', async () => {
    world.outcome = (window) => (window === 1 ? 'PASS' : 'NO_DATA');
    const document = await (await start()).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.reason).toMatch(/Nobody decided/);
    expect(heard()).toEqual(['WAITING_APPROVAL', 'ROLLED_BACK']);
  });

  test('too little data is extended up to maxDuration', async () => {
    world.outcome = (window) => (window <= 3 ? 'NO_DATA' : 'PASS');
    const pipeline = canaryPipeline(analysisStage({ maxDuration: 60 * MINUTE }));
    const document = await (await start({ release: release({ pipeline }) })).result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.analysis[0]?.counts).toMatchObject({ NO_DATA: 3, PASS: 2 });
  });

  test.each(['CANARY_READY', 'TRAFFIC', 'PROMOTED', 'CANARY_GONE'] as const)(
    'a stage that cannot reach %s',
    async (at) => {
      world.unreachable.add(at);
      const document = await (await start()).result();
      expect(document).toMatchObject({ status: 'ROLLED_BACK', reason: '3 tasks stopped: exit code 1.' });
      expect(changes().slice(-2)).toEqual(['restoreTraffic 3 tasks stopped: exit code 1.', 'cleanUp']);
      expect(document.stages.at(-2)?.status).not.toBe('SUCCEEDED');
    },
  );

  test('autoRollback off leaves all as it is and says so', async () => {
    world.outcome = () => 'FAIL';
    const document = await (await start({ release: release({ autoRollback: false }) })).result();
    expect(document.status).toBe('FAILED');
    expect(document.reason).toMatch(/autoRollback is off/);
    expect(changes().some((c) => c.startsWith('restoreTraffic'))).toBe(false);
    expect(world.ended[0]?.kept?.deployment).toBe(document.id);
  });

  test.each(['cancel', 'rollback'] as const)('%s stops a running stage and rolls back', async (name) => {
    world.endless.add('TRAFFIC');
    const handle = await start();
    await until(handle, stageIs('stage-1', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates[name], { args: [someone] });
    const document = await handle.result();
    expect(document.status).toBe(name === 'cancel' ? 'CANCELLED' : 'ROLLED_BACK');
    expect(document.stages[1]).toMatchObject({ status: 'CANCELLED' });
    expect(changes().at(-1)).toBe('cleanUp');
    expect(document.reason).toContain('by ann: because');
  });

  test.each(['TRAFFIC', 'CANARY_GONE'] as const)(
    'a rollback that comes when %s is all but reached is done',
    async (at) => {
      world.reachedAtLast.add(at);
      const stage = at === 'TRAFFIC' ? 'stage-1' : 'stage-5';
      const pipeline = canaryPipeline().filter(({ name }) => name !== 'ANALYSIS');
      const handle = await start({ release: release({ pipeline }) });
      await until(handle, stageIs(stage, 'RUNNING'));
      await handle.executeUpdate(deploymentUpdates.rollback, { args: [someone] });
      const document = await handle.result();
      expect(document.status).toBe('ROLLED_BACK');
      expect(changes().slice(-2)).toEqual([expect.stringContaining('restoreTraffic'), 'cleanUp']);
      expect(changes()).not.toContain('finish');
    },
  );

  test('cancel can keep what was done, which the application is told', async () => {
    world.endless.add('TRAFFIC');
    const handle = await start();
    await until(handle, stageIs('stage-1', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [{ ...someone, rollback: false }] });
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED' });
    expect(changes().some((c) => c.startsWith('restoreTraffic'))).toBe(false);
    expect(world.ended[0]?.kept).toBeDefined();
  });

  test("Temporal's own cancel stops and rolls back", async () => {
    world.endless.add('TRAFFIC');
    const handle = await start();
    await until(handle, stageIs('stage-1', 'RUNNING'));
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED' });
    expect(changes().at(-1)).toBe('cleanUp');
  });

  test('a rejected approval rolls back', async () => {
    const pipeline = canaryPipeline();
    pipeline[2] = { id: 'stage-2', name: 'WAIT_APPROVAL', timeout: 60 * MINUTE, approvers: [], minApprovers: 1 };
    const handle = await start({ release: release({ pipeline }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await handle.executeUpdate(deploymentUpdates.reject, { args: [someone] });
    expect(await handle.result()).toMatchObject({
      status: 'ROLLED_BACK',
      reason: 'WAIT_APPROVAL was rejected by ann: because',
    });
  });

  test('a rollback that fails for good is begun again, and people are told what to do by hand', async () => {
    world.outcome = () => 'FAIL';
    world.rollbackFailures = 2;
    const document = await (await start()).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(changes().filter((c) => c.startsWith('restoreTraffic'))).toHaveLength(3);
    expect(heard()).toEqual(['ROLLBACK_STUCK', 'ROLLED_BACK']);
    expect(world.told[0]?.notice).toHaveProperty('commands');
  });

  test('what an earlier one was told to keep is undone first', async () => {
    const first = await start();
    await first.result();
    const kept = {
      ...(world.ended[0]?.kept ?? {}),
      app: 'shop',
      deployment: 'shop-1',
      uid: 'u',
      release: release(),
      taskDefinitionArn: 'shop:2',
    };
    world.calls.length = 0;
    const handle = await start({}, false);
    await handle.signal(goSignal, { restore: kept as never });
    const document = await handle.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(
      changes()
        .slice(0, 3)
        .map((c) => c.split(' ')[0]),
    ).toEqual(['restoreTraffic', 'cleanUp', 'preflight']);
  });
});

describe('controls', () => {
  test('an ANALYSIS that is cancelled on its way keeps what it had measured', async () => {
    const measured = new Promise<void>((resolve) => {
      world.outcome = (window) => {
        if (window === 2) resolve();
        return 'PASS';
      };
    });
    const pipeline = canaryPipeline(analysisStage({ duration: 300 * MINUTE, maxDuration: 300 * MINUTE }));
    const handle = await start({ release: release({ pipeline }) });
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await pass('25m');
    await measured;
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [someone] });
    const document = await handle.result();
    expect(document.status).toBe('CANCELLED');
    expect(document.analysis[0]).toMatchObject({ stage: 'stage-2', verdict: 'NOT_ENOUGH_DATA' });
    expect(document.analysis[0]?.measurements.map((m) => m.window)).toEqual([1, 2]);
  });

  test('skip ends a running ANALYSIS without a verdict', async () => {
    const pipeline = canaryPipeline({ id: 'stage-2', name: 'WAIT', duration: 600 * MINUTE, timeout: 900 * MINUTE });
    const handle = await start({ release: release({ pipeline }) });
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.skip, { args: [someone] });
    const document = await handle.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]).toMatchObject({ status: 'SKIPPED', reason: 'Skipped by ann: because.' });
  });

  test('pause holds the next step until it is resumed', async () => {
    world.endless.add('CANARY_GONE');
    const pipeline = canaryPipeline({
      id: 'stage-2',
      name: 'WAIT_APPROVAL',
      approvers: [],
      minApprovers: 1,
      timeout: 60 * MINUTE,
    });
    const handle = await start({ release: release({ pipeline }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await handle.executeUpdate(deploymentUpdates.pause, { args: [someone] });
    await handle.executeUpdate(deploymentUpdates.approve, { args: [someone] });
    const paused = await until(handle, (d) => d.status === 'PAUSED');
    expect(paused.stages[3]?.status).toBe('NOT_STARTED');
    await handle.executeUpdate(deploymentUpdates.resume, { args: [someone] });
    await until(handle, stageIs('stage-5', 'RUNNING'));
    await handle.signal(deploymentSignals.cancel, someone);
    await handle.result();
  });

  test('a control that the state does not allow is refused in words, and a signal of it is kept in the trail', async () => {
    world.endless.add('CANARY_READY');
    const handle = await start();
    await until(handle, stageIs('stage-0', 'RUNNING'));
    const refused = handle.executeUpdate(deploymentUpdates.approve, { args: [someone] });
    await expect(refused).rejects.toMatchObject({
      cause: { message: expect.stringContaining('not waiting') as string },
    });
    await handle.signal('skip');
    const document = await until(handle, (d) => d.trail.some((e) => e.action.startsWith('skip (refused')));
    expect(document.trail.at(-1)?.by).toBe('somebody in the Temporal UI');
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [someone] });
    await handle.result();
  });
});
