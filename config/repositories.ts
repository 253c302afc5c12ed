import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { duration } from '../document/scalars.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { besides, name, oneSecret } from './part.js';
import type { ConfigPart, SecretFields } from './part.js';
import type { GitAccess, GitRepository } from './server.js';

/** An address that git reaches by https, http or ssh. What begins with a dash would be an option. */
const REMOTE = /^(https?|ssh):\/\/[^\s-].*$|^[\w.-]+@[\w.-]+:.+$/;
/** Also as the name of a user, where GitHub and GitLab take tokens: addresses are shown. */
const PASSWORD_IN_ADDRESS = /^https?:\/\/(?:[^/@]*:|gh[a-z]_|github_pat_|glpat-|[0-9a-f]{40})[^/]*@/;
/** Any name, as with PipeCD, that can stand in an address. */
const REPOSITORY_ID = /^[^/\p{Cc}]{1,100}$/u;

/** `git` of a Piped or Sluice document: PipeCD's fields, and ours for host keys and tokens. */
export const gitFields = z.object({
  username: name.optional(),
  email: name.optional(),
  sshKeyFile: name.optional(),
  sshKeyData: name.optional(),
  knownHostsFile: name.optional(),
  password: name.optional(),
  tokenFile: name.optional(),
  tokenEnv: name.optional(),
});

/** One of `repositories`. */
export const repositoryFields = z.object({
  repoId: z.string().regex(REPOSITORY_ID, { error: 'must be a name of at most 100 characters, without a slash' }),
  remote: z
    .string()
    .regex(REMOTE, { error: 'must be an address such as https://host/team/repo.git or git@host:team/repo.git' }),
  branch: z.string().regex(/^(?!-)(?!.*\.\.)[\w./+-]{1,200}$/, { error: 'must be the name of a branch' }),
  username: name.optional(),
  sshKeyFile: name.optional(),
  sshKeyData: name.optional(),
  tokenFile: name.optional(),
  tokenEnv: name.optional(),
  webhookSecretFile: name.optional(),
  webhookSecretEnv: name.optional(),
  host: z
    .object({
      type: z.enum(['GITHUB', 'GITLAB']),
      apiUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
    })
    .optional(),
});

/** How often a branch is looked at, as with PipeCD. */
export const syncInterval = duration;

const HTTP_SECRETS = (reader: Reader): SecretFields => ({
  tokenFile: (file) => ({ file: besides(reader, file) }),
  tokenEnv: (env) => ({ env }),
  password: (base64) => ({ base64 }),
});

/** Reads `git`: how repositories are reached, and as whom commits are made. */
export function readGit(reader: Reader, path: Path, fields: z.output<typeof gitFields>): GitAccess {
  const sshKey =
    fields.sshKeyFile === undefined && fields.sshKeyData === undefined
      ? undefined
      : oneSecret(
          reader,
          path,
          { sshKeyFile: (file) => ({ file: besides(reader, file) }), sshKeyData: (base64) => ({ base64 }) },
          fields,
        );
  const secrets = HTTP_SECRETS(reader);
  const token = Object.keys(secrets).some((field) => fields[field as keyof typeof fields] !== undefined)
    ? oneSecret(reader, path, secrets, fields)
    : undefined;
  return written({
    username: fields.username,
    email: fields.email,
    sshKey,
    token,
    knownHostsFile: fields.knownHostsFile && besides(reader, fields.knownHostsFile),
  });
}

/** Reads `repositories`. */
export function readRepositories(
  reader: Reader,
  path: Path,
  list: readonly z.output<typeof repositoryFields>[],
): GitRepository[] {
  return list.map(({ repoId, remote, branch, host, webhookSecretFile, webhookSecretEnv, ...ofItsOwn }, i) => {
    const at = [...path, i];
    if (PASSWORD_IN_ADDRESS.test(remote)) {
      reader.error(
        [...at, 'remote'],
        'a password stands in the address',
        'Write git.tokenFile, and the address without it.',
      );
    }
    const webhookSecret =
      webhookSecretFile === undefined && webhookSecretEnv === undefined
        ? undefined
        : oneSecret(
            reader,
            at,
            { webhookSecretFile: (file) => ({ file: besides(reader, file) }), webhookSecretEnv: (env) => ({ env }) },
            { webhookSecretFile, webhookSecretEnv },
          );
    const access = readGit(reader, at, ofItsOwn);
    return {
      repoId,
      remote,
      branch,
      ...(Object.keys(access).length > 0 && { access }),
      ...(host && { host: { ...host, apiUrl: host.apiUrl.replace(/\/+$/, '') } }),
      ...(webhookSecret && { webhookSecret }),
    };
  });
}

/** What a document says of repositories, as a part of the configuration. */
export function repositoriesPart(
  reader: Reader,
  spec: {
    git?: z.output<typeof gitFields> | undefined;
    repositories?: z.output<typeof repositoryFields>[] | undefined;
    syncInterval?: number | undefined;
  },
): Pick<ConfigPart, 'git' | 'repositories' | 'syncInterval'> {
  return {
    repositories: readRepositories(reader, ['spec', 'repositories'], spec.repositories ?? []),
    ...written({
      git: spec.git && readGit(reader, ['spec', 'git'], spec.git),
      syncInterval: spec.syncInterval || undefined,
    }),
  };
}
