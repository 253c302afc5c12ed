import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import type { Commit } from '../../model/release.js';
import { createTurns } from '../run.js';
import { ASK_WITHIN, withAccess } from './access.js';
import type { GitAccessDependencies } from './access.js';
import { commitUrl } from './commit-url.js';
import { failureOf } from './failure.js';
import { makeCommit, pushEnd } from './push-commit.js';
import { GitFailure, PushRefused } from './repository.js';
import type { Git, GitFiles, Repository } from './repository.js';
import { runGit } from './run-git.js';
import type { GitRun } from './run-git.js';

/** The first fetch of a large repository takes minutes. */
const FETCH_WITHIN: Millis = 25 * MINUTE;
const READ_WITHIN: Millis = 60 * SECOND;
/**
 * What is larger is no file of an application (the API takes 512 KB): pictures and binaries, which make repositories large, stay where they
 * are. A host that cannot leave them out sends all.
 */
const FILTER = '--filter=blob:limit=600k';
/** An event whose commit lies further back is found by its value, which stands in the file. */
const TRAILERS_WITHIN = 2_000;
const HASH = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const FULL_OR_SHORT = /^[0-9a-f]{7,64}$/;

export interface GitDependencies extends GitAccessDependencies {
  /** Where mirrors are kept. */
  folder: string;
  cancelled: () => AbortSignal;
}

/** Git as a program on this machine: a bare mirror of each repository, which may be thrown away at any time. */
export function createGit({ folder, cancelled, ...access }: GitDependencies): Git {
  const inTurn = createTurns();

  /** A command that reaches the host. */
  function remotely(repository: Repository, args: readonly string[], timeout: Millis): Promise<GitRun> {
    return withAccess(access, repository, (env) => runGit(args, { env, timeout, cancelled: cancelled() }));
  }

  /** A command on the mirror alone. */
  function locally(mirror: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<GitRun> {
    const env = {
      ...access.environment,
      ...more,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      // What was left out of the mirror is not fetched in passing, with rights that are not here.
      GIT_NO_LAZY_FETCH: '1',
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_TERMINAL_PROMPT: '0',
    };
    return runGit(['--git-dir', mirror, ...args], { env, timeout: READ_WITHIN, cancelled: cancelled() });
  }

  async function answered(repository: Repository, args: readonly string[], timeout: Millis): Promise<string> {
    const run = await remotely(repository, args, timeout);
    if (run.code !== 0) throw failureOf(repository, run, timeout);
    return run.stdout.toString('utf8');
  }

  async function has(mirror: string, hash: string): Promise<boolean> {
    return (await locally(mirror, ['cat-file', '-e', `${hash}^{commit}`])).code === 0;
  }

  /** The mirror, made where there is none. One that is damaged, as by a full disk, is made anew. */
  async function mirrorOf({ repoId, remote }: Repository): Promise<string> {
    const mirror = join(folder, `${encodeURIComponent(repoId)}.git`);
    const exists = await stat(join(mirror, 'HEAD')).then(
      () => true,
      () => false,
    );
    if (exists) {
      const known = await locally(mirror, ['config', '--get', 'remote.origin.url']);
      if (known.code === 0 && known.stdout.toString('utf8').trim() === remote) return mirror;
      await rm(mirror, { recursive: true, force: true });
    }
    await mkdir(folder, { recursive: true });
    const made = await locally(mirror, ['init', '--quiet', '--bare', mirror]);
    if (made.code !== 0) throw new GitFailure(`The mirror ${mirror} cannot be made: ${made.stderr.trim()}`);
    for (const [key, value] of [
      ['remote.origin.url', remote],
      // What an application was deployed from is compared with, however often the branch is forced away from it.
      ['gc.pruneExpire', 'never'],
      ['gc.autoDetach', 'false'],
    ] as const) {
      await locally(mirror, ['config', key, value]);
    }
    return mirror;
  }

  async function fetched(repository: Repository, refspec: string): Promise<string> {
    const mirror = await mirrorOf(repository);
    await sweep(join(mirror, 'objects', 'pack'));
    const args = ['--git-dir', mirror, 'fetch', '--quiet', '--no-tags', '--force', FILTER, 'origin', refspec];
    let run = await remotely(repository, args, FETCH_WITHIN);
    if (run.code !== 0 && (await removeOldLock(mirror, run.stderr)))
      run = await remotely(repository, args, FETCH_WITHIN);
    if (run.code !== 0) throw failureOf(repository, run, FETCH_WITHIN);
    return mirror;
  }

  /** The mirror with this commit in it. */
  async function mirrorWith(repository: Repository, hash: string): Promise<string> {
    if (!HASH.test(hash)) throw new GitFailure(`“${hash.slice(0, 80)}” is no commit.`);
    return inTurn(repository.repoId, async () => {
      const mirror = await mirrorOf(repository);
      if (await has(mirror, hash)) return mirror;
      await fetched(repository, `+refs/heads/${repository.branch}:refs/sluice/branch`);
      if (await has(mirror, hash)) return mirror;
      // Of another branch or a tag; most hosts give a commit by its hash.
      await fetched(repository, `+${hash}:refs/sluice/asked/${hash}`);
      return mirror;
    });
  }

  async function read(mirror: string, args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Buffer> {
    const run = await locally(mirror, args, more);
    if (run.code !== 0) throw new GitFailure(`git ${args[0] ?? ''} failed: ${run.stderr.trim() || 'no reason given'}`);
    return run.stdout;
  }

  const git: Git = {
    async head(repository) {
      const ref = `refs/heads/${repository.branch}`;
      const told = await answered(repository, ['ls-remote', '--', repository.remote, ref], ASK_WITHIN);
      const [hash] = told.split(/\s/, 1);
      if (hash && HASH.test(hash)) return hash;
      throw new GitFailure(
        `Repository ${repository.repoId}: there is no branch ${repository.branch} at ${repository.remote}. Correct \`branch\` in the server configuration.`,
      );
    },
    async resolve(repository, ref) {
      const patterns = [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`];
      const told = await answered(repository, ['ls-remote', '--', repository.remote, ...patterns], ASK_WITHIN);
      const found = new Map(
        told.split('\n').flatMap((line) => {
          const [hash = '', name = ''] = line.split('\t');
          return HASH.test(hash) ? [[name, hash] as const] : [];
        }),
      );
      // An annotated tag means the commit that it names.
      const hash = found.get(patterns[0] ?? '') ?? found.get(patterns[2] ?? '') ?? found.get(patterns[1] ?? '');
      if (hash !== undefined || !FULL_OR_SHORT.test(ref)) return hash;
      if (HASH.test(ref))
        return (await mirrorWith(repository, ref).catch(() => undefined)) === undefined ? undefined : ref;
      const mirror = await mirrorWith(repository, await git.head(repository));
      const parsed = await locally(mirror, ['rev-parse', '--verify', '--quiet', `${ref}^{commit}`]);
      return parsed.code === 0 ? parsed.stdout.toString('utf8').trim() : undefined;
    },
    async commit(repository, hash) {
      const mirror = await mirrorWith(repository, hash);
      const shown = await read(mirror, ['show', '-s', '--format=%H%x00%an <%ae>%x00%B', hash]);
      return commitOf(repository, shown.toString('utf8'));
    },
    async open(repository, hash): Promise<GitFiles> {
      const mirror = await mirrorWith(repository, hash);
      return {
        list: async () => namesIn(await read(mirror, ['ls-tree', '-r', '-z', '--name-only', hash])),
        async read(path) {
          const run = await locally(mirror, ['cat-file', 'blob', `${hash}:${path}`]);
          return run.code === 0 ? run.stdout : undefined;
        },
      };
    },
    async changedPaths(repository, from, to) {
      const mirror = await mirrorWith(repository, to);
      if (!HASH.test(from) || !(await has(mirror, from))) return undefined;
      return namesIn(await read(mirror, ['diff-tree', '-r', '-z', '--no-renames', '--name-only', from, to]));
    },
    async isAncestor(repository, ancestor, of) {
      const mirror = await mirrorWith(repository, ancestor);
      if (!HASH.test(of) || !(await has(mirror, of))) return false;
      return (await locally(mirror, ['merge-base', '--is-ancestor', ancestor, of])).code === 0;
    },
    async trailers(repository, head, key) {
      const mirror = await mirrorWith(repository, head);
      const format = `--format=%H%x00%(trailers:key=${key},valueonly,separator=%x00)`;
      const told = (await read(mirror, ['log', '-n', String(TRAILERS_WITHIN), format, head])).toString('utf8');
      const found = new Map<string, string>();
      for (const line of told.split('\n')) {
        const [hash = '', ...values] = line.split('\0');
        for (const value of values) if (value !== '' && !found.has(value)) found.set(value, hash);
      }
      return found;
    },
    async push(repository, commit) {
      const mirror = await mirrorWith(repository, commit.parent);
      const onMirror = async (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string> =>
        (await read(mirror, args, env)).toString('utf8').trim();
      const hash = await makeCommit(onMirror, commit, access.access);
      const ref = `refs/heads/${commit.branch ?? repository.branch}`;
      // Nobody else's branch is moved from where it was not seen; one of our own is.
      const force = commit.branch === undefined ? `--force-with-lease=${ref}:${commit.parent}` : '--force';
      const args = ['push', '--porcelain', force, 'origin', `${hash}:${ref}`];
      const run = await remotely(repository, ['--git-dir', mirror, ...args], FETCH_WITHIN);
      const end = pushEnd(run);
      if (end === 'PUSHED') return hash;
      if (end === 'LOST_RACE') return undefined;
      if (end === 'FAILED') throw failureOf(repository, run, FETCH_WITHIN);
      const [why = ''] = run.stdout
        .toString('utf8')
        .split('\n')
        .filter((line) => line.startsWith('!'));
      throw new PushRefused(
        `Repository ${repository.repoId} refused the commit (${why.split('\t').at(-1) ?? ''}): let our key push to ${commit.branch ?? repository.branch}.`,
      );
    },
  };
  return git;
}

/** Removes the lock that a fetch fails at, if the git that made it was killed: none runs for so long. @returns whether it did */
async function removeOldLock(mirror: string, stderr: string): Promise<boolean> {
  const [, lock] = /Unable to create '([^']+\.lock)': File exists/.exec(stderr) ?? [];
  if (lock === undefined || !resolve(lock).startsWith(`${resolve(mirror)}/`)) return false;
  return removeAbandoned(lock);
}

/**
 * Removes what fetches have left that were cut off with the machine: as large as the repository, and git's own clean-up keeps them here. One
 * that is still being written is younger than any fetch may become.
 */
async function sweep(packs: string): Promise<void> {
  const names = await readdir(packs).catch(() => []);
  for (const name of names.filter((one) => one.startsWith('tmp_'))) await removeAbandoned(join(packs, name));
}

/** Removes a file that nobody has written for longer than a fetch may take. @returns whether it did */
async function removeAbandoned(file: string): Promise<boolean> {
  const written = await stat(file).catch(() => undefined);
  if (!written || Date.now() - written.mtimeMs <= FETCH_WITHIN) return false;
  await rm(file, { force: true });
  return true;
}

function namesIn(stdout: Buffer): string[] {
  return stdout.toString('utf8').split('\0').filter(Boolean);
}

function commitOf(repository: Repository, shown: string): Commit {
  const [hash = '', author = '', message = ''] = shown.split('\0');
  const url = commitUrl(repository.remote, hash);
  return { hash, author, message: message.trim().slice(0, 2_000), ...(url !== undefined && { url }) };
}
