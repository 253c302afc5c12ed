import { posix } from 'node:path';
import { isAnalysisTemplate } from '../../spec/analysis-template.js';
import { filesNamedBy } from '../../spec/release-files.js';
import type { GitFiles } from '../git/repository.js';

const TEMPLATE = /\.(ya?ml|json)$/i;
/** As long as the HTTP API takes one. */
const LONGEST_FILE = 512 * 1024;

/**
 * What a deployment is asked with, read from a commit: the application file, the files it names, and the analysis templates in `.pipe` of
 * its folder and those above. Names are as seen from the application file's folder. A named file that is not there is left out: it is told
 * where the release is parsed.
 * @param paths all paths of the commit
 */
export async function readReleaseFiles(
  git: GitFiles,
  paths: readonly string[],
  applicationFile: string,
): Promise<Record<string, string>> {
  const folder = posix.dirname(applicationFile);
  const files: Record<string, string> = {};
  const text = await readText(git, applicationFile);
  if (text === undefined) return files;
  files[posix.basename(applicationFile)] = text;
  for (const named of filesNamedBy(text).files) {
    const path = posix.join(folder, named);
    if (posix.isAbsolute(named) || path.startsWith('..')) continue;
    const content = await readText(git, path);
    if (content !== undefined) files[named] = content;
  }
  for (const path of paths.filter((path) => mayBeTemplate(path, folder))) {
    const content = await readText(git, path);
    const name = posix.relative(folder, path);
    if (content !== undefined && isAnalysisTemplate(name, content)) files[name] = content;
  }
  return files;
}

/** Whether a path lies right in a `.pipe` of the folder or of one above it. */
function mayBeTemplate(path: string, folder: string): boolean {
  const pipe = posix.dirname(path);
  if (posix.basename(pipe) !== '.pipe' || !TEMPLATE.test(path)) return false;
  const above = posix.dirname(pipe);
  return above === '.' || above === folder || folder.startsWith(`${above}/`);
}

async function readText(git: GitFiles, path: string): Promise<string | undefined> {
  const content = await git.read(path);
  return content && content.length <= LONGEST_FILE ? content.toString('utf8') : undefined;
}
