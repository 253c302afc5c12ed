import { readEnvironment } from '../../config/environment.js';
import { runCommand } from '../../cli/program.js';
import type { Prompt } from '../../cli/prompt.js';

/** What a command answered. */
export interface Ran {
  code: number;
  out: string;
  said: string;
}

/** Runs a command that needs no server, perhaps at a terminal. */
export async function run(args: string[], openPrompt?: () => Prompt): Promise<Ran> {
  const out: string[] = [];
  const said: string[] = [];
  const code = await runCommand(args, {
    environment: readEnvironment({}),
    out: (text) => out.push(text),
    say: (text) => said.push(text),
    ...(openPrompt && { openPrompt }),
  });
  return { code, out: out.join('\n'), said: said.join('\n') };
}
