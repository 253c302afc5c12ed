import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

const { History } = temporal.api.history.v1;

/** Where the stored histories are, one gzip of protobuf (temporal.api.history.v1.History) for each workflow of each path. */
export const HISTORIES = new URL('./histories/', import.meta.url).pathname;

/** `SLUICE_RECORD=1 npm test -- test/workflows` stores the histories of the tested paths anew. */
export const isRecording = process.env.SLUICE_RECORD === '1';

/** Stores a workflow's history under the path that it took. A workflow that this path did not need is left out. */
export async function record(client: Client, workflowId: string, path: string): Promise<void> {
  try {
    const history = await client.workflow.getHandle(workflowId).fetchHistory();
    const name = `${path}--${workflowId.split(':')[0] ?? 'workflow'}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
    await mkdir(HISTORIES, { recursive: true });
    await writeFile(join(HISTORIES, `${name}.pb.gz`), gzipSync(History.encode(history).finish(), { level: 9 }));
  } catch (error) {
    // The time-skipping server says it in gRPC's words (5: NOT_FOUND).
    if (!(error instanceof WorkflowNotFoundError) && (error as { code?: number }).code !== 5) throw error;
  }
}
