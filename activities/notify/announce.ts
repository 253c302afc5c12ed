import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Notice } from '../../model/notification.js';
import { announcementWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';

/** Starts the workflow that delivers a notice: to all whom the configuration names, or to these. A second time does nothing. */
export type Announce = (notice: Notice, to?: string[]) => Promise<void>;

/** Makes it. */
export function createAnnounce(client: Client): Announce {
  return async function announce(notice, to) {
    try {
      await client.workflow.start('announcement', {
        workflowId: announcementWorkflowId(notice.id),
        taskQueue: TASK_QUEUE,
        args: [{ notice, ...(to && { to }) }],
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        staticSummary: `Tells people: ${notice.event}`,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };
}
