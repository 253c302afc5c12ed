import { readdir, readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { Finding } from '../model/finding.js';
import { applicationFile } from '../spec/files.js';
import { filesNamedBy } from '../spec/release-files.js';
import { CommandFailure, EXIT } from './failure.js';
import { readTemplateFiles } from './template-files.js';

/** What a deployment is asked with: the files by the names that the application file gives them. */
export interface ReleaseFolder {
  /** `spec.name` of the application file, when it can be read. */
  app?: string;
  files: Record<string, string>;
}

/**
 * Reads the application file of a folder, the files it names and the analysis templates it may name. What these say is judged where the release is parsed: a file that is
 * named and is not there is left out here and refused there, with its line.
 * @throws CommandFailure when there is no application file.
 */
export async function readReleaseFolder(dir: string): Promise<ReleaseFolder> {
  const findings: Finding[] = [];
  const file = applicationFile(Object.fromEntries((await list(dir)).map((name) => [name, ''])), findings);
  if (file === undefined) {
    throw new CommandFailure(
      EXIT.wrongUse,
      `There is no application in ${dir}: ${findings.map(({ message }) => message).join('; ')}.`,
      'Name the folder that holds app.pipecd.yaml.',
    );
  }
  const text = (await readInside(dir, file)) ?? '';
  const files: Record<string, string> = { ...(await readTemplateFiles(dir)), [file]: text };
  const { app, files: named } = filesNamedBy(text);
  for (const name of named) {
    const content = await readInside(dir, name);
    if (content !== undefined) files[name] = content;
  }
  return { ...(app !== undefined && { app }), files };
}

async function list(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT.wrongUse, `The folder cannot be read: ${reason}.`);
  }
}

/**
 * A file of the folder; undefined when it is not there, or its name leads out of the folder.
 * @throws CommandFailure when it is a link out of the folder: whoever wrote the repository would choose what is sent of this machine
 */
async function readInside(dir: string, name: string): Promise<string | undefined> {
  if (isAbsolute(name) || leadsOut(dir, join(dir, name))) return undefined;
  try {
    const path = await realpath(join(dir, name));
    if (!leadsOut(await realpath(dir), path)) return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
  throw new CommandFailure(
    EXIT.wrongUse,
    `${name} is a link out of ${dir}, and what it leads to is not sent.`,
    'Put the file itself into the folder.',
  );
}

function leadsOut(dir: string, path: string): boolean {
  return relative(dir, path).split(sep)[0] === '..';
}
