import { posix } from 'node:path';
import { z } from 'zod';
import { EditFailure } from '../document/edit/edit-failure.js';
import { parseFieldPath } from '../document/edit/field-path.js';
import { regexProblem } from '../document/edit/regex.js';
import type { Reader } from '../document/reader.js';
import { text } from '../document/scalars.js';
import type { Path } from '../document/yaml.js';
import type { EventWatcher, Replacement } from '../model/event-watcher.js';

const labels = z.record(z.string(), text).optional();
const replacement = z.object({
  file: z.string().min(1),
  yamlField: z.string().optional(),
  jsonField: z.string().optional(),
  HCLField: z.string().optional(),
  regex: z.string().optional(),
});
const config = z.object({
  commitMessage: z.string().optional(),
  makePullRequest: z.boolean().optional(),
  replacements: z.array(replacement).min(1),
});

/** `spec.eventWatcher` of an application file (pipecd.md §1.4). */
export const eventWatcherFields = z.array(
  z.object({
    matcher: z.object({ name: z.string().min(1), labels }),
    handler: z.object({ type: z.enum(['GIT_UPDATE']).optional(), config }),
  }),
);

/** `kind: EventWatcher`, PipeCD's older form, in a file of `.pipe/`. */
const eventWatcherFile = z.object({
  apiVersion: z.literal('pipecd.dev/v1beta1'),
  kind: z.literal('EventWatcher'),
  spec: z.object({
    events: z.array(z.object({ name: z.string().min(1), labels, ...config.shape })).min(1),
  }),
});

/** Reads the watchers of an application's file; their files are meant from its folder. */
export function readApplicationWatchers(
  reader: Reader,
  list: z.output<typeof eventWatcherFields>,
  folder = '.',
): EventWatcher[] {
  return list.map(({ matcher, handler }, i) =>
    watcher(reader, { ...matcher, ...handler.config }, ['spec', 'eventWatcher', i, 'handler', 'config'], folder),
  );
}

/** Reads a file of `kind: EventWatcher`; its files are meant from the root of the repository. */
export function readWatcherFile(reader: Reader, folder = '.'): EventWatcher[] {
  const read = reader.read(eventWatcherFile, reader.document.value, []);
  return (read?.spec.events ?? []).map((event, i) => ({
    ...watcher(reader, event, ['spec', 'events', i], '.'),
    from: posix.join(folder, reader.document.file),
  }));
}

type Fields = z.output<typeof config> & { name: string; labels?: Record<string, string> | undefined };

function watcher(reader: Reader, fields: Fields, path: Path, folder: string): EventWatcher {
  const { name, labels: written = {}, commitMessage, makePullRequest = false, replacements } = fields;
  return {
    from: posix.join(folder, reader.document.file),
    name,
    labels: written,
    ...(commitMessage && { commitMessage }),
    makePullRequest,
    replacements: replacements.flatMap((one, i) => {
      const read = readReplacement(reader, one, [...path, 'replacements', i], folder);
      return read ? [read] : [];
    }),
  };
}

const WAYS = ['yamlField', 'jsonField', 'HCLField', 'regex'] as const;

/** PipeCD checks less: two ways in one replacement pass there, and a wrong path fails each event silently (pipecd.md §1.4, §5.3). */
function readReplacement(
  reader: Reader,
  fields: z.output<typeof replacement>,
  path: Path,
  folder: string,
): Replacement | undefined {
  const file = posix.join(folder, fields.file);
  if (posix.isAbsolute(fields.file) || /^(\.\.?(\/|$)|\.git(\/|$))/.test(file)) {
    reader.error([...path, 'file'], `${fields.file} is no file of this repository`, 'Write its path from here.');
    return undefined;
  }
  const ways = WAYS.flatMap((by) => (fields[by] === undefined ? [] : [{ by, field: fields[by] }]));
  const [way, second] = ways;
  if (!way || second) {
    const message = way ? 'says more than one way to find the value' : 'does not say which value is replaced';
    reader.error(path, message, `Write one of ${WAYS.join(', ')}.`);
    return undefined;
  }
  const problem = way.by === 'regex' ? regexProblem(way.field) : pathProblem(way.field);
  if (problem !== undefined) {
    reader.error([...path, way.by], problem);
    return undefined;
  }
  return { file, ...way };
}

function pathProblem(field: string): string | undefined {
  try {
    parseFieldPath(field);
    return undefined;
  } catch (error) {
    if (error instanceof EditFailure) return error.message;
    throw error;
  }
}
