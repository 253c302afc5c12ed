import type { CloudWatchProvider } from '../../../config/server.js';
import type { Millis } from '../../../model/duration.js';
import { credentialsFix } from '../../aws/credentials-fix.js';
import { isStale, kindOf, wordsOf } from '../../aws/errors.js';
import { SourceError } from '../source.js';

/** How CloudWatch says that IAM does not allow the action. */
const DENIED = /^AccessDenied(Exception)?$/;

/** Whether CloudWatch could not read a call: one query in it is to blame, and the others are not. */
export function isUnreadable(error: unknown): boolean {
  return kindOf(error) === 'refused';
}

/** Whether IAM does not allow an action of CloudWatch (and not the role itself). */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && DENIED.test(error.name) && !/sts:/.test(error.message);
}

/** Whether our own time limit ended the call: the SDK calls a lost connection a TimeoutError too (aws-emulators.md §3). */
function isOverdue(error: unknown): boolean {
  return error instanceof DOMException || (error instanceof Error && error.name === 'AbortError');
}

/**
 * What an error of one call means: worth another try, or not before somebody mends something.
 * @param action the IAM action that the call needs
 * @param timeout the call's time limit, for the message
 * @param notBefore epoch ms, when the call was throttled
 */
export function cloudWatchFailure(
  provider: CloudWatchProvider,
  error: unknown,
  { action, timeout, notBefore }: { action: string; timeout: Millis; notBefore?: number },
): SourceError {
  if (error instanceof SourceError) return error;
  const said = `CloudWatch in ${provider.region} answered ${wordsOf(error)}`;
  if (isOverdue(error)) {
    return new SourceError('transient', `CloudWatch in ${provider.region} did not answer within ${timeout / 1000} s.`);
  }
  switch (kindOf(error)) {
    case 'throttled':
      return new SourceError('transient', `${said}: the account asks too often.`, notBefore);
    case 'credentials': {
      const fix = isDenied(error)
        ? `Allow ${action} to the identity of the provider ${provider.name} (deploy/iam-policy.json).`
        : credentialsFix(error, provider);
      return new SourceError('refused', `${said}. ${fix}`);
    }
    case 'places':
    case 'refused':
      return new SourceError(
        'refused',
        `${said}. CloudWatch cannot take the query or its resolution: mend it in the file.`,
      );
    case 'unknown':
      return new SourceError(
        'transient',
        `CloudWatch in ${provider.region} could not be asked (${wordsOf(error)}). ${isStale(error) ? credentialsFix(error, provider) : ''}`.trim(),
      );
  }
}
