import { kindOf } from '../aws/errors.js';

/** What an answer tells of the right to call. `unheard`: nothing, because AWS did not get as far as the right. */
export type RightVerdict = 'allowed' | 'denied' | 'unheard';

/** How the three APIs say that IAM does not allow the action. */
const DENIED = /^(AccessDenied(Exception)?|UnauthorizedOperation|UnauthorizedException|NotAuthorized)$/;

/** The caller was not recognised, or whoever answered does not know the action: said before or without a look at the right. */
const BEFORE_RIGHTS = new RegExp(
  `^(${[
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'InvalidSignatureException',
    'IncompleteSignature(Exception)?',
    'RequestTimeTooSkewed',
    'AuthFailure',
    'OptInRequired',
    'MissingAuthenticationToken(Exception)?',
    'UnknownOperationException',
    'InvalidAction',
    'NotImplemented(Exception)?',
    // The SDK's own words for a body that names no error.
    'Error',
    'Unknown(Error)?',
  ].join('|')})$`,
);

/**
 * Judges one probe: a call that cannot succeed, or changes nothing if it does. The three APIs look at the right before they look for
 * the thing (seen in practice; AWS promises no order), so a refusal for another reason shows that the right is there.
 * @param error what the call threw; undefined when it was answered.
 */
export function judgeRight(error?: unknown): RightVerdict {
  if (error === undefined) return 'allowed';
  if (!(error instanceof Error)) return 'unheard';
  if (DENIED.test(error.name)) return 'denied';
  const kind = kindOf(error);
  const refused = kind === 'refused' || kind === 'places';
  if (!refused || BEFORE_RIGHTS.test(error.name)) return 'unheard';
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  // These come from something in between, such as a proxy: the three APIs answer 400, newer ones 404 and 409.
  return status === 400 || status === 404 || status === 409 ? 'allowed' : 'unheard';
}
