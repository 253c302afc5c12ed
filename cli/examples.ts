import type { Command } from 'commander';

/** What an example does, and the line that people type. */
export type Example = readonly [does: string, line: string];

/** Shows examples below a command's help. A test reads each with the commands themselves, so that none can go stale. */
export function addExamples(command: Command, ...examples: readonly Example[]): Command {
  const lines = examples.flatMap(([does, line]) => [`  # ${does}`, `  ${line}`]);
  return command.addHelpText('after', ['', 'Examples:', ...lines].join('\n'));
}
