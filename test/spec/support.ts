import { readFileSync } from 'node:fs';
import type { Finding } from '../../model/finding.js';
import { MINUTE } from '../../model/duration.js';
import type { KnownProviders } from '../../spec/known-providers.js';
import { isTask, type Release } from '../../model/release.js';
import { parseRelease } from '../../spec/release.js';
import type { ParsedRelease, ReleaseInput } from '../../spec/release.js';

export type FileName = 'app.pipecd.yaml' | 'servicedef.yaml' | 'taskdef.yaml';

/** The seed user's files, the stars replaced. */
export function seedFiles(): Record<FileName, string> {
  const read = (name: FileName): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
  return {
    'app.pipecd.yaml': read('app.pipecd.yaml'),
    'servicedef.yaml': read('servicedef.yaml'),
    'taskdef.yaml': read('taskdef.yaml'),
  };
}

export const KNOWN: KnownProviders = {
  ecsProviders: ['sample-ecs'],
  allowScripts: true,
  analysisProviders: [{ name: 'sample-datadog', type: 'DATADOG', maxDelay: 20 * MINUTE, resolution: MINUTE }],
};

/** One change of a file: the text that stands there, which must be there once or more (the first is meant), and the new one. */
export type Edit = [file: FileName, from: string, to: string];

/** The seed's files with some changes. */
export function edited(...edits: Edit[]): Record<FileName, string> {
  const files = seedFiles();
  for (const [file, from, to] of edits) {
    if (!files[file].includes(from)) throw new Error(`${file} has no "${from}"`);
    files[file] = files[file].replace(from, () => to);
  }
  return files;
}

/** Files of a service or of a standalone task. */
export function parseAny(files: Record<string, string>, more: Partial<ReleaseInput> = {}): ParsedRelease {
  return parseRelease({ app: 'canary', files, known: KNOWN, seal: (plain) => plain, ...more });
}

/** Files of a service. */
export function parse(
  files: Record<string, string>,
  more: Partial<ReleaseInput> = {},
): Omit<ParsedRelease, 'release'> & { release?: Release } {
  const { release, ...told } = parseAny(files, more);
  if (!release) return told;
  if (isTask(release)) throw new Error('these are the files of a standalone task');
  return { release, ...told };
}

export function errors({ findings }: { findings: Finding[] }): Finding[] {
  return findings.filter(({ level }) => level === 'error');
}

export function warnings({ findings }: { findings: Finding[] }): Finding[] {
  return findings.filter(({ level }) => level === 'warning');
}

/** The line (from 1) on which a text first stands. */
export function lineOf(text: string, needle: string): number {
  const at = text.indexOf(needle);
  if (at < 0) throw new Error(`there is no "${needle}"`);
  return text.slice(0, at).split('\n').length;
}
