import { Argument } from 'commander';
import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { completionTree } from '../completion/tree.js';
import { zshScript } from '../completion/zsh.js';
import { addExamples } from '../examples.js';
import type { CommandHost } from '../program.js';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof SCRIPTS;

/** `sluice completion`: what a shell needs to complete commands, options and their values. */
export function addCompletion({ program, context }: CommandHost): void {
  const command = program
    .command('completion')
    .description('Print a completion script for a shell.')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .action((shell: Shell) => context.out(SCRIPTS[shell](completionTree(program))));
  addExamples(
    command,
    ['bash: in ~/.bashrc', 'source <(sluice completion bash)'],
    ['zsh: in ~/.zshrc, below compinit', 'source <(sluice completion zsh)'],
    ['fish: in ~/.config/fish/config.fish', 'sluice completion fish | source'],
  );
}
