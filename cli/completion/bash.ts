import { allCommands, offeredValues, type CommandNode, type Value } from './tree.js';

/** A completion script for bash, 3.2 (macOS) and newer. */
export function bashScript(program: CommandNode): string {
  const nodes = allCommands(program);
  const name = program.name;
  return `# bash completion for ${name}: source <(${name} completion bash)

_${name}_at() {
  commands= options= valued= argument=
  case $1 in
${nodes.map((node) => `    ${quoted(node.path)}) ${settings(node)} ;;`).join('\n')}
  esac
}

_${name}_value() {
  case $1 in
${offeredValues(nodes)
  .map(({ places, value }) => `    ${places.map(quoted).join(' | ')}) wanted=${quoted(wanted(value))} ;;`)
  .join('\n')}
  esac
}

_${name}() {
  local commands options valued argument wanted= at=${name} option= word i
  local cur=\${COMP_WORDS[COMP_CWORD]}
  _${name}_at "$at"
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # --option=value is three words to readline.
    if [[ -z $word || $word == = ]]; then
      continue
    elif [[ -n $option ]]; then
      option=
    elif [[ " $valued " == *" $word "* ]]; then
      option=$word
    elif [[ " $commands " == *" $word "* ]]; then
      at+=" $word"
      _${name}_at "$at"
    fi
  done
  [[ $cur == = ]] && cur=
  if [[ -n $option ]]; then
    _${name}_value "$at $option"
  elif [[ $cur == -* ]]; then
    wanted="words $options"
  elif [[ -n $commands ]]; then
    wanted="words $commands"
  else
    wanted=$argument
  fi
  COMPREPLY=()
  case $wanted in
    files | folders) compopt -o filenames 2>/dev/null || : ;;
  esac
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(
    case $wanted in
      files) compgen -f -- "$cur" ;;
      folders) compgen -d -- "$cur" ;;
      words\\ *) compgen -W "\${wanted#words }" -- "$cur" ;;
    esac
  )
}

complete -F _${name} ${name}`;
}

function settings({ commands, options, argument }: CommandNode): string {
  const flags = options.flatMap((option) => option.flags);
  const valued = options.filter(({ value }) => value).flatMap((option) => option.flags);
  return [
    commands.length > 0 && `commands=${quoted(commands.map(({ name }) => name).join(' '))}`,
    `options=${quoted(flags.join(' '))}`,
    valued.length > 0 && `valued=${quoted(valued.join(' '))}`,
    argument && argument.kind !== 'text' && `argument=${quoted(wanted(argument))}`,
  ]
    .filter((setting) => typeof setting === 'string')
    .join(' ');
}

function wanted(value: Value): string {
  return value.kind === 'choices' ? `words ${value.choices.join(' ')}` : value.kind;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
