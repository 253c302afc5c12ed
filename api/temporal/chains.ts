import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { z } from 'zod';
import type { ChainDocument } from '../../model/chain.js';
import { chainWorkflowId } from '../../model/workflow-id.js';
import { cancelChainUpdate } from '../../workflows/messages.js';
import type { Control } from '../../workflows/messages.js';

/** As many are listed, newest first. */
const LISTED = 50;

const shape = z.looseObject({
  id: z.string(),
  app: z.string(),
  status: z.string(),
  reason: z.string(),
  startedAt: z.string(),
  blocks: z.array(z.looseObject({ matcher: z.looseObject({}), status: z.string(), nodes: z.array(z.unknown()) })),
});

/** The memo of a chain: all that is known of it, written at each change, so no worker is asked. */
const ChainMemo = z.object({ chain: z.custom<ChainDocument>((value) => shape.safeParse(value).success) });

/** The newest chains. */
export async function listChains(client: Client): Promise<ChainDocument[]> {
  const found: ChainDocument[] = [];
  for await (const { memo } of client.workflow.list({ query: "WorkflowType = 'chain'" })) {
    const read = ChainMemo.safeParse(memo);
    if (read.success) found.push(read.data.chain);
  }
  return found.sort((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, LISTED);
}

/** One chain, by the deployment that it follows; undefined when none follows it, or not yet. */
export async function readChain(client: Client, id: string): Promise<ChainDocument | undefined> {
  try {
    const { memo } = await client.workflow.getHandle(chainWorkflowId(id)).describe();
    return ChainMemo.safeParse(memo).data?.chain;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Has a chain begin no further deployment. @returns why not, or undefined when there is none that runs */
export async function cancelChain(
  client: Client,
  id: string,
  control: Control,
): Promise<ChainDocument | { refused: string } | undefined> {
  try {
    return await client.workflow.getHandle(chainWorkflowId(id)).executeUpdate(cancelChainUpdate, { args: [control] });
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return { refused: error.cause?.message ?? error.message };
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
