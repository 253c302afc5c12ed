import type { Client } from '@temporalio/client';
import { defaultPayloadConverter, fromPayloadsAtIndex } from '@temporalio/common';
import type { AnyRelease } from '../../model/release.js';
import { deploymentWorkflowId } from '../../model/workflow-id.js';
import type { DeploymentInput } from '../../workflows/messages.js';

/** What a deployment was started with, without its pipeline: the first event of its history. */
export async function releaseOf(client: Client, id: string): Promise<AnyRelease | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId: deploymentWorkflowId(id) },
    maximumPageSize: 1,
  });
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (!started?.input?.payloads) return undefined;
  // We wrote it ourselves, as the argument of our own workflow.
  const input = fromPayloadsAtIndex<DeploymentInput>(defaultPayloadConverter, 0, started.input.payloads);
  return { ...input.release, pipeline: [], warnings: [] };
}
