import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import type { WaitApprovalStage } from '../../model/stage.js';
import { deploymentSignals, deploymentUpdates, supersedeSignal } from '../../workflows/messages.js';
import { analysisStage, canaryPipeline, release } from '../support/release.js';
import { rollouts, stageIs, until } from './rollouts.js';

const { world, changes, pass, start } = rollouts();
const someone = { by: 'ann', reason: 'because' };

function gate(over: Partial<WaitApprovalStage> = {}): WaitApprovalStage {
  return { id: 'stage-2', name: 'WAIT_APPROVAL', timeout: HOUR, approvers: [], minApprovers: 1, ...over };
}

describe('a gate', () => {
  test('is not skipped by one who may not approve it', async () => {
    const handle = await start({ release: release({ pipeline: canaryPipeline(gate({ approvers: ['ann'] })) }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await expect(
      handle.executeUpdate(deploymentUpdates.skip, { args: [{ by: 'eve', reason: 'hurry' }] }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringContaining('eve is not among the approvers') as string },
    });
    await handle.executeUpdate(deploymentUpdates.skip, { args: [someone] });
    expect((await handle.result()).stages[2]).toMatchObject({ status: 'SKIPPED' });
  });

  test('of an ANALYSIS that saw too little is skipped, and cancelled, like any other', async () => {
    world.outcome = (window) => (window === 1 ? 'PASS' : 'NO_DATA');
    const skipped = await start();
    await until(skipped, stageIs('stage-2', 'RUNNING'));
    await pass('45m');
    await until(skipped, (d) => d.status === 'WAITING_APPROVAL');
    await skipped.executeUpdate(deploymentUpdates.skip, { args: [someone] });
    const document = await skipped.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]).toMatchObject({ status: 'SKIPPED', reason: 'Skipped by ann: because.' });
    expect(document.analysis).toHaveLength(1);

    const cancelled = await start();
    await until(cancelled, stageIs('stage-2', 'RUNNING'));
    await pass('45m');
    await until(cancelled, (d) => d.status === 'WAITING_APPROVAL');
    await cancelled.executeUpdate(deploymentUpdates.cancel, { args: [someone] });
    const end = await cancelled.result();
    expect(end.status).toBe('CANCELLED');
    expect(end.stages[2]).toMatchObject({ name: 'ANALYSIS', status: 'CANCELLED' });
    expect(end.stages[2]?.expectedEndAt).toBeUndefined();
    expect(end.analysis).toHaveLength(1);
  });

  test('that waits is cancelled with what was done kept', async () => {
    const handle = await start({ release: release({ pipeline: canaryPipeline(gate()) }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [{ ...someone, rollback: false }] });
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED' });
    expect(world.ended[0]?.kept).toBeDefined();
  });
});

describe('a limit of time', () => {
  test('holds for a pause: what nobody resumes goes back', async () => {
    const handle = await start({ release: release({ pipeline: canaryPipeline(gate()), timeout: 2 * HOUR }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    await handle.executeUpdate(deploymentUpdates.pause, { args: [someone] });
    await handle.executeUpdate(deploymentUpdates.approve, { args: [someone] });
    const document = await handle.result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.reason).toBe('Nobody resumed it within its time limit of 2h: paused by ann: because.');
    expect(changes().slice(-2)).toEqual([expect.stringContaining('restoreTraffic'), 'cleanUp']);
  });

  test('of the whole deployment ends a WAIT that is longer', async () => {
    const wait = { id: 'stage-2', name: 'WAIT', duration: 10 * HOUR, timeout: 11 * HOUR } as const;
    const document = await (
      await start({ release: release({ pipeline: canaryPipeline(wait), timeout: 2 * HOUR }) })
    ).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.reason).toBe('WAIT was not over within 2h, the time limit of the whole deployment.');
    expect(document.stages[2]).toMatchObject({ status: 'FAILED' });
  });

  test('of the deployment is named where it is what ended an ANALYSIS', async () => {
    const pipeline = canaryPipeline(analysisStage({ duration: 5 * HOUR, maxDuration: 5 * HOUR }));
    const document = await (await start({ release: release({ pipeline, timeout: 2 * HOUR }) })).result();
    expect(document.reason).toBe('ANALYSIS was not over within 2h, the time limit of the whole deployment.');
  });
});

describe('what people send', () => {
  test('from Temporal’s page with no payload stops no deployment', async () => {
    const handle = await start({}, false);
    await handle.signal('supersede');
    expect(await handle.result()).toMatchObject({ status: 'SUPERSEDED' });
  });

  test('after it began is no reason to be superseded', async () => {
    world.endless.add('TRAFFIC');
    const handle = await start();
    await until(handle, stageIs('stage-1', 'RUNNING'));
    await handle.signal(supersedeSignal, { by: 'shop-99' });
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [someone] });
    expect(await handle.result()).toMatchObject({ status: 'CANCELLED' });
  });

  test('stays in the trail, the newest of it, however much a script sends', async () => {
    const handle = await start({ release: release({ pipeline: canaryPipeline(gate()) }) });
    await until(handle, (d) => d.status === 'WAITING_APPROVAL');
    for (let i = 0; i < 210; i++)
      await handle.signal(deploymentSignals.resume, { by: 'script', reason: 'x'.repeat(5_000) });
    await handle.executeUpdate(deploymentUpdates.reject, { args: [someone] });
    const { trail } = await handle.result();
    expect(trail[0]).toMatchObject({ action: 'deploy' });
    expect(trail.at(-1)).toMatchObject({ action: 'reject', by: 'ann' });
    expect(JSON.stringify(trail).length).toBeLessThan(300_000);
  });

  test('as a cancel before the turn says no more than what happened', async () => {
    const handle = await start({}, false);
    await handle.cancel();
    const document = await handle.result();
    expect(document).toMatchObject({ status: 'CANCELLED', reason: 'Cancelled in Temporal. Nothing had been changed.' });
    expect(document.trail.at(-1)).toMatchObject({ action: 'cancel', by: 'somebody in the Temporal UI' });
  });

  test('while only the old task set is left to remove is refused in words that fit', async () => {
    world.endlessFinish = true;
    const pipeline = canaryPipeline().filter(({ name }) => name !== 'ANALYSIS');
    const handle = await start({ release: release({ pipeline }) });
    await until(handle, stageIs('stage-5', 'SUCCEEDED'));
    const listed = await handle.describe();
    expect(listed.memo).toMatchObject({
      document: {
        stages: expect.arrayContaining([expect.objectContaining({ id: 'stage-5', status: 'SUCCEEDED' })]) as unknown,
      },
    });
    await expect(handle.executeUpdate(deploymentUpdates.cancel, { args: [someone] })).rejects.toMatchObject({
      cause: { message: expect.stringContaining('has all of the traffic') as string },
    });
    world.endlessFinish = false;
    expect(await handle.result()).toMatchObject({ status: 'SUCCEEDED' });
  });
});

test('a rollback that fails for good for days asks ever less often, and says why once', async () => {
  world.outcome = () => 'FAIL';
  world.rollbackFailures = 60;
  world.rollbackError = () => `AccessDenied, request ${world.calls.length}`;
  const handle = await start();
  const document = await handle.result();
  expect(document.status).toBe('ROLLED_BACK');
  expect(changes().filter((c) => c.startsWith('restoreTraffic'))).toHaveLength(61);
  expect(document.warnings.filter((w) => w.includes('took long'))).toHaveLength(1);
  const took = Date.parse(document.completedAt ?? '') - Date.parse(document.startedAt ?? '');
  // 50,000 events are the server's end of a workflow: at least twelve days of failures must fit.
  expect(took / 60).toBeGreaterThan(4 * MINUTE);
});

test('the name of an image may be as long as a registry allows', async () => {
  const image = `${'r'.repeat(250)}/${'n'.repeat(60)}@sha256:${'f'.repeat(64)}`;
  const document = await (await start({ release: release({ image }) })).result();
  expect(document.status).toBe('SUCCEEDED');
});
