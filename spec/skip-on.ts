import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { SkipOn } from '../model/skip-on.js';
import { SKIPPABLE } from '../model/stage.js';
import type { StageName } from '../model/stage.js';
import { isPathPattern } from './runaway.js';

export const skipOnShape = z.object({
  commitMessagePrefixes: z.array(z.string()).optional(),
  paths: z.array(z.string()).optional(),
});

/**
 * Reads `skipOn`, which stands on the stage (PipeCD v1) or in its `with` (v0).
 * @param places where it may stand, with what stands there
 */
export function readSkipOn(reader: Reader, name: StageName, places: readonly [Path, unknown][]): SkipOn | undefined {
  const written = places.filter(([, value]) => value !== undefined && value !== null);
  const [first, second] = written;
  if (!first) return undefined;
  const [path, value] = first;
  if (second) reader.error(second[0], 'skipOn is written twice: on the stage and in with', 'Keep one of them.');
  if (!SKIPPABLE.has(name)) {
    reader.error(path, `${name} cannot be left out`, `Delete skipOn; it works on ${[...SKIPPABLE].join(', ')}.`);
    return undefined;
  }
  const fields = reader.read(skipOnShape, value, path);
  if (!fields) return undefined;
  const { commitMessagePrefixes = [], paths = [] } = fields;
  commitMessagePrefixes.forEach((prefix, i) => {
    if (prefix !== '') return;
    const message = 'every message begins with nothing: the stage would always be left out';
    reader.error([...path, 'commitMessagePrefixes', i], message, 'Write the beginning of a message, such as "docs:".');
  });
  paths.forEach((pattern, i) => {
    if (isPathPattern(pattern)) return;
    const fix = 'Write a folder, a file or a glob from the root of the repository: docs/**, *.md.';
    reader.error([...path, 'paths', i], `"${pattern}" is no pattern for paths`, fix);
  });
  if (commitMessagePrefixes.length === 0 && paths.length === 0) {
    reader.warning(path, 'skipOn names nothing: the stage is never left out', 'Delete it.');
    return undefined;
  }
  return { commitMessagePrefixes, paths };
}
