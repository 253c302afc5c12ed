import { readdir, readFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { parseDocument } from 'yaml';
import type { Finding } from '../model/finding.js';
import { applicationFile } from '../spec/files.js';
import { CommandFailure, EXIT } from './failure.js';
import { readTemplateFiles } from './template-files.js';

/** PipeCD's default for the task definition; a service definition that is not named is not there. */
const TASK_DEFINITION_FILE = 'taskdef.json';

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
  const name = applicationFile(Object.fromEntries((await list(dir)).map((file) => [file, ''])), findings);
  if (name === undefined) {
    throw new CommandFailure(
      EXIT.wrongUse,
      `There is no application in ${dir}: ${findings.map(({ message }) => message).join('; ')}.`,
      'Name the folder that holds app.pipecd.yaml.',
    );
  }
  const text = await readFile(join(dir, name), 'utf8');
  const files: Record<string, string> = { ...(await readTemplateFiles(dir)), [name]: text };
  const spec = member(parseDocument(text).toJS(), 'spec');
  const input = member(spec, 'input') ?? member(member(member(spec, 'plugins'), 'ecs'), 'input');
  const taskDefinition = nameIn(member(input, 'taskDefinitionFile')) ?? TASK_DEFINITION_FILE;
  for (const named of [nameIn(member(input, 'serviceDefinitionFile')), taskDefinition]) {
    if (named === undefined) continue;
    if (isAbsolute(named) || relative(dir, join(dir, named)).startsWith('..')) continue;
    const content = await readIfThere(join(dir, named));
    if (content !== undefined) files[named] = content;
  }
  const app = nameIn(member(spec, 'name'));
  return { ...(app !== undefined && { app }), files };
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member of a mapping by its name in any case, as PipeCD reads. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

async function list(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT.wrongUse, `The folder cannot be read: ${reason}.`);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}
