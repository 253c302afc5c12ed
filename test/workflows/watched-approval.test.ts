import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE } from '../../model/duration.js';
import type { Stage } from '../../model/stage.js';
import { deploymentSignals, type DeploymentInput } from '../../workflows/messages.js';
import { analysisStage, canaryPipeline, release } from '../support/release.js';
import { rollouts, stageIs, until } from './rollouts.js';

const { world, changes, pass, start } = rollouts();
const ann = { by: 'ann', reason: 'looks good' };

/** A deployment whose approval is watched by windows of ten minutes, for as long as the approval may take. */
function watched(): Partial<DeploymentInput> {
  const approval: Stage = {
    id: 'stage-2',
    name: 'WAIT_APPROVAL',
    timeout: 6 * HOUR,
    approvers: [],
    minApprovers: 1,
    analysis: { ...analysisStage({ duration: 30 * MINUTE }), name: 'ANALYSIS' },
  };
  return { release: release({ pipeline: canaryPipeline(approval) }) };
}

describe('an approval that is watched', () => {
  test('a window that fails while people decide rolls the deployment back', async () => {
    world.outcome = (window) => (window === 2 ? 'FAIL' : 'PASS');
    const handle = await start(watched());
    const document = await handle.result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.reason).toMatch(/metrics-0 failed 1 of 2 judged windows/);
    expect(document.stages[2]).toMatchObject({ name: 'WAIT_APPROVAL', status: 'FAILED', reason: document.reason });
    expect(document.analysis).toMatchObject([
      { stage: 'stage-2', metric: 'metrics-0', verdict: 'FAIL', counts: { PASS: 1, FAIL: 1 } },
    ]);
    expect(changes().slice(-2)).toEqual([`restoreTraffic ${document.reason}`, 'cleanUp']);
  });

  test('a pass is shown, and opens nothing', async () => {
    const handle = await start(watched());
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await pass('45 minutes');
    const waiting = await until(handle, (d) => d.analysis.length > 0);
    expect(waiting).toMatchObject({ status: 'WAITING_APPROVAL', analysis: [{ stage: 'stage-2', verdict: 'PASS' }] });
    expect(waiting.reason).toMatch(/^Waiting for 1 approval.*Meanwhile: PASS: 3 of 3 windows/);
    expect(waiting.stages[2]?.detail).toBe(waiting.reason);
    await handle.signal(deploymentSignals.approve, ann);
    const document = await handle.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.stages[2]).toMatchObject({ status: 'SUCCEEDED', reason: 'Approved by ann.' });
    expect(document.analysis).toHaveLength(1);
  });

  test('no data is shown, and neither opens nor fails', async () => {
    world.outcome = () => 'NO_DATA';
    const handle = await start(watched());
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await pass('45 minutes');
    const waiting = await until(handle, (d) => d.analysis.length > 0);
    expect(waiting).toMatchObject({ status: 'WAITING_APPROVAL', analysis: [{ verdict: 'NO_DATA' }] });
    const document = await handle.result();
    expect(document.status).toBe('ROLLED_BACK');
    expect(document.reason).toMatch(/^Nobody decided on WAIT_APPROVAL within/);
  });

  test('who approves ends the watching, and what it had measured is kept', async () => {
    const handle = await start(watched());
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await pass('15 minutes');
    await handle.signal(deploymentSignals.approve, ann);
    const document = await handle.result();
    expect(document.status).toBe('SUCCEEDED');
    expect(document.analysis).toMatchObject([
      {
        stage: 'stage-2',
        verdict: 'NOT_ENOUGH_DATA',
        counts: { PASS: 1 },
        reason: expect.stringMatching(/^Stopped/) as string,
      },
    ]);
    expect(changes().filter((change) => change.startsWith('measure'))).toEqual(['measure metrics-0 1']);
    expect(document.warnings).toEqual([]);
  });

  test('who rejects is the reason, and what was measured is kept', async () => {
    const handle = await start(watched());
    await until(handle, stageIs('stage-2', 'RUNNING'));
    await pass('15 minutes');
    await handle.signal(deploymentSignals.reject, { by: 'bob', reason: 'ugly' });
    const document = await handle.result();
    expect(document).toMatchObject({ status: 'ROLLED_BACK', reason: 'WAIT_APPROVAL was rejected by bob: ugly' });
    expect(document.analysis).toMatchObject([{ stage: 'stage-2', counts: { PASS: 1 } }]);
  });
});
