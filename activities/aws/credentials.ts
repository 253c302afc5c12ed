import { fromNodeProviderChain, fromTemporaryCredentials, fromTokenFile } from '@aws-sdk/credential-providers';
import type { AwsAccess } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';

/** The SDK has no time-outs of its own: a silent peer would hang a call for ever (aws-emulators.md §3). */
export const TIME_OUTS = { connectionTimeout: 2 * SECOND, requestTimeout: 5 * SECOND, throwOnRequestTimeout: true };
/** IAM's limit for a role session's name. */
const SESSION_NAME_MAX = 64;

/**
 * Where a provider's credentials come from, in the order of ecs-alb-facts §21: web identity, a role assumed from the base chain, the
 * base chain (profile, credentials file, environment …). The SDK refreshes them; nothing of them is stored.
 * @param session who asks, for the name of the role's session
 */
export function credentialsOf(access: AwsAccess, session: string): ReturnType<typeof fromNodeProviderChain> {
  const roleSessionName = `sluice-${session}`.slice(0, SESSION_NAME_MAX);
  const clientConfig = { region: access.region };
  if (access.roleArn && access.tokenFile) {
    return fromTokenFile({
      webIdentityTokenFile: access.tokenFile,
      roleArn: access.roleArn,
      roleSessionName,
      clientConfig,
    });
  }
  const base = fromNodeProviderChain({
    clientConfig,
    // Otherwise a process would never see a file of credentials change.
    ignoreCache: true,
    ...(access.profile && { profile: access.profile }),
    ...(access.credentialsFile && { filepath: access.credentialsFile }),
  });
  if (!access.roleArn) return base;
  return fromTemporaryCredentials({
    masterCredentials: base,
    params: {
      RoleArn: access.roleArn,
      RoleSessionName: roleSessionName,
      ...(access.externalId && { ExternalId: access.externalId }),
    },
    clientConfig,
  });
}

/** The account as far as it can be told without a call: the role's, else one for each profile. */
export function accountOf({ roleArn, profile }: AwsAccess): string {
  return roleArn?.split(':')[4] ?? profile ?? 'default';
}
