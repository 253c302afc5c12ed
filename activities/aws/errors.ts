import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Progress } from '../../model/delivery.js';
import { FAILURE } from '../../model/failure.js';

/**
 * What an error of a call means for us. `unknown`: the call may or may not have taken effect, so look before the next one.
 * `places`: the one InvalidParameterException that goes away by waiting (ecs-alb-facts §13).
 */
export type ErrorKind = 'throttled' | 'unknown' | 'credentials' | 'places' | 'refused';

const THROTTLES =
  /^(Throttling(Exception)?|ThrottledException|TooManyRequests(Exception)?|RequestLimitExceeded|SlowDown|LimitExceededException|RequestThrottled(Exception)?|PriorRequestNotComplete)$/;
/** Credentials that a refresh brings back. */
const EXPIRED =
  /^(ExpiredToken(Exception)?|RequestExpired|CredentialsProviderError|TokenRefreshRequired|IDPCommunicationError)$/;
const DENIED =
  /^(AccessDenied(Exception)?|UnauthorizedException|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|RequestTimeTooSkewed|AuthFailure|OptInRequired|MissingAuthenticationToken)$/;
const TEMPORARY =
  /^(UpdateInProgressException|ServerException|InternalFailure|InternalError|ServiceUnavailable|TimeoutError|AbortError|SyntaxError)$/;

interface SdkError {
  name: string;
  message: string;
  $fault?: unknown;
  $metadata?: { httpStatusCode?: number };
}

function isError(error: unknown): error is SdkError {
  return error instanceof Error;
}

/** Sorts an error thrown by an SDK client. A truncated 200 is a SyntaxError, which nothing else would retry (aws-emulators.md §3). */
export function kindOf(error: unknown): ErrorKind {
  if (!isError(error)) return 'unknown';
  if (THROTTLES.test(error.name)) return 'throttled';
  if (EXPIRED.test(error.name)) return 'unknown';
  if (DENIED.test(error.name)) return 'credentials';
  if (error.name === 'InvalidParameterException' && /deployments exist on the service/.test(error.message))
    return 'places';
  const status = error.$metadata?.httpStatusCode;
  if (TEMPORARY.test(error.name) || status === undefined || status >= 500 || status < 400) return 'unknown';
  return 'refused';
}

/** Whether AWS says that the thing named does not exist. */
export function isNotFound(error: unknown, ...names: string[]): boolean {
  return isError(error) && names.includes(error.name);
}

/** Whether the credentials have run out or are not there: they may come back by themselves, and people can help them. */
export function isStale(error: unknown): boolean {
  return error instanceof Error && /Token|Credentials|RequestExpired/.test(error.name);
}

/** AWS's words, with the error's name. */
export function wordsOf(error: unknown): string {
  if (!isError(error)) return String(error);
  return error.message ? `${error.name}: ${error.message}` : error.name;
}

/** Ends the stage for good, in words for people. */
export function stageFailed(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, FAILURE.stage);
}

/** Stops the deployment because somebody else changed what it had written. */
export function changedByOthers(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, FAILURE.changedByOthers);
}

/** Nothing that can be mended by trying again: the workflow handed over what does not make sense. */
export function badInput(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, FAILURE.input);
}

/** The fence tells of a cancellation too, before the signal does. */
function wasCancelled(error: unknown, cancelled: AbortSignal): boolean {
  return error instanceof CancelledFailure || (cancelled.aborted && error === cancelled.reason);
}

/**
 * What a failed activity throws: final for what AWS refuses, an ordinary error (which Temporal tries again) for all that may pass.
 * Failures and cancellations that were already chosen go through as they are.
 */
export function asStageError(error: unknown, cancelled: AbortSignal): unknown {
  if (error instanceof ApplicationFailure || wasCancelled(error, cancelled)) return error;
  const kind = kindOf(error);
  if (kind === 'credentials') {
    return stageFailed(
      `AWS does not allow it (${wordsOf(error)}). Compare the role's rights with deploy/iam-policy.json.`,
    );
  }
  if (kind === 'refused') return stageFailed(`AWS refused: ${wordsOf(error)}`);
  return error;
}

/**
 * What a failed rollback throws: never final, whatever happened, with the commands that do the rest by hand
 * (ecs-alb-facts §21: expired or missing rights are tried again and told).
 */
export function asRollbackError(error: unknown, cancelled: AbortSignal, commands: string[]): unknown {
  if (wasCancelled(error, cancelled)) return error;
  return ApplicationFailure.retryable(
    `The rollback is not done yet (${wordsOf(error)}); Sluice keeps trying. By hand:\n${commands.join('\n')}`,
    'RollbackNotDone',
  );
}

/** Whether a failure is not tried again. */
export function isFinal(thrown: unknown): thrown is ApplicationFailure {
  return thrown instanceof ApplicationFailure && thrown.nonRetryable === true;
}

/**
 * A failure or cancellation with what the activity did until then in its details: its result, where the log is read from, never
 * comes. Ordinary errors become failures that are tried again, as Temporal itself would make them.
 */
export function withRecord(
  thrown: unknown,
  record: Pick<Progress, 'log' | 'changes'>,
  cancelled: AbortSignal,
): unknown {
  if (thrown instanceof CancelledFailure) return new CancelledFailure(thrown.message, [record], thrown.cause);
  if (wasCancelled(thrown, cancelled)) return thrown;
  return ApplicationFailure.fromError(thrown, { details: [record] });
}
