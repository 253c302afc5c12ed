import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/environment.js';
import type { Server } from './client.js';
import type { Prompt } from './prompt.js';
import type { Follower } from './watch/follow.js';
import { lineFollower, terminalFollower } from './watch/screen.js';

/** The file in SLUICE_DATA where `sluice up` leaves the key that it made. */
export const KEY_FILE = 'api-key';

/** A terminal: whether it can go back to a line, and what makes a line ready for it (colour, or ASCII where it knows nothing else). */
export interface Terminal {
  stream: NodeJS.WriteStream;
  redraws: boolean;
  paint: (line: string) => string;
}

/** What a command works with; tests give their own. */
export interface Context {
  environment: Environment;
  /** What the command answers, for scripts: standard output. */
  out: (text: string) => void;
  /** What it tells people on the way: standard error. */
  say: (text: string) => void;
  /** Standard output, when it is a terminal. */
  terminal?: Terminal;
  /** Begins to ask the person at the terminal, where there is one. */
  openPrompt?: () => Prompt;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Where the API is and the key for it: SLUICE_API_KEY, else the key that `sluice up` made on this machine. That one is offered to
 * this machine alone.
 */
export function findServer({ environment }: Context): Server {
  const url = environment.url ?? `http://127.0.0.1:${environment.port}`;
  const key = environment.apiKey ?? (LOOPBACK.has(new URL(url).hostname) ? readKey(environment.dataDir) : undefined);
  return { url, ...(key !== undefined && { key }) };
}

function readKey(dataDir: string): string | undefined {
  try {
    return readFileSync(join(dataDir, KEY_FILE), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Shows a deployment's progress: redrawn on a terminal, else a line for each change. Nothing but the result with `json`. */
export function follower(context: Context, json: boolean): Follower {
  if (json) return { tick: () => undefined, notice: context.say };
  const { terminal } = context;
  if (terminal?.redraws) return terminalFollower(terminal.stream, terminal.paint);
  return lineFollower(terminal ? (line) => context.out(terminal.paint(line)) : context.out);
}
