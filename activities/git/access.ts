import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitAccess, SecretRef } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import { GitFailure } from './repository.js';
import type { Repository } from './repository.js';

/** For the connection alone; what is sent over it has the time limit of the command. */
const CONNECT_SECONDS = 15;
/** A transfer that stands still for so long is given up. */
const STALLED_SECONDS = 60;

export interface GitAccessDependencies {
  access: GitAccess;
  openSecret: (ref: SecretRef) => Promise<string>;
  /** Variables of the process that git needs: PATH, HOME, proxies, certificates. */
  environment: NodeJS.ProcessEnv;
}

/**
 * Runs a work with the environment that lets git reach a repository. Secrets are opened for it and stand in no argument and no address: the
 * key in a file of its own that only we may read, the token in git's configuration by environment.
 */
export async function withAccess<T>(
  { access: ofAll, openSecret, environment }: GitAccessDependencies,
  { remote, access: ofItsOwn }: Pick<Repository, 'remote' | 'access'>,
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const access = { ...ofAll, ...ofItsOwn };
  const env: NodeJS.ProcessEnv = {
    ...environment,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh',
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: String(STALLED_SECONDS),
  };
  if (/^https?:/.test(remote)) {
    if (!access.token) return work(env);
    const user = access.username ?? 'x-access-token';
    const token = await opened(openSecret, access.token);
    return work({
      ...env,
      GIT_CONFIG_COUNT: '1',
      // For this host alone: a redirect to another one gets no token.
      GIT_CONFIG_KEY_0: `http.${new URL(remote).origin}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`,
    });
  }
  const options = [
    'BatchMode=yes',
    `ConnectTimeout=${CONNECT_SECONDS}`,
    'StrictHostKeyChecking=yes',
    `ServerAliveInterval=${STALLED_SECONDS / 4}`,
    ...(access.knownHostsFile === undefined
      ? []
      : [`UserKnownHostsFile=${quoted(access.knownHostsFile)}`, 'GlobalKnownHostsFile=none']),
  ];
  const ssh = (more: readonly string[]): string =>
    ['ssh', '-F', 'none', ...[...options, ...more].flatMap((option) => ['-o', quoted(option)])].join(' ');
  if (!access.sshKey) return work({ ...env, GIT_SSH_COMMAND: ssh([]), GIT_SSH_VARIANT: 'ssh' });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-git-'));
  try {
    const file = join(folder, 'key');
    // Wherever the key is kept, and with whatever rights: ssh takes none that others may read.
    await writeFile(file, `${(await opened(openSecret, access.sshKey)).trimEnd()}\n`, { mode: 0o600 });
    await chmod(file, 0o600);
    return await work({
      ...env,
      GIT_SSH_COMMAND: ssh([`IdentityFile=${quoted(file)}`, 'IdentitiesOnly=yes']),
      GIT_SSH_VARIANT: 'ssh',
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function opened(openSecret: (ref: SecretRef) => Promise<string>, ref: SecretRef): Promise<string> {
  try {
    return await openSecret(ref);
  } catch (error) {
    throw new GitFailure(error instanceof Error ? error.message : String(error));
  }
}

/** For the shell that git gives its ssh command to. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** How long the words of a connection's failure may be looked for. */
export const ASK_WITHIN = 30 * SECOND;
