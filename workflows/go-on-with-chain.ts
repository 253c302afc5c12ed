import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import type { HistoryEntry } from '../model/wire.js';
import { chainWorkflowId } from '../model/workflow-id.js';
import { chain } from './chain.js';
import { chainOf } from './deployment-state.js';
import type { DeploymentState } from './deployment-state.js';
import { chainNodeEndedSignal } from './messages.js';

/** Tells the chain that the deployment is a part of, or begins the one that follows it. */
export async function goOnWithChain(state: DeploymentState, entry: HistoryEntry): Promise<void> {
  const { id, app, release, chain: partOf } = state.input;
  if (partOf !== undefined) {
    try {
      await getExternalWorkflowHandle(chainWorkflowId(partOf)).signal(chainNodeEndedSignal, entry);
    } catch {
      // It is gone, or was cancelled: nobody waits for the end.
    }
    return;
  }
  if (state.status !== 'SUCCEEDED' || chainOf(state) === undefined) return;
  const { labels, mentions } = release;
  try {
    await startChild(chain, {
      workflowId: chainWorkflowId(id),
      args: [{ id, app, blocks: release.chain ?? [], audience: { labels, ...(mentions && { mentions }) } }],
      // It goes on when this deployment is over.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      staticSummary: `What follows ${id}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
