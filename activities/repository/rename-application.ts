import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { FileRenamed, RepositoryState } from '../../model/repository.js';
import { repositoryWorkflowId } from '../../model/workflow-id.js';
import type { Rename, RenameAnswer } from '../../workflows/messages.js';
import { updateApplication } from '../memory/update-application.js';
import type { FileToRename } from '../repository.js';
import type { Deployed } from './deployed.js';

/**
 * Has an application go on under the name that its file has now. It is no rename where nothing was deployed under the old name, or where a
 * file of another repository says it; and no name to take is one that a file of another repository has.
 */
export async function renameApplication(
  client: Client,
  deployed: (app: string) => Promise<Deployed>,
  repositories: readonly string[],
  { repoId, path, from, to, commit }: FileToRename,
): Promise<FileRenamed> {
  if (!(await deployed(from)).known) return { outcome: 'NONE' };
  for (const other of repositories.filter((one) => one !== repoId)) {
    const there = (await namesIn(client, other)).find(({ app }) => app === from || app === to);
    if (there?.app === from) return { outcome: 'NONE' };
    if (there) {
      const problem = `${path}: ${from} cannot be renamed to ${to}: ${there.path} of repository ${other} has that name — give one of them another spec.name.`;
      return { outcome: 'REFUSED', problem };
    }
  }
  const reason = `commit ${commit.hash.slice(0, 9)} gave ${path} that name.`;
  const asked: Rename = { to, by: `git:${repoId}`, reason };
  const answer = await updateApplication<RenameAnswer>(client, from, 'rename', asked);
  if (answer.outcome === 'RENAMED') return { outcome: 'RENAMED' };
  return { outcome: answer.outcome, problem: `${path}: ${answer.reason} — ${answer.fix}` };
}

/** The applications of another repository, as far as its watcher knows them. */
async function namesIn(client: Client, repoId: string): Promise<{ app: string; path: string }[]> {
  try {
    const { applications } = await client.workflow
      .getHandle(repositoryWorkflowId(repoId))
      // Our own answer, typed where it is made.
      .query<RepositoryState>('repository');
    return applications.flatMap(({ app, path, status }) =>
      app !== undefined && status !== 'REMOVED' ? [{ app, path }] : [],
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}
