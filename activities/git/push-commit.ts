import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitFailure } from './repository.js';
import type { NewCommit } from './repository.js';
import type { GitRun } from './run-git.js';

/** Runs git on the mirror with more variables; throws GitFailure when it fails. */
type OnMirror = (args: readonly string[], env?: NodeJS.ProcessEnv) => Promise<string>;

const NAME = 'Sluice';
const EMAIL = 'sluice@localhost';

/** Makes a commit in the mirror without a work tree: all but the given files stays as in the parent, whether it is here or not. */
export async function makeCommit(
  git: OnMirror,
  { parent, files, message }: NewCommit,
  by: { username?: string; email?: string },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-commit-'));
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') };
    await git(['read-tree', parent], env);
    for (const [path, content] of Object.entries(files)) {
      const [mode = ''] = (await git(['ls-tree', parent, '--', path])).split(' ', 1);
      if (!mode.startsWith('100')) throw new GitFailure(`${path} is no plain file in the repository.`);
      const file = join(folder, 'content');
      await writeFile(file, content);
      const blob = await git(['hash-object', '-w', '--no-filters', '--', file]);
      await git(['update-index', '--cacheinfo', `${mode},${blob},${path}`], env);
    }
    // Large files were left out of the mirror, and the host has them.
    const tree = await git(['write-tree', '--missing-ok'], env);
    const words = join(folder, 'message');
    await writeFile(words, message);
    const [name, email] = [by.username ?? NAME, by.email ?? EMAIL];
    return await git(['commit-tree', tree, '-p', parent, '-F', words], {
      ...{ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email },
      ...{ GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** How a push ended, by what git and the host said. */
export function pushEnd({ code, stdout, stderr }: GitRun): 'PUSHED' | 'LOST_RACE' | 'REFUSED' | 'FAILED' {
  if (code === 0) return 'PUSHED';
  const said = `${stdout.toString('utf8')}\n${stderr}`;
  if (
    /stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|reference already exists/i.test(said)
  ) {
    return 'LOST_RACE';
  }
  return /\[remote rejected\]|pre-receive hook declined|protected branch/i.test(said) ? 'REFUSED' : 'FAILED';
}
