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
  return markdown.split('\n').find((line) => line.startsWith('|') && line.includes(`| ${stage} |`));
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
        { id: 'rollback', name: 'ROLLBACK', status: 'SUCCEEDED', reason, detail: 'a | b removed' },
      ],
    }),
  );
  expect(shown.split(reason)).toHaveLength(2);
  expect(rowOf('ROLLBACK', shown)).toContain('a \\| b removed');
  expect(rowOf('WAIT_APPROVAL', shown)).toContain('Approved by ann.');
  expect(shown).toContain('wanted 100 / 0, verified not read yet');
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
