import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { Commit } from '../../model/release.js';
import type { CommitDeployed } from '../../model/repository.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import { parseRelease } from '../../spec/release.js';
import type { Decrypt } from '../../spec/release-secrets.js';
import type { DeployAnswer, DeployRequest } from '../../workflows/messages.js';
import type { Git, Repository } from '../git/repository.js';
import type { CommitToDeploy } from '../repository.js';
import { mistakesOf } from './application-files.js';
import type { Deployed } from './deployed.js';
import { readReleaseFiles } from './release-files.js';

export interface DeployCommitDependencies {
  git: Git;
  known: KnownProviders;
  seal: (plain: string) => string;
  openKey: () => Promise<Decrypt>;
  deployed: (app: string) => Promise<Deployed>;
  deploy: (app: string, request: DeployRequest) => Promise<DeployAnswer>;
}

/**
 * Asks the application to deploy a commit. The idempotency key names repository, commit and file, so one that is asked again after a crash
 * finds the deployment that it began.
 */
export async function deployCommit(
  { git, known, seal, openKey, deployed, deploy }: DeployCommitDependencies,
  repository: Repository,
  { repoId, path, app, commit, chain }: CommitToDeploy,
): Promise<CommitDeployed> {
  const state = await deployed(app);
  const { held, provider } = state;
  if (held !== undefined) return { outcome: 'WAITS', problem: `${app} is ${held}` };
  const older = await olderThanRunning(git, repository, commit.hash, state);
  if (older !== undefined) return { outcome: 'REFUSED', problem: `${older} — to go back: sluice rollback ${app}.` };
  const tree = await git.open(repository, commit.hash);
  const files = await readReleaseFiles(tree, await tree.list(), path);
  const several = known.ecsProviders.length > 1 && provider !== undefined;
  const { release, findings } = parseRelease({
    ...{ app, files, known, seal, decrypt: await openKey() },
    ...(several && { provider }),
  });
  if (!release) return { outcome: 'INVALID', problem: mistakesOf(findings, posix.dirname(path)) ?? 'unreadable' };
  const answer = await deploy(app, {
    release,
    strategy: 'AUTO',
    adopt: false,
    by: chain === undefined ? `git:${repoId}` : `chain:${chain}`,
    ...(chain !== undefined && { chain }),
    commit: await withChanges(git, repository, commit, state),
    idempotency: {
      key: chain === undefined ? `git:${repoId}:${commit.hash}:${path}` : `chain:${chain}:${app}`,
      bodySha256: createHash('sha256').update(`${repoId}\n${commit.hash}\n${path}`).digest('hex'),
    },
  });
  if (answer.accepted) return { outcome: 'DEPLOYED', deployment: answer.id };
  const problem = `${answer.reason}${answer.fix ? ` — ${answer.fix}` : ''}`;
  // Held meanwhile: the only refusal of the application's that passes by itself.
  return { outcome: answer.status === 409 ? 'WAITS' : 'REFUSED', problem };
}

/** More than this is no small change, and each copy of the deployment's input carries them. */
const MOST_PATHS = 300;

/** The commit with the paths in which it differs from the one that runs, where both are known and the change is not large. */
export async function withChanges(
  git: Pick<Git, 'changedPaths'>,
  repository: Repository,
  commit: Commit,
  { good }: Deployed,
): Promise<Commit> {
  const changedPaths = good === undefined ? undefined : await git.changedPaths(repository, good, commit.hash);
  return changedPaths && changedPaths.length <= MOST_PATHS ? { ...commit, changedPaths } : commit;
}

/** That a commit is an ancestor of the one that runs, in words: only a rollback goes back. */
export async function olderThanRunning(
  git: Git,
  repository: Repository,
  hash: string,
  { good }: Deployed,
): Promise<string | undefined> {
  if (good === undefined || good === hash || !(await git.isAncestor(repository, hash, good))) return undefined;
  return `commit ${hash.slice(0, 9)} is older than ${good.slice(0, 9)}, which runs`;
}
