import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { isAnalysisTemplate } from '../spec/analysis-template.js';

const FOLDER = '.pipe';
const READ = /\.(ya?ml|json)$/i;
/** The API takes no longer text; a file that long is refused there, and is no template that somebody wrote. */
const LONGEST_FILE = 512 * 1024;

/**
 * The files of `kind: AnalysisTemplate` that a folder's application may name: those in `.pipe` of the folder and of each folder above it, up
 * to the root of the git repository (outside of one: of the folder alone). PipeCD reads the root's alone.
 * @returns their names as seen from the folder (`../../.pipe/analysis.yaml`), and what they say
 */
export async function readTemplateFiles(dir: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const folder of await foldersUpward(resolve(dir))) {
    for (const name of await namesIn(join(folder, FOLDER))) {
      const path = join(folder, FOLDER, name);
      const { size } = await stat(path);
      if (size > LONGEST_FILE) continue;
      const content = await readFile(path, 'utf8');
      const sent = relative(resolve(dir), path).split(sep).join(posix.sep);
      if (isAnalysisTemplate(sent, content)) files[sent] = content;
    }
  }
  return files;
}

/** The folder and those above it, up to the root of its git repository. */
async function foldersUpward(dir: string): Promise<string[]> {
  const folders: string[] = [];
  for (let folder = dir; ; folder = dirname(folder)) {
    folders.push(folder);
    // A worktree's `.git` is a file.
    if (await exists(join(folder, '.git'))) return folders;
    if (dirname(folder) === folder) return [dir];
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && READ.test(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return [];
    throw error;
  }
}
