import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { parseDocument } from 'yaml';
import { CommandFailure, EXIT } from './failure.js';

/** The file that names the others (PipeCD's default name). */
const APPLICATION_FILE = 'app.pipecd.yaml';
/** PipeCD's default for the task definition; a service definition that is not named is not there. */
const TASK_DEFINITION_FILE = 'taskdef.json';

/** What a deployment is asked with: the files by the names that the application file gives them. */
export interface ReleaseFolder {
  /** `spec.name` of the application file, when it can be read. */
  app?: string;
  files: Record<string, string>;
}

/**
 * Reads `app.pipecd.yaml` of a folder and the files it names. What these say is judged where the release is parsed: a file that is
 * named and is not there is left out here and refused there, with its line.
 * @throws CommandFailure when there is no application file.
 */
export async function readReleaseFolder(dir: string): Promise<ReleaseFolder> {
  const text = await readIfThere(join(dir, APPLICATION_FILE));
  if (text === undefined) {
    throw new CommandFailure(
      EXIT.wrongUse,
      `There is no ${APPLICATION_FILE} in ${dir}.`,
      'Name the folder that holds the application: sluice deploy DIR.',
    );
  }
  const files: Record<string, string> = { [APPLICATION_FILE]: text };
  const spec = member(parseDocument(text).toJS(), 'spec');
  const input = member(spec, 'input') ?? member(member(member(spec, 'plugins'), 'ecs'), 'input');
  const taskDefinition = nameIn(member(input, 'taskDefinitionFile')) ?? TASK_DEFINITION_FILE;
  for (const name of [nameIn(member(input, 'serviceDefinitionFile')), taskDefinition]) {
    if (name === undefined) continue;
    if (isAbsolute(name) || relative(dir, join(dir, name)).startsWith('..')) continue;
    const content = await readIfThere(join(dir, name));
    if (content !== undefined) files[name] = content;
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

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw error;
  }
}
