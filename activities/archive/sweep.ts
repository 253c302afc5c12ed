import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { DeploymentDocument } from '../../model/wire.js';
import { deploymentOf } from '../../model/workflow-id.js';
import { documentOf } from '../../records/document.js';
import type { Swept } from '../archive.js';
import { namedFiles } from './name.js';
import type { ArchiveStore } from './store.js';
import { writeDeployment } from './write.js';

/** Read with their memos. */
const PAGE_SIZE = 100;

/**
 * Archives what Temporal knows as ended and the archive does not: deployments from before there was one, those whose own writing was
 * given up, and those whose workflows somebody terminated. One that cannot be written holds up no other.
 * @param beat is called before each deployment
 */
export async function sweep(to: { client: Client; store: ArchiveStore }, beat: (swept: Swept) => void): Promise<Swept> {
  const { client, store } = to;
  const there = new Set((await namedFiles(store, '')).map(({ id, startedAt }) => keyOf(id, startedAt)));
  const swept: Swept = { written: 0, failed: 0 };
  const query = `WorkflowType = 'deployment' AND ExecutionStatus != 'Running'`;
  for await (const row of client.workflow.list({ query, pageSize: PAGE_SIZE })) {
    beat(swept);
    const id = deploymentOf(row.workflowId);
    if (there.has(keyOf(id, row.startTime.getTime()))) continue;
    try {
      await writeDeployment(to, await finalDocument(client, id, row), row.startTime.getTime());
      swept.written++;
    } catch (error) {
      swept.failed++;
      swept.why ??= `${id}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return swept;
}

function keyOf(id: string, startedAt: number): string {
  return `${id} ${startedAt}`;
}

async function finalDocument(client: Client, id: string, row: WorkflowExecutionInfo): Promise<DeploymentDocument> {
  if (row.status.name !== 'COMPLETED') return documentOf(id, row);
  return client.workflow.getHandle<() => Promise<DeploymentDocument>>(row.workflowId, row.runId).result();
}
