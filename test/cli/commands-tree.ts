import type { Command } from 'commander';
import { readEnvironment } from '../../config/environment.js';
import { buildProgram } from '../../cli/program.js';

/** All commands, which do nothing when they are run; `out` gets what they print, such as help. */
export function idleProgram(out: (text: string) => void = () => undefined): Command {
  const program = buildProgram({ environment: readEnvironment({}), out, say: () => undefined }, () => undefined);
  for (const command of below(program)) if (command.commands.length === 0) command.action(() => undefined);
  return program;
}

/** The commands of a command, and theirs. */
export function below(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...below(each)]);
}

/** How a command is called, from the program's name on. */
export function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}
