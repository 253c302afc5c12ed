import type { Client } from '@temporalio/client';
import {
  isGrpcDeadlineError,
  isGrpcServiceError,
  ServiceError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import { ApiProblem, unavailable } from '../problem.js';

/** A call that takes longer makes us look whether the server is there. */
const PATIENCE: Millis = 1.5 * SECOND;
const PROBE: Millis = 1 * SECOND;

const TEMPORAL_AWAY = {
  detail: 'Temporal cannot be reached.',
  fix: 'Nothing is lost: deployments go on when it is back. Check TEMPORAL_ADDRESS and that the server runs; `sluice up` starts one.',
};
const WORKER_AWAY = {
  detail: 'No worker answered in time.',
  fix: 'Start a worker (`sluice up` does) or look at its log; then send the request again, with the same Idempotency-Key if it had one.',
};

/**
 * Calls Temporal with a deadline. A server that does not answer at all is noticed long before it.
 * @param ms how long the whole of `fn` may take.
 * @throws ApiProblem: 409 with the workflow's words when it refused an Update, 503 when Temporal or the worker is away.
 *   WorkflowNotFoundError passes through, since only the caller knows what it means.
 */
export async function callTemporal<R>(client: Client, ms: Millis, fn: () => Promise<R>): Promise<R> {
  const gone = new AbortController();
  const look = setTimeout(() => {
    // Aborted and not only left behind: what the caller is told has failed must not be sent when the server is back.
    void answers(client).then((here) => here || gone.abort());
  }, PATIENCE);
  // The client notices the abort only when its present pause between two tries is over.
  const noticed = new Promise<never>((_resolve, reject) => {
    gone.signal.addEventListener('abort', () => reject(new Error('Temporal does not answer')));
  });
  try {
    const call = client.withAbortSignal(gone.signal, () => client.withDeadline(Date.now() + ms, fn));
    return await Promise.race([call, noticed]);
  } catch (error) {
    throw gone.signal.aborted ? temporalAway() : await explained(client, error);
  } finally {
    clearTimeout(look);
  }
}

async function explained(client: Client, error: unknown): Promise<unknown> {
  if (error instanceof WorkflowUpdateFailedError) return new ApiProblem(409, error.cause?.message ?? error.message);
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
    return (await answers(client)) ? unavailable(WORKER_AWAY.detail, WORKER_AWAY.fix) : temporalAway();
  }
  const grpc = error instanceof ServiceError ? error.cause : error;
  if (!isGrpcServiceError(grpc)) return error;
  if (!(await answers(client))) return temporalAway(grpc.details);
  return unavailable(`Temporal refused: ${grpc.details || grpc.message}`, 'Look at the workflow in Temporal’s UI.');
}

function temporalAway(why?: string): ApiProblem {
  return unavailable(why ? `${TEMPORAL_AWAY.detail} (${why})` : TEMPORAL_AWAY.detail, TEMPORAL_AWAY.fix);
}

/** Whether the server answers at all: tells a dead server from a dead worker, which look the same from a timed-out Update. */
export async function answers(client: Client, ms: Millis = PROBE): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + ms, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}
