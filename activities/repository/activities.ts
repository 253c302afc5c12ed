import { posix } from 'node:path';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { knownProviders } from '../../config/known-providers.js';
import { readDecrypt } from '../../config/secret-management.js';
import type { GitRepository, ServerConfig } from '../../config/server.js';
import type { ReadRelease, ReleaseInGit, SealedFiles } from '../../model/repository.js';
import type { EventEnd, RegisteredEvent } from '../../model/event.js';
import type { Finding } from '../../model/finding.js';
import { parseRelease } from '../../spec/release.js';
import type { Decrypt } from '../../spec/release-secrets.js';
import type { DeployAnswer, DeployRequest } from '../../workflows/messages.js';
import { beating } from '../beating.js';
import type { ActivityContext } from '../context.js';
import type { PullRequests } from '../git/pull-request.js';
import { GitFailure } from '../git/repository.js';
import type { Git } from '../git/repository.js';
import type { EventActivities } from '../events.js';
import { updateApplication } from '../memory/update-application.js';
import type { RepositoryActivities } from '../repository.js';
import { isApplicationFile } from './application-files.js';
import { commitEvents } from './commit-events.js';
import { deployCommit, olderThanRunning, withChanges } from './deploy-commit.js';
import { readDeployed } from './deployed.js';
import { findChained } from './find-chained.js';
import { readReleaseFiles } from './release-files.js';
import { renameApplication } from './rename-application.js';
import { readSeenFiles } from './seen-files.js';

export interface RepositoryDependencies {
  config: Pick<
    ServerConfig,
    'repositories' | 'syncInterval' | 'ecsProviders' | 'analysisProviders' | 'allowScripts' | 'secretKeys'
  >;
  client: Client;
  git: Git;
  pullRequests: PullRequests;
  seal: (plain: string) => string;
  unseal: (sealed: string) => string;
  context: () => ActivityContext;
}

/** The activities that read repositories and have their commits deployed. */
export function createRepositoryActivities(
  dependencies: RepositoryDependencies,
): RepositoryActivities & EventActivities {
  const { config, client, git, pullRequests, seal, unseal, context } = dependencies;
  const known = knownProviders(config);
  const deployed = (app: string): ReturnType<typeof readDeployed> => readDeployed(client, app);
  const openKey = (): Promise<Decrypt> => readDecrypt(config.secretKeys);
  const find = (repoId: string): GitRepository | undefined => config.repositories.find((one) => one.repoId === repoId);

  /** While git works: a clone takes minutes. */
  const whileGitWorks = <T>(work: () => Promise<T>): Promise<T> => beating(context(), work);

  async function readFromGit(asked: ReleaseInGit): Promise<ReadRelease> {
    const { app, repoId, ref, path, image, provider } = asked;
    const refused = (field: string, message: string, fix: string): ReadRelease => ({
      findings: [{ level: 'error', field, message, fix }],
    });
    const repository = find(repoId);
    if (!repository) {
      const names = config.repositories.map((one) => one.repoId).join(', ') || 'none';
      return refused('git.repoId', `no repository "${repoId}" is configured`, `Configured: ${names}.`);
    }
    const hash = ref === undefined ? await git.head(repository) : await git.resolve(repository, ref);
    if (hash === undefined) {
      return refused('git.ref', `${repoId} has no branch, tag or commit ${ref ?? ''}`, 'Name one that was pushed.');
    }
    const state = await deployed(app);
    const older = await olderThanRunning(git, repository, hash, state);
    if (older !== undefined) return refused('git.ref', older, `To go back: sluice rollback ${app}.`);
    const tree = await git.open(repository, hash);
    const paths = await tree.list();
    const file = applicationFileAt(paths, path);
    if (file === undefined) {
      const there = paths.filter(isApplicationFile);
      const names = there.slice(0, 10).join(', ') || 'none';
      return refused(
        'git.path',
        `there is no application file at ${path} in ${hash.slice(0, 9)}`,
        `There are: ${names}.`,
      );
    }
    const files = await readReleaseFiles(tree, paths, file);
    const { release, findings } = parseRelease({
      ...{ app, files, known, seal, decrypt: await openKey() },
      ...(image !== undefined && { image }),
      ...(provider !== undefined && { provider }),
    });
    const commit = await withChanges(git, repository, await git.commit(repository, hash), state);
    const placed = findings.map((one) => inRepository(one, posix.dirname(file)));
    return { findings: placed, ...(release && { release, commit }) };
  }

  async function openSent({ app, sealedFiles, image, provider }: SealedFiles): Promise<ReadRelease> {
    const files = z.record(z.string(), z.string()).parse(JSON.parse(unseal(sealedFiles)));
    const { release, findings } = parseRelease({
      ...{ app, files, image, provider, known, seal, decrypt: await openKey() },
    });
    return { findings, ...(release && { release }) };
  }

  return {
    async lookAtRepository(repoId) {
      const repository = find(repoId);
      if (!repository) return undefined;
      const { remote, branch } = repository;
      const common = { remote, branch, interval: config.syncInterval };
      return whileGitWorks(async () => {
        try {
          return { ...common, head: await git.head(repository) };
        } catch (error) {
          return { ...common, problem: wordsOf(error) };
        }
      });
    },
    readRepository: ({ repoId, head, considered }) =>
      whileGitWorks(async () => {
        const repository = find(repoId);
        if (!repository) return { problem: `Repository ${repoId} is not configured any more.` };
        try {
          const commit = await git.commit(repository, head);
          return {
            commit,
            files: await readSeenFiles({ git, known, openKey, deployed }, repository, commit, considered),
          };
        } catch (error) {
          return { problem: wordsOf(error) };
        }
      }),
    deployCommit: (asked) =>
      whileGitWorks(async () => {
        const repository = find(asked.repoId);
        if (!repository)
          return { outcome: 'REFUSED', problem: `Repository ${asked.repoId} is not configured any more.` };
        const deploy = (app: string, request: DeployRequest) =>
          updateApplication<DeployAnswer>(client, app, 'deploy', request);
        try {
          return await deployCommit({ git, known, seal, openKey, deployed, deploy }, repository, asked);
        } catch (error) {
          return { outcome: 'WAITS', problem: wordsOf(error) };
        }
      }),
    renameApplication: (asked) =>
      whileGitWorks(() =>
        renameApplication(
          client,
          deployed,
          config.repositories.map(({ repoId }) => repoId),
          asked,
        ),
      ),
    findChained: ({ matcher, not }) =>
      whileGitWorks(async () => {
        try {
          return await findChained({ git, known, decrypt: await openKey() }, config.repositories, matcher, not);
        } catch (error) {
          return { problem: wordsOf(error) };
        }
      }),
    commitEvents: ({ repoId, events }) =>
      whileGitWorks(async () => {
        const repository = find(repoId);
        if (!repository) return { ends: endAsGone(repoId, events), alone: false };
        const committed = await commitEvents(git, pullRequests, repository, events);
        return { ...committed, alone: config.repositories.length === 1 };
      }),
    readRelease: (asked) =>
      whileGitWorks(async () => {
        try {
          return 'sealedFiles' in asked ? await openSent(asked) : await readFromGit(asked);
        } catch (error) {
          throw ApplicationFailure.nonRetryable(wordsOf(error), 'GitFailure');
        }
      }),
  };
}

/** No look will ever find the repository again: who still wants the value committed registers it anew. */
function endAsGone(repoId: string, events: readonly RegisteredEvent[]): Record<string, EventEnd> {
  const reason = `Repository ${repoId} is not configured any more: nothing was committed to it. Configure it again and register the event anew.`;
  return Object.fromEntries(events.map(({ id }) => [id, { status: 'FAILED', reason, gone: true }]));
}

/** What git could not do is told; everything else is ours to retry. */
function wordsOf(error: unknown): string {
  if (error instanceof GitFailure) return error.message;
  throw error;
}

/** The application file that a path means: itself, or the one of the folder. */
function applicationFileAt(paths: readonly string[], path: string): string | undefined {
  const asked = posix.normalize(path).replace(/^\/|\/$/g, '');
  if (paths.includes(asked) && isApplicationFile(asked)) return asked;
  const inFolder = paths.filter(
    (file) => isApplicationFile(file) && posix.dirname(file) === (asked === '' ? '.' : asked),
  );
  const usual = inFolder.find((file) => posix.basename(file) === 'app.pipecd.yaml');
  return usual ?? (inFolder.length === 1 ? inFolder[0] : undefined);
}

function inRepository(finding: Finding, folder: string): Finding {
  return { ...finding, ...(finding.file && { file: posix.join(folder, finding.file) }) };
}
