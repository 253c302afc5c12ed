import { expect, it } from 'vitest';
import { edited, errors, lineOf, parse, warnings } from './support.js';
import type { Edit, FileName } from './support.js';

/** A change of the seed's files, and the finding that it must lead to. */
export interface Mistake {
  title: string;
  edits: Edit[];
  /** What stands on the line that the finding names, in the edited file. */
  at: [file: FileName, needle: string];
  field: string;
  message: RegExp | string;
  fix?: RegExp | string;
}

export const APP = 'app.pipecd.yaml';
export const SERVICE = 'servicedef.yaml';
export const TASK = 'taskdef.yaml';
/** The path of the seed's one metric. */
export const METRIC = 'spec.pipeline.stages[2].with.metrics[0]';

/** One test for each mistake: it refuses the release, and is told at its line. */
export function refuses(mistakes: Mistake[]): void {
  it.each(mistakes)('$title', ({ edits, at: [file, needle], field, message, fix }) => {
    const files = edited(...edits);
    const parsed = parse(files);
    expect(parsed.release).toBeUndefined();
    const found = errors(parsed).filter((error) => error.field === field);
    expect(found).toContainEqual(
      expect.objectContaining({
        file,
        line: lineOf(files[file], needle),
        message: matching(message),
        ...(fix && { fix: matching(fix) }),
      }),
    );
  });
}

/** One test for each: the release is read, and the warning stands at its line and travels with the release. */
export function warnsOf(mistakes: Mistake[]): void {
  it.each(mistakes)('$title', ({ edits, at: [file, needle], field, message }) => {
    const files = edited(...edits);
    const parsed = parse(files);
    expect(errors(parsed)).toEqual([]);
    expect(warnings(parsed).filter((warning) => warning.field === field)).toContainEqual(
      expect.objectContaining({ file, line: lineOf(files[file], needle), message: matching(message) }),
    );
    expect(parsed.release!.warnings).toEqual(parsed.findings);
  });
}

function matching(text: RegExp | string): unknown {
  return typeof text === 'string' ? text : expect.stringMatching(text);
}
