import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import type { Stage } from '../../model/stage.js';
import { oldNotice, WEBHOOK } from '../../model/notification.js';
import { deploymentUpdates } from '../../workflows/messages.js';
import type { DeploymentInput } from '../../workflows/messages.js';
import { taskRelease } from '../support/release.js';
import { rollouts, stageIs, until } from './rollouts.js';

const { world, changes, start } = rollouts();

const SYNC: Stage = { id: 'run', name: 'ECS_SYNC', timeout: HOUR };
const APPROVAL: Stage = { id: 'ask', name: 'WAIT_APPROVAL', timeout: HOUR, approvers: [], minApprovers: 1 };
const SCRIPT: Stage = { id: 'prepare', name: 'SCRIPT_RUN', timeout: MINUTE, run: 'prepare', onRollback: 'undo' };

function task(pipeline: Stage[] = [], more: Partial<DeploymentInput> = {}): Partial<DeploymentInput> {
  return { release: taskRelease({ pipeline }), ...more };
}
const BY_ANN = { by: 'ann', reason: 'enough' };

/** What the one webhook was told, in its words. */
const webhook = (): unknown[] =>
  world.told.filter(({ receiver }) => receiver === WEBHOOK).map(({ notice }) => oldNotice(notice)?.event);

describe('a standalone task', () => {
  test('is registered, run and waited for, and touches no service', async () => {
    const document = await (await start(task())).result();
    expect(document).toMatchObject({
      status: 'SUCCEEDED',
      reason: 'nginx:2 ran to its end.',
      version: { taskDefinition: 'jobs:1' },
      stages: [{ name: 'ECS_SYNC', status: 'SUCCEEDED', detail: 'job ended with exit code 0.' }],
    });
    expect(changes()).toEqual([`inspectTask ${document.id}`, 'registerTask nginx:2', 'runTask stage-0']);
    // No version that a rollback could bring back.
    expect(world.ended[0]?.entry).not.toHaveProperty('taskDefinition');
    expect(world.ended[0]).not.toHaveProperty('kept');
  });

  test('that fails is told so; nothing is taken back', async () => {
    world.task = 'BAD';
    const document = await (await start(task())).result();
    expect(document).toMatchObject({
      status: 'FAILED',
      reason: 'job ended with exit code 3. The task had ended.',
      stages: [
        { name: 'ECS_SYNC', status: 'FAILED', reason: 'job ended with exit code 3.' },
        { name: 'ROLLBACK', status: 'SUCCEEDED', detail: 'The task had ended' },
      ],
    });
    expect(webhook()).toEqual(['TASK_FAILED']);
    expect(changes()).not.toContain('finish');
  });

  test('that is cancelled is stopped', async () => {
    world.task = 'ENDLESS';
    world.stopped = 'STOPPED';
    const handle = await start(task());
    await until(handle, stageIs('stage-0', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [BY_ANN] });
    expect(await handle.result()).toMatchObject({
      status: 'CANCELLED',
      reason: 'Cancelled by ann: enough. The task was stopped.',
    });
    expect(changes().at(-1)).toBe('stopTask Cancelled by ann: enough.');
    expect(webhook()).toEqual([]);
  });

  test('that is rolled back is stopped, and not called rolled back', async () => {
    world.task = 'ENDLESS';
    world.stopped = 'STOPPED';
    const handle = await start(task());
    await until(handle, stageIs('stage-0', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.rollback, { args: [BY_ANN] });
    expect(await handle.result()).toMatchObject({
      status: 'CANCELLED',
      reason: 'Cancelled by ann: enough. The task was stopped.',
    });
  });

  test('that is cancelled and kept goes on, and nothing has to be restored', async () => {
    world.task = 'ENDLESS';
    const handle = await start(task());
    await until(handle, stageIs('stage-0', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [{ ...BY_ANN, rollback: false }] });
    const document = await handle.result();
    expect(document.status).toBe('CANCELLED');
    expect(document.reason).toMatch(/A task that runs goes on, and is not watched any more\.$/);
    expect(changes().some((call) => call.startsWith('stopTask'))).toBe(false);
    expect(world.ended[0]).not.toHaveProperty('kept');
  });

  test('waits for people before it runs; rejected, it never ran', async () => {
    world.stopped = 'NONE';
    const approved = await start(task([APPROVAL, SYNC]));
    await until(approved, ({ status }) => status === 'WAITING_APPROVAL');
    expect(changes().some((call) => call.startsWith('runTask'))).toBe(false);
    await approved.executeUpdate(deploymentUpdates.approve, { args: [BY_ANN] });
    expect((await approved.result()).status).toBe('SUCCEEDED');
    expect(changes().at(-1)).toBe('runTask run');

    world.calls.length = 0;
    const rejected = await start(task([APPROVAL, SYNC]));
    await until(rejected, ({ status }) => status === 'WAITING_APPROVAL');
    await rejected.executeUpdate(deploymentUpdates.reject, { args: [BY_ANN] });
    expect(await rejected.result()).toMatchObject({ status: 'FAILED' });
    expect(changes().some((call) => call.startsWith('runTask'))).toBe(false);
  });

  test('that fails has the scripts before it undone', async () => {
    world.task = 'BAD';
    const document = await (await start(task([SCRIPT, SYNC]))).result();
    expect(document.status).toBe('FAILED');
    expect(changes().slice(-2)).toEqual([
      'stopTask job ended with exit code 3.',
      'runScript prepare-rollback: undo (rollback)',
    ]);
  });

  test('with autoRollback off is stopped all the same, and its scripts are left', async () => {
    world.task = 'BAD';
    const release = taskRelease({ pipeline: [SCRIPT, SYNC], autoRollback: false });
    expect((await (await start({ release })).result()).status).toBe('FAILED');
    expect(changes().at(-1)).toBe('stopTask job ended with exit code 3.');
  });

  test('that is not to be run is registered', async () => {
    const release = taskRelease({ task: { cluster: 'main', launchType: 'FARGATE', run: false } });
    const document = await (await start({ release })).result();
    expect(document).toMatchObject({
      status: 'SUCCEEDED',
      reason: 'nginx:2 is registered.',
      stages: [{ status: 'SUCCEEDED', reason: expect.stringContaining('runStandaloneTask: false') as string }],
    });
    expect(changes()).toEqual([`inspectTask ${document.id}`, 'registerTask nginx:2']);
  });

  test('in another account ends before anything is run', async () => {
    world.inspected = { problems: ['The cluster is elsewhere.'] };
    const document = await (await start(task())).result();
    expect(document).toMatchObject({ status: 'FAILED', reason: 'The cluster is elsewhere.', stages: [] });
    expect(changes()).toEqual([`inspectTask ${document.id}`]);
  });
});
