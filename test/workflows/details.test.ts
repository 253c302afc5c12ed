import { expect, test } from 'vitest';
import { detailsOf, pendingState } from '../../workflows/deployment-state.js';
import type { DeploymentState } from '../../workflows/deployment-state.js';
import { release } from '../support/release.js';

function state(over: Partial<DeploymentState>): DeploymentState {
  const trigger = { by: 'ci', at: 0 };
  const input = { id: 'shop-1', app: 'shop', n: 1, uid: 'u', release: release(), strategy: 'AUTO', trigger } as const;
  return { ...pendingState({ ...input, adopt: false }), ...over };
}

function rowOf(stage: string, markdown: string): string | undefined {
  return markdown.split('\n').find((line) => line.startsWith('- ') && line.includes(`**${stage}**`));
}

test('Temporal’s UI is told why a deployment rolled back once, and what the rollback did', () => {
  const reason = 'metrics-0 failed 1 of 3 judged windows.';
  const shown = detailsOf(
    state({
      status: 'ROLLED_BACK',
      reason,
      traffic: { wanted: { primary: 100, canary: 0 } },
      stages: [
        { id: 'stage-2', name: 'ANALYSIS', status: 'FAILED', reason, detail: reason },
        { id: 'stage-3', name: 'WAIT_APPROVAL', status: 'SUCCEEDED', reason: 'Approved by ann.', detail: 'Waiting.' },
        { id: 'rollback', name: 'ROLLBACK', status: 'SUCCEEDED', reason, detail: '1 task set(s) removed' },
      ],
    }),
  );
  expect(shown.split(reason)).toHaveLength(2);
  expect(rowOf('ROLLBACK', shown)).toContain('1 task set(s) removed');
  expect(rowOf('WAIT_APPROVAL', shown)).toContain('Approved by ann.');
  expect(shown).toContain('wanted 100 / 0, verified not read yet');
  expect(shown).not.toContain('Send a Signal');
});

test('the share of a baseline is shown where it gets some', () => {
  const wanted = { primary: 60, canary: 20, baseline: 20 };
  const shown = detailsOf(state({ traffic: { wanted, verified: { primary: 80, canary: 20 } } }));
  expect(shown).toContain('traffic primary/canary/baseline: wanted 60 / 20 / 20, verified 80 / 20');
});

test('while windows are judged, the deployment’s details name the workflow that shows them', () => {
  const shown = detailsOf(state({ stages: [{ id: 'stage-2', name: 'ANALYSIS', status: 'RUNNING' }] }));
  expect(rowOf('ANALYSIS', shown)).toContain('analysis:shop-1:stage-2');
});

test('a metric stands below its stage, and one that another metric has stopped awaits nothing', () => {
  const counts = { PASS: 0, FAIL: 0, NO_DATA: 0, NOT_ENOUGH_DATA: 0, ERROR: 0 };
  const metric = { stage: 'stage-2', strategy: 'THRESHOLD', query: 'q', windows: 3, counts, measurements: [] };
  const shown = detailsOf(
    state({
      stages: [
        { id: 'stage-2', name: 'ANALYSIS', status: 'FAILED', reason: 'errors failed.' },
        { id: 'stage-3', name: 'WAIT', status: 'NOT_STARTED' },
      ],
      analysis: [
        { ...metric, metric: 'errors', verdict: 'FAIL', reason: 'Window 1: 6 errors.' },
        { ...metric, metric: 'latency', verdict: 'RUNNING', reason: 'No window has been judged yet.' },
      ],
    }),
  );
  expect(shown.split('\n').filter((line) => line.trimStart().startsWith('- '))).toEqual([
    '- ✖ **ANALYSIS** FAILED: errors failed.',
    '- ↳ errors FAIL: Window 1: 6 errors.',
    '- ↳ latency not decided: No window has been judged yet.',
    '- · **WAIT** NOT_STARTED',
  ]);
});

test('who is asked for an approval reads what to send', () => {
  const input = '`{"by": "your name", "reason": "why"}`';
  expect(detailsOf(state({ status: 'WAITING_APPROVAL' }))).toContain('`approve` or `reject` with the input ' + input);
  expect(detailsOf(state({ status: 'RUNNING' }))).toContain('`rollback`, `cancel`');
});
