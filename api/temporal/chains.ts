import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { ChainDocument } from '../../model/chain.js';
import { chainWorkflowId } from '../../model/workflow-id.js';
import { cancelChainUpdate } from '../../workflows/messages.js';
import type { Control } from '../../workflows/messages.js';
import { ChainMemo } from './stored.js';
import { findWorkflows } from './visibility.js';

/** As many are listed, newest first. */
const LISTED = 50;

/** What a chain said of itself last. One that was ended from outside could not say so. */
function chainIn({ memo, status }: Pick<WorkflowExecutionInfo, 'memo' | 'status'>): ChainDocument[] {
  const chain = ChainMemo.safeParse(memo).data?.chain;
  if (!chain) return [];
  if (status.name === 'RUNNING' || chain.status !== 'RUNNING') return [chain];
  const reason = `Its workflow was ended in Temporal (${status.name}). No further deployment was begun.`;
  return [{ ...chain, status: 'CANCELLED', reason }];
}

/** The newest chains. */
export async function listChains(client: Client): Promise<ChainDocument[]> {
  const found: ChainDocument[] = [];
  for (const row of await findWorkflows(client, "WorkflowType = 'chain'")) found.push(...chainIn(row));
  return found.sort((a, b) => b.startedAt.localeCompare(a.startedAt)).slice(0, LISTED);
}

/** One chain, by the deployment that it follows; undefined when none follows it, or not yet. */
export async function readChain(client: Client, id: string): Promise<ChainDocument | undefined> {
  try {
    return chainIn(await client.workflow.getHandle(chainWorkflowId(id)).describe())[0];
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
