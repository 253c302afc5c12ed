import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { EventWatcherState, RegisteredEvent } from '../../model/event.js';
import { eventWatcherWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { eventsQuery, registerEventSignal } from '../../workflows/messages.js';
import { findWorkflows } from './visibility.js';

/** Gives an event to a repository's watcher, which is started where it does not run. */
export async function registerEvent(client: Client, repoId: string, event: RegisteredEvent): Promise<void> {
  await client.workflow.signalWithStart('eventWatcher', {
    workflowId: eventWatcherWorkflowId(repoId),
    taskQueue: TASK_QUEUE,
    args: [{ repoId }],
    signal: registerEventSignal,
    signalArgs: [event],
    staticSummary: `Commits what events say into ${repoId}`,
  });
}

/** The repositories to which events came, also those that are not configured any more: how their events ended is still told. */
export async function repositoriesWithEvents(client: Client): Promise<string[]> {
  const rows = await findWorkflows(client, `WorkflowType = 'eventWatcher' AND ExecutionStatus = 'Running'`);
  return rows.map(({ workflowId }) => workflowId.slice(eventWatcherWorkflowId('').length));
}

/** What a repository's event watcher knows; nothing where no event ever came. */
export async function readEvents(client: Client, repoId: string): Promise<EventWatcherState> {
  try {
    return await client.workflow.getHandle(eventWatcherWorkflowId(repoId)).query(eventsQuery);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { pending: [], ended: [] };
    throw error;
  }
}
