import { allCommands, offeredValues, type CommandNode, type OptionNode, type Value } from './tree.js';

/** A completion script for zsh, to be sourced after `compinit` or put into a folder of `fpath` as `_sluice`. */
export function zshScript(program: CommandNode): string {
  const nodes = allCommands(program);
  const name = program.name;
  return `#compdef ${name}
# zsh completion for ${name}: source <(${name} completion zsh)

_${name}_at() {
  subs=() flags=() valued=() argument=
  case $1 in
${nodes.map((node) => `    (${quoted(node.path)})\n${settings(node)}\n      ;;`).join('\n')}
  esac
}

_${name}_value() {
  case $1 in
${offeredValues(nodes)
  .map(({ places, value }) => `    (${places.map(quoted).join('|')}) wanted=${quoted(wanted(value))} ;;`)
  .join('\n')}
  esac
}

_${name}() {
  local -a subs flags valued
  local argument= wanted= at=${name} option= word
  _${name}_at "$at"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $option ]]; then
      option=
    elif (( \${valued[(Ie)$word]} )); then
      option=$word
    elif [[ -n $word ]] && (( \${subs[(I)\${(b)word}:*]} )); then
      at+=" $word"
      _${name}_at "$at"
    fi
  done
  if [[ -z $option && $PREFIX == --*=* ]]; then
    option=\${PREFIX%%=*}
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    _${name}_value "$at $option"
  elif [[ $PREFIX == -* ]]; then
    _describe -o option flags
    return
  elif (( $#subs )); then
    _describe command subs
    return
  else
    wanted=$argument
  fi
  case $wanted in
    (files) _files ;;
    (folders) _files -/ ;;
    (words\\ *) compadd -- \${(s: :)\${wanted#words }} ;;
  esac
}

if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi`;
}

function settings({ commands, options, argument }: CommandNode): string {
  const subs = commands.map(({ name, description }) => described(name, description));
  const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
  const valued = options.filter(takesValue).flatMap((option) => option.flags.map(quoted));
  return [
    subs.length > 0 && `      subs=(${subs.join(' ')})`,
    `      flags=(${flags.join(' ')})`,
    valued.length > 0 && `      valued=(${valued.join(' ')})`,
    argument && argument.kind !== 'text' && `      argument=${quoted(wanted(argument))}`,
  ]
    .filter((setting) => typeof setting === 'string')
    .join('\n');
}

function takesValue({ value }: OptionNode): boolean {
  return value !== undefined;
}

function described(name: string, description: string): string {
  return quoted(description === '' ? name : `${name}:${description}`);
}

function wanted(value: Value): string {
  return value.kind === 'choices' ? `words ${value.choices.join(' ')}` : value.kind;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
