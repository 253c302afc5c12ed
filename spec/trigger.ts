import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { duration } from '../document/scalars.js';
import { MINUTE } from '../model/duration.js';
import type { CommitMatcher, Trigger } from '../model/trigger.js';
import { isPathPattern, runsAway } from './runaway.js';

const disabled = z.boolean().optional();

/** `spec.trigger` (pipecd.md §1.1). */
export const triggerFields = z.object({
  onCommit: z
    .object({ disabled, paths: z.array(z.string()).optional(), ignores: z.array(z.string()).optional() })
    .optional(),
  onCommand: z.object({ disabled }).optional(),
  onOutOfSync: z.object({ disabled, minWindow: duration.optional() }).optional(),
  onChain: z.object({ disabled }).optional(),
});

/** `spec.commitMatcher`: PipeCD reads it and leaves it out for ECS; here it counts. */
export const commitMatcherFields = z.object({ pipeline: z.string().optional(), quickSync: z.string().optional() });

/** PipeCD's default: after a deployment has ended, nothing is deployed for drift for so long. */
export const MIN_WINDOW = 5 * MINUTE;

/** The triggers with PipeCD's defaults: commits and requests deploy, drift and chains do not. */
export function readTrigger(reader: Reader, fields: z.output<typeof triggerFields> | undefined): Trigger {
  const { onCommit, onCommand, onOutOfSync, onChain } = fields ?? {};
  for (const list of ['paths', 'ignores'] as const) {
    onCommit?.[list]?.forEach((pattern, i) => {
      if (isPathPattern(pattern)) return;
      reader.error(
        ['spec', 'trigger', 'onCommit', list, i],
        `"${pattern}" is no pattern for paths`,
        'Write a folder, a file or a glob from the root of the repository: libs/**, *.md.',
      );
    });
  }
  return {
    onCommit: {
      disabled: onCommit?.disabled ?? false,
      paths: onCommit?.paths ?? [],
      ignores: onCommit?.ignores ?? [],
    },
    onCommand: { disabled: onCommand?.disabled ?? false },
    onOutOfSync: {
      disabled: onOutOfSync?.disabled ?? true,
      minWindow: reader.durationOr(MIN_WINDOW, onOutOfSync?.minWindow, ['spec', 'trigger', 'onOutOfSync', 'minWindow']),
    },
    onChain: { disabled: onChain?.disabled ?? true },
  };
}

/** Checks that what chooses a strategy by the commit's message can be read. */
export function readCommitMatcher(
  reader: Reader,
  fields: z.output<typeof commitMatcherFields> | undefined,
): CommitMatcher {
  const read: CommitMatcher = {};
  for (const name of ['pipeline', 'quickSync'] as const) {
    const expression = fields?.[name];
    if (expression === undefined || expression === '') continue;
    try {
      new RegExp(expression);
      if (runsAway(expression)) {
        reader.error(
          ['spec', 'commitMatcher', name],
          `"${expression}" could take for ever on some messages`,
          'Write at most three of * and +, and no repeat or choice inside of a group that is repeated.',
        );
      } else read[name] = expression;
    } catch {
      reader.error(
        ['spec', 'commitMatcher', name],
        `"${expression}" is no regular expression`,
        'Write one that matches the commit’s message, such as ^hotfix:.',
      );
    }
  }
  return read;
}
