import type { Commit } from '../../model/release.js';
import type { SeenFile } from '../../model/repository.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import type { Decrypt } from '../../spec/release-secrets.js';
import type { Git, Repository } from '../git/repository.js';
import { readApplicationFiles } from './application-files.js';
import type { ReadFile } from './application-files.js';
import { whyDue } from './is-due.js';
import type { Deployed } from './deployed.js';

export interface SeenFilesDependencies {
  git: Git;
  known: KnownProviders;
  openKey: () => Promise<Decrypt>;
  /** What was deployed of an application last. */
  deployed: (app: string) => Promise<Deployed>;
}

/** The files at the head of a branch, with those that its newest commit deploys. @param considered by path, where changes are counted from */
export async function readSeenFiles(
  { git, known, openKey, deployed }: SeenFilesDependencies,
  repository: Repository,
  head: Commit,
  considered: Readonly<Record<string, string>>,
): Promise<SeenFile[]> {
  const files = await readApplicationFiles(await git.open(repository, head.hash), known, await openKey());
  const changes = new Map<string, Promise<string[] | undefined>>();
  const changedSince = (base: string): Promise<string[] | undefined> => {
    const asked = changes.get(base) ?? git.changedPaths(repository, base, head.hash);
    changes.set(base, asked);
    return asked;
  };

  async function withDue({ trigger, ...file }: ReadFile): Promise<SeenFile> {
    const { app, path, status } = file;
    if (status !== 'WATCHED' || app === undefined || trigger === undefined) return file;
    const last = considered[path] === undefined ? await deployed(app) : { known: true, commit: considered[path] };
    if (!last.known) return { ...file, due: 'It was never deployed.' };
    // Deployed by hand, from files of which it is not known where they came from: commits count from here on.
    if (last.commit === undefined || last.commit === head.hash) return file;
    const changed = await changedSince(last.commit);
    if (changed) {
      const due = whyDue(trigger, path, changed);
      return { ...file, ...(due !== undefined && { due }) };
    }
    const problem = `${path}: commit ${last.commit.slice(0, 9)}, from which its changes are counted, is not in the repository any more (its history was rewritten), so it cannot be told whether this commit changes it — if it does: sluice deploy --git ${repository.repoId}:${path}.`;
    return { ...file, problem };
  }
  const seen: SeenFile[] = [];
  // One after the other: each first sight asks a workflow.
  for (const file of files) seen.push(await withDue(file));
  return seen;
}
