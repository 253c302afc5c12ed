import type { Argument, Command, Option } from 'commander';

/** What stands in the place of a value. */
export type Value = { kind: 'choices'; choices: readonly string[] } | { kind: 'files' | 'folders' | 'text' };

export interface OptionNode {
  /** `-r`, `--reason`. */
  flags: string[];
  description: string;
  /** Absent where the option takes none. */
  value?: Value;
}

/** A command as a shell completes it. */
export interface CommandNode {
  /** From the program's name on: `sluice event register`. */
  path: string;
  name: string;
  description: string;
  options: OptionNode[];
  commands: CommandNode[];
  /** Its first argument; no command has a second. */
  argument?: Value;
}

/** What can be typed after a command, read off the command itself. */
export function completionTree(command: Command, above: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  const path = [...above, command.name()];
  const [argument] = command.registeredArguments;
  return {
    path: path.join(' '),
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionNode),
    commands: help.visibleCommands(command).map((each) => completionTree(each, path)),
    ...(argument && { argument: argumentValue(argument) }),
  };
}

/** A command and all below it. */
export function allCommands(node: CommandNode): CommandNode[] {
  return [node, ...node.commands.flatMap(allCommands)];
}

/** Where a value is wanted that a shell can offer something for: `sluice deploy --strategy`, one for each way to write the option. */
export function offeredValues(nodes: readonly CommandNode[]): { places: string[]; value: Value }[] {
  return nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) =>
      value === undefined || value.kind === 'text' ? [] : [{ places: flags.map((flag) => `${path} ${flag}`), value }],
    ),
  );
}

function optionNode({ short, long, flags, description, required, optional, argChoices }: Option): OptionNode {
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    ...((required || optional) && { value: valueOf(/[<[]([^>\]]*)/.exec(flags)?.[1] ?? '', argChoices) }),
  };
}

function argumentValue(argument: Argument): Value {
  return valueOf(argument.name(), argument.argChoices);
}

/** The names that commands give to their values say what they are. */
function valueOf(name: string, choices: readonly string[] | undefined): Value {
  if (choices) return { kind: 'choices', choices };
  if (/^files?$/.test(name)) return { kind: 'files' };
  return { kind: name === 'dir' ? 'folders' : 'text' };
}
