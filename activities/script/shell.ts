import { spawn } from 'node:child_process';
import type { Millis } from '../../model/duration.js';
import { SECOND } from '../../model/duration.js';
import { signalGroup } from '../process-group.js';

/** After it was asked to end, before it is made to. */
const GRACE: Millis = 2 * SECOND;

/**
 * Ends the whole process group when the worker is gone, however it went: the third pipe closes with the worker. Then the user's command
 * takes the place of this shell, as a login shell like PipeCD's.
 */
const SUPERVISED = '{ read -r _ <&3; kill -KILL 0; } & exec 3<&-; exec /bin/sh -l -c "$1"';

/** How a process ended: by itself, or because it was asked to. */
export interface ShellEnd {
  code?: number;
  signal?: string;
}

/**
 * Runs a command in a process group of its own. When the command has ended, nothing that it began goes on, unless it made itself a
 * session of its own.
 * @param end asks the group to end, and makes it after two seconds
 */
export async function runShell(
  command: string,
  {
    env,
    cwd,
    end,
    take,
  }: {
    env: NodeJS.ProcessEnv;
    cwd: string;
    end: AbortSignal;
    take: (stream: 'stdout' | 'stderr', chunk: string) => void;
  },
): Promise<ShellEnd> {
  const child = spawn('/bin/sh', ['-c', SUPERVISED, 'sh', command], {
    env,
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let grace: NodeJS.Timeout | undefined;
  const ask = (): void => {
    signalGroup(child, 'SIGTERM');
    grace = setTimeout(() => signalGroup(child, 'SIGKILL'), GRACE);
  };
  if (end.aborted) ask();
  else end.addEventListener('abort', ask, { once: true });
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8');
    child[stream]?.on('data', (chunk: string) => take(stream, chunk));
  }
  try {
    return await new Promise<ShellEnd>((resolve, reject) => {
      let ended: ShellEnd = {};
      child.on('error', reject);
      child.on('exit', (code, name) => {
        ended = { ...(code !== null && { code }), ...(name !== null && { signal: name }) };
        signalGroup(child, 'SIGKILL');
      });
      // Not before all of its output has come.
      child.on('close', () => resolve(ended));
    });
  } finally {
    clearTimeout(grace);
    end.removeEventListener('abort', ask);
  }
}
