import type { Client } from '@temporalio/client';
import type { GitRepository } from '../config/server.js';
import { repositoryWorkflowId, TASK_QUEUE } from '../model/workflow-id.js';

/**
 * Has each configured repository watched, and read anew: the configuration may have changed. The watcher of one that is not configured any
 * more ends by itself at its next look.
 */
export async function watchRepositories(client: Client, repositories: readonly GitRepository[]): Promise<void> {
  for (const { repoId } of repositories) {
    await client.workflow.signalWithStart('repository', {
      workflowId: repositoryWorkflowId(repoId),
      taskQueue: TASK_QUEUE,
      args: [{ repoId }],
      signal: 'poke',
      signalArgs: [true],
      staticSummary: `Watches the repository ${repoId}`,
    });
  }
}
