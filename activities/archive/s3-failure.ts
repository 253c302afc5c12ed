import type { S3Place } from '../../config/server.js';
import { credentialsFix } from '../aws/credentials-fix.js';
import { kindOf, wordsOf } from '../aws/errors.js';

const DENIED = /^AccessDenied(Exception)?$/;
const ELSEWHERE = /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301)$/;
/** What S3 says of a call names the action that is missing, which is not always the call's own. */
const ACTION = /not authorized to perform: (s3:\w+)/;

/**
 * What an error of one call to S3 means, for people. Pure.
 * @param call.what the bucket could not do, as in "cannot be listed"
 * @param call.action the IAM action that the call needs
 */
export function s3Failure(error: unknown, place: S3Place, call: { what: string; action: string }): Error {
  const { bucket, region } = place;
  const said = `The bucket ${bucket} (${region}) cannot ${call.what}: ${wordsOf(error).replace(/\.$/, '')}.`;
  return new Error(`${said} ${fixOf(error, place, call.action)}`, { cause: error });
}

function fixOf(error: unknown, place: S3Place, action: string): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: '' };
  if (name === 'NoSuchBucket') return 'Make it, or mend spec.archive.s3.bucket.';
  if (ELSEWHERE.test(name)) return "Write the bucket's own region into spec.archive.s3.region.";
  if (DENIED.test(name) && !message.includes('sts:')) {
    const missing = ACTION.exec(message)?.[1] ?? action;
    return `Allow ${missing} on it, and in the bucket's own policy (ArchiveNames and ArchiveFiles of deploy/iam-policy.json).`;
  }
  if (kindOf(error) === 'throttled') return 'It is asked too often: it is tried again.';
  if (kindOf(error) === 'refused') return 'Compare the bucket with spec.archive.s3.';
  return credentialsFix(error, place);
}
