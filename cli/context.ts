import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../config/environment.js';
import type { Server } from './client.js';
import type { Prompt } from './prompt.js';
import type { Follower } from './watch/follow.js';
import { lineFollower, terminalFollower } from './watch/screen.js';

/** The file in SLUICE_DATA where `sluice up` leaves the key that it made. */
export const KEY_FILE = 'api-key';

/** What a command works with; tests give their own. */
export interface Context {
  environment: Environment;
  /** What the command answers, for scripts: standard output. */
  out: (text: string) => void;
  /** What it tells people on the way: standard error. */
  say: (text: string) => void;
  /** Standard output, when it is a terminal that can be redrawn, and whether colour is wanted there. */
  terminal?: { stream: NodeJS.WriteStream; coloured: boolean };
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
  if (context.terminal) return terminalFollower(context.terminal.stream, context.terminal.coloured);
  return lineFollower(context.out);
}
