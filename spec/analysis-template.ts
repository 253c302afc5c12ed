import { z } from 'zod';
import { closest } from '../document/closest.js';
import { duration, text } from '../document/scalars.js';
import { readerOf, type Reader } from '../document/reader.js';
import { readDocuments, type Path } from '../document/yaml.js';
import type { Finding } from '../model/finding.js';
import { readFile, type Files } from './files.js';

/** The lists of an ANALYSIS whose items may come from a template. */
export type TemplateList = 'metrics' | 'https';

/** Where a template's fields stand: in a file of its own, so that a mistake in them is told there. */
export interface Template {
  reader: Reader;
  value: unknown;
  path: Path;
}

/** All templates by name. */
export type AnalysisTemplates = Readonly<Record<TemplateList, ReadonlyMap<string, Template>>>;

const items = z.record(z.string(), z.unknown()).optional();
const shape = z.object({
  apiVersion: z.literal('pipecd.dev/v1beta1'),
  kind: z.literal('AnalysisTemplate'),
  spec: z.object({ metrics: items, https: items, logs: z.unknown().optional() }),
});

/** Seen without reading the file: what else was sent is no business of ours. */
const LOOKS_LIKE_ONE = /(^|[\s{,"'])kind["']?\s*:\s*["']?AnalysisTemplate\b/i;

/** Whether a file is one of analysis templates, by its `kind`. One that cannot be read is, when it says so. */
export function isAnalysisTemplate(name: string, content: string): boolean {
  if (!LOOKS_LIKE_ONE.test(content)) return false;
  const { documents } = readDocuments(name, content);
  return documents.length === 0 || documents.some(({ value }) => kindOf(value) === 'AnalysisTemplate');
}

function kindOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value as Record<string, unknown>).find(([key]) => key.toLowerCase() === 'kind')?.[1];
}

/**
 * Gathers the templates of all files of `kind: AnalysisTemplate`. PipeCD takes the first such file and leaves the others out unsaid
 * (pipecd.md §1.5); here all count, and a name that stands in two of them is refused.
 */
export function readTemplates(files: Files, findings: Finding[]): AnalysisTemplates {
  const found = { metrics: new Map<string, Template>(), https: new Map<string, Template>() };
  for (const [name, content] of Object.entries(files)) {
    if (!isAnalysisTemplate(name, content)) continue;
    const document = readFile(files, name, findings);
    if (!document) continue;
    const reader = readerOf(document, findings);
    const spec = reader.read(shape, document.value, [])?.spec;
    if (!spec) continue;
    for (const list of ['metrics', 'https'] as const) {
      for (const [template, value] of Object.entries(spec[list] ?? {})) {
        const path = ['spec', list, template];
        const other = found[list].get(template);
        if (other) {
          const message = `the template "${template}" is also in ${other.reader.document.file}`;
          reader.error(path, message, 'Keep one of them, or give one another name.');
          continue;
        }
        found[list].set(template, { reader, value, path });
      }
    }
  }
  return found;
}

/** What may stand beside `template`; PipeCD leaves all else out unsaid, but for the timeout, which it takes from here alone. */
export const templateReference = z.object({
  template: z.object({ name: z.string().min(1), appArgs: z.record(z.string(), text).optional() }),
  name: z.string().optional(),
  timeout: duration.optional(),
  dryRun: z.boolean().optional(),
});
const BESIDE = Object.keys(templateReference.shape);

/** A metric or check that names a template, with what that says. */
export interface FromTemplate extends Template {
  name: string;
  /** For `.AppCustomArgs`. */
  appArgs: Readonly<Record<string, string>>;
}

/** Whether an item takes its fields from a template. */
export function namesTemplate(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const template = Object.entries(value as Record<string, unknown>).find(
    ([key]) => key.toLowerCase() === 'template',
  )?.[1];
  return template !== undefined && template !== null;
}

/**
 * The template's fields in place of the item's own, as PipeCD does it: what stands beside `template` is not used, but for `name`,
 * `timeout` and `dryRun`.
 */
export function fromTemplate(
  reader: Reader,
  value: Record<string, unknown>,
  path: Path,
  list: TemplateList,
  templates: AnalysisTemplates,
): FromTemplate | undefined {
  const beside = Object.keys(value).filter((key) => !BESIDE.some((known) => known.toLowerCase() === key.toLowerCase()));
  for (const key of beside) {
    const message = `${key} is not used: the template’s fields are, as in PipeCD`;
    reader.warning([...path, key], message, 'Delete it, or write it in the template.');
  }
  const tolerates = (at: Path): boolean => at.length === path.length + 1 && beside.includes(String(at.at(-1)));
  const fields = reader.read(templateReference, value, path, { tolerates });
  if (!fields) return undefined;
  const { template, ...own } = fields;
  const found = templates[list].get(template.name);
  if (!found) {
    reader.error([...path, 'template', 'name'], ...unknownTemplate(template.name, list, templates));
    return undefined;
  }
  const whole =
    typeof found.value === 'object' && found.value !== null && !Array.isArray(found.value)
      ? { ...withoutKeys(found.value, Object.keys(own)), ...withTyped(value, Object.keys(own)) }
      : found.value;
  return { ...found, value: whole, name: template.name, appArgs: template.appArgs ?? {} };
}

function withoutKeys(value: object, names: readonly string[]): Record<string, unknown> {
  const dropped = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(value).filter(([key]) => !dropped.has(key.toLowerCase())));
}

/** These members as they were typed: they are read once more with the rest. */
function withTyped(value: object, names: readonly string[]): Record<string, unknown> {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(value).filter(([key]) => wanted.has(key.toLowerCase())));
}

function unknownTemplate(
  name: string,
  list: TemplateList,
  templates: AnalysisTemplates,
): [message: string, fix: string] {
  const known = [...templates[list].keys()];
  const message = `there is no template "${name}" for ${list}; known: ${known.map((one) => `"${one}"`).join(', ') || 'none'}`;
  if (known.length === 0) {
    return [message, `Send a file of kind: AnalysisTemplate with spec.${list}.${name}, such as .pipe/analysis.yaml.`];
  }
  const near = closest(name, known);
  return [message, near ? `Did you mean "${near}"?` : 'Write one of these.'];
}
