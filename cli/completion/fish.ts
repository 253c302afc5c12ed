import { allCommands, type CommandNode, type OptionNode, type Value } from './tree.js';

/** A completion script for fish 3 and newer. */
export function fishScript(program: CommandNode): string {
  const nodes = allCommands(program);
  const name = program.name;
  const valued = nodes.flatMap((node) =>
    node.options
      .filter(({ value }) => value)
      .flatMap(({ flags }) => flags.map((flag) => quoted(`${node.path} ${flag}`))),
  );
  return `# fish completion for ${name}: ${name} completion fish | source

function __${name}_at
    set -l words (commandline -opc)
    set -e words[1]
    set -l at ${name}
    set -l option ''
    for word in $words
        if test -n "$option"
            set option ''
        else if contains -- "$at $word" $__${name}_valued
            set option $word
        else if contains -- "$at $word" $__${name}_commands
            set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end

set -g __${name}_commands ${nodes
    .slice(1)
    .map(({ path }) => quoted(path))
    .join(' ')}
set -g __${name}_valued ${valued.join(' ')}

complete -c ${name} -e
complete -c ${name} -f
${nodes.flatMap((node) => lines(name, node)).join('\n')}`;
}

function lines(program: string, node: CommandNode): string[] {
  const here = `complete -c ${program} -n ${quoted(`__${program}_at ${quoted(node.path)}`)}`;
  return [
    ...node.commands.map(({ name, description }) => `${here} -a ${quoted(name)} -d ${quoted(description)}`),
    ...(node.argument && node.argument.kind !== 'text' ? [`${here}${offered(node.argument)}`] : []),
    ...node.options.map((option) => `${here}${named(option)}${option.value ? ` -r${offered(option.value)}` : ''}`),
  ];
}

function named({ flags, description }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? ` -l ${flag.slice(2)}` : ` -s ${flag.slice(1)}`));
  return `${names.join('')} -d ${quoted(description)}`;
}

function offered(value: Value): string {
  switch (value.kind) {
    case 'choices':
      return ` -f -a ${quoted(value.choices.join(' '))}`;
    case 'files':
      return ' -F';
    case 'folders':
      return ` -f -a ${quoted('(__fish_complete_directories)')}`;
    case 'text':
      return ' -f';
    default:
      return value satisfies never;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}
