import type { IncomingHttpHeaders } from 'node:http';
import { newId } from '../cloud/cloud.js';
import type { Cloud } from '../cloud/cloud.js';
import { settle } from '../cloud/simulation.js';
import { SECOND } from '../cloud/times.js';
import { takeApiFault } from '../panel/fault.js';
import type { ApiFault } from '../panel/fault.js';
import type { Call } from '../panel/calls.js';
import { AwsError } from './aws-error.js';
import { isMutating, readCaller, readRequest, runRequest, writeFailure, writeResult } from './request.js';
import type { AwsAnswer, AwsRequest } from './request.js';

/** How the answer of a call reaches the caller. */
export type Delivery =
  | { kind: 'answer'; answer: AwsAnswer; afterMillis: number }
  | { kind: 'half'; answer: AwsAnswer }
  | { kind: 'cut' }
  | { kind: 'never' };

/** What becomes of a call: what is written down of it, and how it is answered. */
export interface Served {
  call: Omit<Call, 'serial'>;
  delivery: Delivery;
}

/** A call that is applied only later (a delay with `before`): to be served again with `readyAt` over. */
export interface Postponed {
  postponeMillis: number;
}

/**
 * Runs a call of an AWS API and meets the faults that are set for it.
 *
 * @param postponed - the call has been postponed once already: it meets no further fault
 * @returns undefined when the request is none of AWS's
 */
export function serveAws(
  cloud: Cloud,
  headers: IncomingHttpHeaders,
  body: string,
  postponed: boolean,
): Served | Postponed | undefined {
  const request = readRequest(headers, body);
  if (!request) return undefined;
  const fault = postponed ? undefined : takeApiFault(cloud.state.faults, request.operation);
  if (fault?.mode === 'delay' && fault.before) return { postponeMillis: (fault.seconds ?? 0) * SECOND };
  const refusal = fault && refusalOf(request, fault);
  const skipped = refusal !== undefined || (fault?.before ?? false);
  const { answer, error } = skipped ? failed(cloud, request, refusal ?? notApplied()) : run(cloud, request, headers);
  return {
    call: {
      at: new Date(cloud.state.now).toISOString(),
      service: request.service.name,
      operation: request.operation,
      mutating: isMutating(request),
      parameters: request.input,
      status: answer.status,
      ...(error && { code: error.code }),
      applied: error === undefined,
      ...(fault && { fault: fault.mode }),
    },
    delivery: deliveryOf(answer, fault),
  };
}

function run(cloud: Cloud, request: AwsRequest, headers: IncomingHttpHeaders): { answer: AwsAnswer; error?: AwsError } {
  try {
    const result = runRequest(cloud, request, readCaller(cloud, headers));
    if (isMutating(request)) settle(cloud);
    return { answer: writeResult(request, result, newId(cloud, 32)) };
  } catch (error) {
    if (error instanceof AwsError) return failed(cloud, request, error);
    throw error;
  }
}

function failed(cloud: Cloud, request: AwsRequest, error: AwsError): { answer: AwsAnswer; error: AwsError } {
  return { answer: writeFailure(request, error, newId(cloud, 32)), error };
}

function refusalOf({ service }: AwsRequest, fault: ApiFault): AwsError | undefined {
  const json = service.namespace === undefined && !service.once;
  switch (fault.mode) {
    case 'throttle':
      return new AwsError(
        fault.code ?? (json ? 'ThrottlingException' : 'Throttling'),
        fault.message ?? 'Rate exceeded',
        fault.status,
      );
    case 'error':
      return new AwsError(
        fault.code ?? (json ? 'ServerException' : 'InternalFailure'),
        fault.message ?? 'Service Unavailable. Please try again later.',
        fault.status ?? (fault.code === undefined ? 500 : 400),
      );
    case 'loseAnswer':
    case 'truncate':
    case 'delay':
    case 'hang':
      return undefined;
  }
}

/** Stands in the list of calls for one whose connection ended before it took effect; nobody hears it. */
function notApplied(): AwsError {
  return new AwsError('NotApplied', 'The connection ended before the call took effect', 500);
}

function deliveryOf(answer: AwsAnswer, fault: ApiFault | undefined): Delivery {
  switch (fault?.mode) {
    case 'loseAnswer':
      return { kind: 'cut' };
    case 'hang':
      return { kind: 'never' };
    case 'truncate':
      return fault.before ? { kind: 'cut' } : { kind: 'half', answer };
    case 'delay':
      return { kind: 'answer', answer, afterMillis: (fault.seconds ?? 0) * SECOND };
    case 'error':
    case 'throttle':
    case undefined:
      return { kind: 'answer', answer, afterMillis: 0 };
  }
}
