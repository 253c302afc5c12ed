import { describeMatcher, fitsMatcher } from '../../model/chain.js';
import type { ChainedApplication, ChainMatcher } from '../../model/chain.js';
import type { GitRepository } from '../../config/server.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import type { Decrypt } from '../../spec/release-secrets.js';
import type { Git } from '../git/repository.js';
import type { FoundChained } from '../repository.js';
import { readApplicationFiles } from './application-files.js';

/** Finds what a block of a chain deploys at the heads of the repositories: what fits, lets chains deploy it, and can be loaded. */
export async function findChained(
  { git, known, decrypt }: { git: Git; known: KnownProviders; decrypt: Decrypt },
  repositories: readonly GitRepository[],
  matcher: ChainMatcher,
  not: readonly string[],
): Promise<FoundChained> {
  const applications: ChainedApplication[] = [];
  const closed: string[] = [];
  for (const repository of repositories) {
    const hash = await git.head(repository);
    const commit = await git.commit(repository, hash);
    for (const file of await readApplicationFiles(await git.open(repository, hash), known, decrypt)) {
      const { app, audience, trigger, path, problem } = file;
      if (app === undefined || not.includes(app) || !fitsMatcher(matcher, { app, labels: audience?.labels ?? {} }))
        continue;
      if (problem !== undefined) return { problem: `${app} cannot be loaded: ${problem}` };
      if (trigger?.onChain.disabled !== false) closed.push(app);
      else applications.push({ app, repoId: repository.repoId, path, commit });
    }
  }
  if (applications.length > 0) return { applications };
  const what = describeMatcher(matcher) || 'the chain';
  const why =
    closed.length > 0
      ? `${closed.join(', ')} fits, and lets no chain deploy it: write trigger.onChain.disabled: false there`
      : `no application in the watched repositories fits that it has not deployed already`;
  return { problem: `Nothing to deploy for ${what}: ${why}` };
}
