import type { WorkflowHandle } from '@temporalio/client';

/**
 * Terminates a workflow when nothing of it is under way, neither an activity nor a task of its own: one that is cut off leaves the time-skipping server's clock standing
 * still for all that come after it.
 */
export async function endQuietly(handle: Pick<WorkflowHandle, 'describe' | 'terminate'>): Promise<void> {
  try {
    for (let i = 0; i < 100; i++) {
      const { raw, status } = await handle.describe();
      if (status.name !== 'RUNNING') return;
      if ((raw.pendingActivities ?? []).length === 0 && !raw.pendingWorkflowTask) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await handle.terminate();
  } catch {
    // It has ended by itself.
  }
}
