import { parseDocument } from 'yaml';
import { isTooDeep } from '../document/nesting.js';
import { filesOfValues } from './rendered-files.js';

/** PipeCD's default for the task definition; a service definition that is not named is not there. */
const TASK_DEFINITION_FILE = 'taskdef.json';

/** What an application file says of the files beside it, as far as it can be read. */
export interface NamedFiles {
  /** `spec.name`. */
  app?: string;
  /** As they are written, from the application file's folder. */
  files: string[];
}

/** The files that an application file names. Judges nothing: what cannot be read is told where the release is parsed. */
export function filesNamedBy(applicationFile: string): NamedFiles {
  const spec = member(valueOf(applicationFile), 'spec');
  const input = member(spec, 'input') ?? member(member(member(spec, 'plugins'), 'ecs'), 'input');
  const service = nameIn(member(input, 'serviceDefinitionFile'));
  const app = nameIn(member(spec, 'name'));
  return {
    ...(app !== undefined && { app }),
    files: [
      ...(service === undefined ? [] : [service]),
      nameIn(member(input, 'taskDefinitionFile')) ?? TASK_DEFINITION_FILE,
      ...filesOfValues(spec),
    ],
  };
}

function valueOf(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  const document = parseDocument(text);
  try {
    return document.toJS();
  } catch {
    // An alias of nothing, such as a glob without quotes, or too many of them: the name can be read all the same.
    return { spec: { name: document.getIn(['spec', 'name']) } };
  }
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member of a mapping by its name in any case, as PipeCD reads. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}
