import { z } from 'zod';
import { newId } from '../cloud/cloud.js';
import type { Cloud } from '../cloud/cloud.js';
import { HOUR } from '../cloud/times.js';
import { validationError } from './aws-error.js';
import { read } from './operation.js';
import type { Caller, Operations } from './operation.js';
import { parseQueryInput } from './parse.js';

const KEPT_SESSIONS = 200;

const assumeInput = z.object({
  RoleArn: z.string(),
  RoleSessionName: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/, 'Member must satisfy regular expression pattern: [\\w+=,.@-]*'),
  WebIdentityToken: z.string().min(4).optional(),
});

function getCallerIdentity(cloud: Cloud, _input: unknown, caller: Caller): Record<string, unknown> {
  const session = cloud.state.sessions.find(({ accessKey }) => accessKey === caller.accessKey);
  if (session) return { UserId: session.userId, Account: session.account, Arn: session.arn };
  return { UserId: 'AIDASANDBOX', Account: caller.account, Arn: `arn:aws:iam::${caller.account}:user/sandbox` };
}

function assumeRole(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(assumeInput, given);
  const [, account, role] = /^arn:[^:]+:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(input.RoleArn) ?? [];
  if (account === undefined || role === undefined) throw validationError(`${input.RoleArn} is invalid`);
  const accessKey = `ASIA${newId(cloud, 16).toUpperCase()}`;
  const userId = `AROA${newId(cloud, 16).toUpperCase()}:${input.RoleSessionName}`;
  const arn = `arn:aws:sts::${account}:assumed-role/${role}/${input.RoleSessionName}`;
  cloud.state.sessions.push({ accessKey, account, arn, userId });
  cloud.state.sessions.splice(0, cloud.state.sessions.length - KEPT_SESSIONS);
  return {
    Credentials: {
      AccessKeyId: accessKey,
      SecretAccessKey: newId(cloud, 40),
      SessionToken: newId(cloud, 64),
      Expiration: new Date(cloud.state.now + HOUR),
    },
    AssumedRoleUser: { AssumedRoleId: userId, Arn: arn },
    ...(input.WebIdentityToken !== undefined && { SubjectFromWebIdentityToken: 'sandbox', Provider: 'sandbox' }),
  };
}

/** STS's operations. The sessions it hands out are known to the other services by their access keys. */
export const stsOperations: Operations = {
  GetCallerIdentity: read(getCallerIdentity),
  AssumeRole: read(assumeRole),
  AssumeRoleWithWebIdentity: read(assumeRole),
};
