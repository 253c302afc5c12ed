import { EditFailure } from './edit-failure.js';
import { replaceHclField } from './hcl-field.js';
import { replaceJsonField } from './json-field.js';
import { replaceByRegex } from './regex.js';
import { replaceYamlField } from './yaml-field.js';
import type { Replacement } from '../../model/event-watcher.js';

const BY = {
  yamlField: replaceYamlField,
  jsonField: replaceJsonField,
  HCLField: replaceHclField,
  regex: replaceByRegex,
} as const;

/** The new content, or why there is none: names the file and the field. */
export type Replaced = { content: Uint8Array } | { problem: string };

/** Replaces one value in the bytes of a file, and changes no other byte of it. */
export function replaceValue(content: Uint8Array, { file, by, field }: Replacement, value: string): Replaced {
  const problem = (why: string): Replaced => ({ problem: `${file}: ${by} ${field} ${why}` });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    return problem('cannot be looked for: the file is not UTF-8');
  }
  try {
    return { content: new TextEncoder().encode(BY[by](text, field, value)) };
  } catch (error) {
    if (error instanceof EditFailure) return problem(error.message);
    // The stack's end: one file that cannot be read keeps no other event waiting.
    if (error instanceof RangeError) return problem('cannot be looked for: the file is nested too deeply');
    throw error;
  }
}
