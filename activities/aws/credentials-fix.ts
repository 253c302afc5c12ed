import type { AwsAccess } from '../../config/server.js';

const EXPIRED = /^(ExpiredToken(Exception)?|TokenRefreshRequired)$/;
/** STS says it in the message of SignatureDoesNotMatch. */
const SKEWED = /^RequestTimeTooSkewed$|^RequestExpired$|not yet current|Signature expired/;
const UNKNOWN_KEY =
  /^(InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|AuthFailure|IncompleteSignature)$/;
const DENIED = /^AccessDenied(Exception)?$/;
const BAD_TOKEN = /^(InvalidIdentityToken(Exception)?|IDPRejectedClaim(Exception)?)$/;

/** Where the provider takes its credentials from, as people would look for them. */
function sourceOf({ profile, credentialsFile, tokenFile, roleArn }: AwsAccess): string {
  if (tokenFile && roleArn) return `the web identity token ${tokenFile}`;
  const file = credentialsFile ? ` of ${credentialsFile}` : '';
  if (profile) return `the profile ${profile}${file}`;
  if (credentialsFile) return `the profile default${file}`;
  return "the worker's environment (AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the machine's own role)";
}

/** What to do when AWS does not take the credentials. Pure. */
export function credentialsFix(error: unknown, provider: AwsAccess): string {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const source = sourceOf(provider);
  if (SKEWED.test(name) || SKEWED.test(message)) return "Set this machine's clock (NTP).";
  if (EXPIRED.test(name) || /expired/i.test(message)) return `Renew the credentials: log in again to ${source}.`;
  if (BAD_TOKEN.test(name) || (code === 'ENOENT' && provider.tokenFile)) {
    return `Check that ${provider.tokenFile ?? 'the token file'} holds a token of a provider that ${provider.roleArn ?? 'the role'} trusts.`;
  }
  if (DENIED.test(name) && provider.roleArn) {
    return `Let the trust policy of ${provider.roleArn} name the identity of ${source}${provider.externalId ? ' with this external id' : ''}, and that identity do sts:AssumeRole.`;
  }
  if (UNKNOWN_KEY.test(name))
    return `Check the access key of ${source}: AWS does not know it, or its secret is another.`;
  if (name === 'CredentialsProviderError') return `Write credentials into ${source}.`;
  return `Check the region ${provider.region}, AWS_ENDPOINT_URL and the network between the worker and AWS.`;
}
