import { ConfigError } from '../config/config-error.js';
import { canRedraw, showsUnicode, wantsColour } from '../config/command-line.js';
import { readEnvironment } from '../config/environment.js';
import type { Context } from './context.js';
import { EXIT } from './failure.js';
import { runCommand } from './program.js';
import { openPrompt } from './prompt.js';
import { ascii } from './watch/ascii.js';
import { colour } from './watch/colour.js';

/** The `sluice` command: runs what the arguments say and answers with the contract's exit codes. */
export async function main(args: string[]): Promise<void> {
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    const context: Context = {
      environment: readEnvironment(),
      out: (text) => process.stdout.write(`${text}\n`),
      say: (text) => process.stderr.write(`${text}\n`),
      ...(process.stdout.isTTY && { terminal: { stream: process.stdout, redraws: canRedraw(), paint: painter() } }),
      ...(process.stdin.isTTY &&
        process.stderr.isTTY && { openPrompt: () => openPrompt(process.stdin, process.stderr) }),
    };
    process.exitCode = await runCommand(args, context);
  } catch (error) {
    // Only what a wrong environment says gets here: runCommand tells of everything else by itself.
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT.wrongUse;
  }
}

function painter(): (line: string) => string {
  const coloured = wantsColour() ? colour : (line: string): string => line;
  return showsUnicode() ? coloured : (line) => ascii(coloured(line));
}
