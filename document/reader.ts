import type { z } from 'zod';
import { formatDuration } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { Finding } from '../model/finding.js';
import { check, findingAt } from './check.js';
import type { CheckOptions } from './check.js';
import type { Path, SourceDocument } from './yaml.js';

/** A document being read: checks its parts and gathers what there is to say about them. */
export interface Reader {
  document: SourceDocument;
  /** The part at a path, when it fits the schema. */
  read<T>(schema: z.ZodType<T>, value: unknown, path: Path, options?: CheckOptions): T | undefined;
  error(path: Path, message: string, fix?: string): void;
  warning(path: Path, message: string, fix?: string): void;
  /** PipeCD's rule for durations: zero means the default (pipecd.md §1.0), which we say aloud. */
  durationOr(fallback: Millis, value: Millis | undefined, path: Path): Millis;
}

/** Reads a document into a list of findings that several documents may share. */
export function readerOf(document: SourceDocument, findings: Finding[]): Reader {
  const warning = (path: Path, message: string, fix?: string): void => {
    findings.push(findingAt(document, path, 'warning', message, fix));
  };
  return {
    document,
    read: (schema, value, path, options) => {
      const checked = check(schema, document, value, path, options);
      findings.push(...checked.findings);
      return checked.value;
    },
    error: (path, message, fix) => {
      findings.push(findingAt(document, path, 'error', message, fix));
    },
    warning,
    durationOr: (fallback, value, path) => {
      if (value === 0) warning(path, `0 means the default, ${formatDuration(fallback)}, as in PipeCD`);
      return value || fallback;
    },
  };
}
