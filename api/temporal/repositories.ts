import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import type { ReadRelease, ReleaseInGit, SealedFiles, RepositoryState } from '../../model/repository.js';
import { iso } from '../../model/wire.js';
import type { ApplicationDocument, RepositoryDocument } from '../../model/wire.js';
import { repositoryWorkflowId } from '../../model/workflow-id.js';
import { pokeSignal, repositoryQuery } from '../../workflows/messages.js';
import { askWorker } from './ask-worker.js';
import { RepositoryMemo } from './stored.js';
import { findWorkflows } from './visibility.js';

const QUERY: Millis = 2 * SECOND;

/** A repository as its watcher knows it; undefined when nobody watches it. */
export async function readRepository(client: Client, repoId: string): Promise<RepositoryDocument | undefined> {
  try {
    const handle = client.workflow.getHandle(repositoryWorkflowId(repoId));
    const { status, memo } = await handle.describe();
    if (status.name !== 'RUNNING') return undefined;
    // Without a worker the memo tells all but the files.
    return repositoryDocument(
      await client
        .withDeadline(Date.now() + QUERY, () => handle.query(repositoryQuery))
        .catch(() => remembered(memo) ?? { repoId, remote: '', branch: '', applications: [] }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Repositories that were watched and are not configured any more, as their watchers left them: what was deployed from them stays as it runs. */
export async function removedRepositories(
  client: Client,
  configured: readonly string[],
): Promise<RepositoryDocument[]> {
  const rows = await findWorkflows(client, `WorkflowType = 'repository' AND ExecutionStatus = 'Completed'`);
  const ids = new Set(rows.map(({ workflowId }) => workflowId.slice(repositoryWorkflowId('').length)));
  const left = [...ids].filter((repoId) => !configured.includes(repoId)).sort();
  const read = await Promise.all(left.map((repoId) => readEnded(client, repoId)));
  return read.filter((one) => one !== undefined);
}

async function readEnded(client: Client, repoId: string): Promise<RepositoryDocument | undefined> {
  const handle = client.workflow.getHandle(repositoryWorkflowId(repoId));
  const { status, memo } = await handle.describe();
  // It may be another api's, which is configured otherwise.
  if (status.name !== 'COMPLETED') return undefined;
  const state = await client
    .withDeadline(Date.now() + QUERY, () => handle.query(repositoryQuery))
    .catch(() => remembered(memo));
  if (!state) return undefined;
  const document = repositoryDocument(state);
  delete document.problem;
  return {
    ...document,
    removed: true,
    applications: document.applications.map(({ problem: _nowhere, was: _never, ...file }) => ({
      ...file,
      status: 'REMOVED',
    })),
  };
}

/** Makes the watcher look now. @returns false when nobody watches the repository */
export async function pokeRepository(client: Client, repoId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(repositoryWorkflowId(repoId)).signal(pokeSignal);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Has a worker read a release: this process holds no right to any repository, and no key for secrets. @throws ApiProblem 503 */
export function readRelease(client: Client, asked: ReleaseInGit | SealedFiles): Promise<ReadRelease> {
  return askWorker<ReadRelease>(client, 'readRelease', asked, {
    summary: 'sealedFiles' in asked ? `Reads the files of ${asked.app}` : `Reads ${asked.path} of ${asked.repoId}`,
    fix: 'Nothing was deployed. Look at GET /api/v1/repositories and at the worker’s log.',
  });
}

function repositoryDocument({ lookedAt, head, audiences: _inside, ...state }: RepositoryState): RepositoryDocument {
  return {
    ...state,
    ...(head && { head }),
    ...(lookedAt !== undefined && { lookedAt: iso(lookedAt) }),
  };
}

/** An application with where commits deploy it from. */
export function withGit(
  document: ApplicationDocument,
  repositories: readonly RepositoryDocument[],
): ApplicationDocument {
  for (const { repoId, applications } of repositories) {
    const file = applications.find(({ app, status }) => app === document.app && status !== 'REMOVED');
    if (!file) continue;
    const { path, status, problem } = file;
    return { ...document, git: { repoId, path, status, ...(problem !== undefined && { problem }) } };
  }
  return document;
}

/** What the watcher wrote into its memo, which is ours. */
function remembered(memo: Record<string, unknown> | undefined): RepositoryState | undefined {
  return RepositoryMemo.safeParse(memo).data?.repository;
}
