import { setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { DeploymentState } from './deployment-state.js';
import { detailsOf, memoOf } from './deployment-state.js';
import { SluiceStage, SluiceStatus } from './search-attributes.js';

/** Makes the function that shows a deployment's state outside: lists (memo, search attributes) and Temporal's UI. */
export function publisher(state: DeploymentState): () => void {
  let shown = '';
  return () => {
    if (state.paused && state.status === 'RUNNING') state.status = 'PAUSED';
    if (!state.paused && state.status === 'PAUSED') state.status = 'RUNNING';
    setCurrentDetails(detailsOf(state));
    upsertMemo({ document: memoOf(state) });
    const stage = state.stages.find((s) => s.id === state.current)?.name ?? '';
    const now = `${state.status} ${stage}`;
    if (now === shown) return;
    shown = now;
    upsertSearchAttributes([
      { key: SluiceStatus, value: state.status },
      { key: SluiceStage, value: stage || null },
    ]);
  };
}
