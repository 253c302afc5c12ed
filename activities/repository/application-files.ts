import { posix } from 'node:path';
import { formatFinding } from '../../model/finding.js';
import type { Finding } from '../../model/finding.js';
import type { SeenFile } from '../../model/repository.js';
import type { Trigger } from '../../model/trigger.js';
import { readApplicationHead } from '../../spec/application-head.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import { parseRelease } from '../../spec/release.js';
import type { Decrypt } from '../../spec/release-secrets.js';
import type { GitFiles } from '../git/repository.js';
import { readReleaseFiles } from './release-files.js';

const APPLICATION_FILE = /(^|\.)pipecd\.(ya?ml|json)$/i;
/** Of several mistakes people mend the first ones first; the rest is shown by `sluice lint`. */
const MISTAKES_SHOWN = 3;

/** An application file that was read, with what makes it deploy. */
export interface ReadFile extends SeenFile {
  trigger?: Trigger;
}

/** Whether a path is one of application files, by its name: `app.pipecd.yaml`, `web.pipecd.yml`. */
export function isApplicationFile(path: string): boolean {
  return APPLICATION_FILE.test(posix.basename(path));
}

/**
 * Finds every application file of a commit and reads it with all that it names. One that cannot be loaded is INVALID, with its first
 * mistakes; it stops none of the others. Two files of one name are both INVALID: which one is meant cannot be known.
 */
export async function readApplicationFiles(
  git: GitFiles,
  known: KnownProviders,
  decrypt: Decrypt,
): Promise<ReadFile[]> {
  const paths = await git.list();
  const read: ReadFile[] = [];
  for (const path of paths.filter(isApplicationFile)) read.push(await readOne(git, paths, path, known, decrypt));
  return read.map((file) => {
    const others = read.filter(({ app, path }) => app !== undefined && app === file.app && path !== file.path);
    if (others.length === 0) return file;
    const problem = `${file.path}: ${others.map(({ path }) => path).join(', ')} names the application "${file.app ?? ''}" too — give one of them another spec.name.`;
    return { ...file, status: 'INVALID', problem };
  });
}

async function readOne(
  git: GitFiles,
  paths: readonly string[],
  path: string,
  known: KnownProviders,
  decrypt: Decrypt,
): Promise<ReadFile> {
  const files = await readReleaseFiles(git, paths, path);
  const name = posix.basename(path);
  const text = files[name];
  if (text === undefined) return { path, status: 'INVALID', problem: `${path}: the file is longer than 512 KB.` };
  const { app, trigger, audience, findings } = readApplicationHead(name, text);
  // Sealed nowhere and kept nowhere: only what is wrong with it is wanted.
  const judged =
    trigger === undefined || app === undefined
      ? findings
      : parseRelease({ app, files, known, decrypt, seal: () => '' }).findings;
  const problem = mistakesOf(judged, posix.dirname(path));
  const common = {
    path,
    ...(app !== undefined && { app }),
    ...(trigger && { trigger }),
    ...(audience && { audience }),
  };
  if (problem !== undefined) return { ...common, status: 'INVALID', problem };
  return { ...common, status: trigger?.onCommit.disabled ? 'ON_REQUEST' : 'WATCHED' };
}

/** The mistakes of a file in words, by paths from the root of the repository; undefined when there is none. */
export function mistakesOf(findings: readonly Finding[], folder: string): string | undefined {
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length === 0) return undefined;
  const told = errors
    .slice(0, MISTAKES_SHOWN)
    .map((finding) => formatFinding({ ...finding, ...(finding.file && { file: posix.join(folder, finding.file) }) }));
  const more = errors.length > MISTAKES_SHOWN ? `\n(and ${errors.length - MISTAKES_SHOWN} more)` : '';
  return `${told.join('\n')}${more}`;
}
