import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import type { ScriptStage } from '../../model/stage.js';
import { deploymentUpdates } from '../../workflows/messages.js';
import type { DeploymentInput } from '../../workflows/messages.js';
import { canaryPipeline, release } from '../support/release.js';
import { rollouts, stageIs, until } from './rollouts.js';

const { world, changes, start } = rollouts();

function scripted(over: Partial<ScriptStage> = {}, more: Partial<DeploymentInput> = {}): Partial<DeploymentInput> {
  const stage: ScriptStage = {
    id: 'stage-2',
    name: 'SCRIPT_RUN',
    timeout: HOUR,
    run: 'smoke',
    onRollback: 'undo smoke',
    ...over,
  };
  return { release: release({ pipeline: canaryPipeline(stage) }), ...more };
}
const scripts = (): string[] => changes().filter((call) => call.startsWith('runScript'));

describe('a script', () => {
  test('that ends well lets the deployment go on, and nothing is undone', async () => {
    const document = await (await start(scripted())).result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]).toMatchObject({ name: 'SCRIPT_RUN', status: 'SUCCEEDED', detail: 'smoke done' });
    expect(scripts()).toEqual(['runScript stage-2: smoke']);
  });

  test('that fails rolls back, and is undone when the requests are off the new version', async () => {
    world.failing.add('smoke');
    const document = await (await start(scripted())).result();
    expect(document).toMatchObject({ status: 'ROLLED_BACK', reason: 'The command ended with exit code 3.' });
    expect(changes().slice(-3)).toEqual([
      `restoreTraffic ${document.reason}`,
      'cleanUp',
      'runScript stage-2-rollback: undo smoke (rollback)',
    ]);
    expect(document.stages.at(-1)).toMatchObject({
      id: 'stage-2-rollback',
      name: 'SCRIPT_RUN_ROLLBACK',
      status: 'SUCCEEDED',
    });
  });

  test('whose undoing fails leaves a warning and a deployment that ended', async () => {
    world.failing.add('smoke').add('undo smoke');
    const document = await (await start(scripted())).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.stages.at(-1)).toMatchObject({ name: 'SCRIPT_RUN_ROLLBACK', status: 'FAILED' });
    expect(document.warnings).toContain(
      'The onRollback command of stage-2 failed: The command ended with exit code 3.',
    );
  });

  test('that had not begun is not undone', async () => {
    world.unreachable.add('TRAFFIC');
    const document = await (await start(scripted())).result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(scripts()).toEqual([]);
  });

  test('that hangs is skipped by a person, and its process has ended before the next stage', async () => {
    world.endlessScripts.add('smoke');
    const handle = await start(scripted());
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.skip, { args: [{ by: 'ann', reason: 'it hangs' }] });
    const document = await handle.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]).toMatchObject({ status: 'SKIPPED', reason: 'Skipped by ann: it hangs.' });
  });

  test('that hangs is cancelled with its deployment, and undone', async () => {
    world.endlessScripts.add('smoke');
    const handle = await start(scripted());
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await handle.executeUpdate(deploymentUpdates.cancel, { args: [{ by: 'ann', reason: 'enough' }] });
    const document = await handle.result();
    expect(document.status).toBe('CANCELLED');
    expect(scripts()).toEqual(['runScript stage-2: smoke', 'runScript stage-2-rollback: undo smoke (rollback)']);
  });
});

describe('skipOn', () => {
  const skipOn = { commitMessagePrefixes: ['docs:'], paths: ['docs/**'] };

  test('leaves a stage out for its commit, and says why', async () => {
    const commit = { hash: 'a1', changedPaths: ['docs/a.md'] };
    const document = await (await start(scripted({ skipOn }, { commit }))).result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]).toMatchObject({ status: 'SKIPPED', reason: 'skipOn: only docs/a.md changed.' });
    expect(scripts()).toEqual([]);
  });

  test('leaves nothing out for another, nor undoes what was left out', async () => {
    const commit = { hash: 'a1', message: 'fix: it', changedPaths: ['src/a.ts'] };
    await (await start(scripted({ skipOn, timeout: MINUTE }, { commit }))).result();
    expect(scripts()).toEqual(['runScript stage-2: smoke']);
    world.calls = [];
    world.unreachable.add('PROMOTED');
    const left = await (await start(scripted({ skipOn }, { commit: { hash: 'a2', message: 'docs: it' } }))).result();
    expect(left.status).toBe('ROLLED_BACK');
    expect(scripts()).toEqual([]);
  });
});
