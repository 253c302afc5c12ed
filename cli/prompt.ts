import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT } from './failure.js';

/** Somebody who can be asked. */
export interface Prompt {
  /** @throws CommandFailure when the one who is asked goes away (Ctrl-C, Ctrl-D) */
  ask: (question: string) => Promise<string>;
  close: () => void;
}

/** Asks on a terminal. Questions go to standard error: standard output is for answers of commands. */
export function openPrompt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Prompt {
  const lines = createInterface({ input, output });
  // Readline's own promise would stay open for ever when its input ends.
  let asking = false;
  const gone = new Promise<never>((_, reject) => {
    lines.once('close', () => {
      // The cursor stands behind the question.
      if (asking) output.write('\n');
      reject(new CommandFailure(EXIT.failed, 'No answer was given; nothing was written.'));
    });
  });
  gone.catch(() => undefined);
  return {
    ask: async (question) => {
      asking = true;
      const answer = await Promise.race([lines.question(question), gone]);
      asking = false;
      return answer;
    },
    close: () => lines.close(),
  };
}
