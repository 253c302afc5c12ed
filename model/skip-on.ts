import { isMeantBy } from './path-pattern.js';
import type { Commit } from './release.js';

/** When a stage is left out: `skipOn` of a stage (pipecd.md §1.3). */
export interface SkipOn {
  commitMessagePrefixes: string[];
  /** Patterns over the paths that changed since the version that runs. */
  paths: string[];
}

const SHOWN = 3;

/**
 * Why a stage is left out for this commit: its message begins with one of the prefixes, or every path that changed is meant. What is not
 * known — the message, the paths — never leaves out a stage: an unknown change may need its gate.
 */
export function whySkipped({ commitMessagePrefixes, paths }: SkipOn, commit: Commit | undefined): string | undefined {
  if (!commit) return undefined;
  const prefix = commitMessagePrefixes.find((begins) => commit.message?.startsWith(begins));
  if (prefix !== undefined) return `skipOn: the commit’s message begins with "${prefix}".`;
  const changed = commit.changedPaths;
  if (!changed || changed.length === 0 || !changed.every((path) => isMeantBy(paths, path))) return undefined;
  const more = changed.length > SHOWN ? ` and ${changed.length - SHOWN} more` : '';
  return `skipOn: only ${changed.slice(0, SHOWN).join(', ')}${more} changed.`;
}
