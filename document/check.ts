import { z } from 'zod';
import type { Finding } from '../model/finding.js';
import { complaints, unknownKey } from './issue.js';
import { matchKeys } from './keys.js';
import { duration, filledText, text } from './scalars.js';
import { formatPath } from './yaml.js';
import type { Path, SourceDocument } from './yaml.js';

/** The value when the schema took it; findings either way. Unknown keys are errors that leave the rest readable. */
export interface Checked<T> {
  value?: T;
  findings: Finding[];
}

/** Nobody reads more of one part, and each one costs a search for its place. */
const MOST_FINDINGS = 100;

export interface CheckOptions {
  /** Asked for each key that the schema does not know: true when that is no mistake. */
  tolerates?: (path: Path) => boolean;
}

/** A finding at a place of a document. `fix` and `level` as in Finding. */
export function findingAt(
  document: SourceDocument,
  path: Path,
  level: Finding['level'],
  message: string,
  fix?: string,
): Finding {
  const field = formatPath(path);
  return {
    level,
    file: document.file,
    ...document.place(path),
    ...(field && { field }),
    message,
    ...(fix && { fix }),
  };
}

/**
 * Checks one part of a document against a schema under PipeCD's reading rules (pipecd.md §1.0): keys in any case, null as not
 * written, numbers for durations and strings; where PipeCD keeps silent about a mistake, there is a finding.
 */
export function check<T>(
  schema: z.ZodType<T>,
  document: SourceDocument,
  value: unknown,
  path: Path,
  options: CheckOptions = {},
): Checked<T> {
  const findings: Finding[] = [];
  const add = (level: Finding['level'], at: Path, message: string, fix?: string): void => {
    if (findings.length < MOST_FINDINGS) findings.push(findingAt(document, at, level, message, fix));
  };
  const matched = matchKeys(schema, value, path, {
    unknown: (at, known) => {
      if (options.tolerates?.(at)) return;
      if (findings.length >= MOST_FINDINGS) return;
      const { message, fix } = unknownKey(String(at.at(-1)), known);
      add('error', at, message, fix);
    },
    twice: (at, canonical) => {
      add('error', at, `"${canonical}" is given twice in different case`, 'Keep one of them.');
    },
    leaf: (at, leaf, written) => {
      if (leaf === duration && typeof written === 'number' && written !== 0) {
        const message = `the bare number ${written} is read as nanoseconds, as PipeCD does`;
        add('warning', at, message, 'Write the unit: 30s, 10m, 1h.');
      }
      if ((leaf === text || leaf === filledText) && (typeof written === 'number' || typeof written === 'boolean')) {
        const typed = document.typed(at);
        if (typed === undefined || typed === String(written)) return;
        add('error', at, `${typed} is read as the ${typeof written} ${written}`, `Put it in quotes: "${typed}".`);
      }
    },
  });
  const result = schema.safeParse(matched);
  if (result.success) return { value: result.data, findings };
  for (const { path: below, message, fix } of complaints(result.error.issues, matched)) {
    add('error', [...path, ...below], message, fix);
  }
  return { findings };
}

/** Checks a value that came without a document, such as a request's body: the findings name fields and no file. */
export function checkPlain<T extends z.ZodType>(schema: T, value: unknown): Checked<z.output<T>> {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, findings: [] };
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return {
    findings: complaints(result.error.issues, value, known).map(({ path, message, fix }) => ({
      level: 'error',
      ...(path.length > 0 && { field: formatPath(path) }),
      message,
      ...(fix && { fix }),
    })),
  };
}

/** Whether any finding refuses. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'error');
}
