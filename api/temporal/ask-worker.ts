import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import { TASK_QUEUE } from '../../model/workflow-id.js';
import { unavailable } from '../problem.js';

const ANSWER_WITHIN: Millis = 60 * SECOND;

interface Question {
  /** For Temporal's UI. */
  summary: string;
  /** What to do when nobody answers. */
  fix: string;
  within?: Millis;
  /** The answer is large and is asked for often: Temporal need not keep it for its retention. */
  forget?: boolean;
}

/**
 * Runs a short workflow for one answer, where the api has no right to find it out itself.
 * @throws ApiProblem 503 with the worker's own words, or when none answers in time
 */
export async function askWorker<Answer>(
  client: Client,
  workflow: 'plan' | 'readRelease' | 'taskSets' | 'readArchive',
  asked: unknown,
  { summary, fix, within = ANSWER_WITHIN, forget = false }: Question,
): Promise<Answer> {
  const handle = await client.workflow.start<(asked: unknown) => Promise<Answer>>(workflow, {
    workflowId: `${workflow}:${randomUUID()}`,
    taskQueue: TASK_QUEUE,
    workflowExecutionTimeout: 2 * MINUTE,
    args: [asked],
    staticSummary: summary,
  });
  try {
    return await client.withDeadline(Date.now() + within, () => handle.result());
  } catch (error) {
    if (error instanceof WorkflowFailedError) throw unavailable(innermost(error), fix);
    await handle.terminate('Nobody waits for it any more.').catch(() => undefined);
    throw unavailable(`No worker answered within ${within / SECOND} s.`, fix);
  } finally {
    if (forget) forgetAnswer(client, handle.workflowId);
  }
}

/** Nobody waits for it, and what is not deleted is only kept longer. */
function forgetAnswer(client: Client, workflowId: string): void {
  client.workflowService
    .deleteWorkflowExecution({ namespace: client.options.namespace, workflowExecution: { workflowId } })
    .catch(() => undefined);
}

/** The activity's own words. */
function innermost(error: Error): string {
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}
