import { spawn } from 'node:child_process';
import type { Millis } from '../../model/duration.js';
import { signalGroup } from '../process-group.js';

/** What a git process left. */
export interface GitRun {
  code: number;
  stdout: Buffer;
  stderr: string;
  timedOut: boolean;
}

const STDERR_KEPT = 8_000;
/** A tree of a million files is some 60 MB of names. */
const STDOUT_LIMIT = 256 * 1024 * 1024;

/**
 * Runs git without a shell, in a process group of its own that is ended with the time limit or the cancellation.
 * @param env all of it: nothing is inherited but what git needs to be found and to find its certificates
 */
export async function runGit(
  args: readonly string[],
  { env, timeout, cancelled, cwd }: { env: NodeJS.ProcessEnv; timeout: Millis; cancelled: AbortSignal; cwd?: string },
): Promise<GitRun> {
  cancelled.throwIfAborted();
  const child = spawn('git', args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...(cwd && { cwd }) });
  const stdout: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let timedOut = false;
  // ssh and the like are children of git's.
  const end = (): void => signalGroup(child, 'SIGKILL');
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, timeout);
  cancelled.addEventListener('abort', end);
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > STDOUT_LIMIT) end();
    else stdout.push(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_KEPT);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status) => resolve(status ?? -1));
    });
    cancelled.throwIfAborted();
    return { code, stdout: Buffer.concat(stdout), stderr, timedOut };
  } finally {
    clearTimeout(timer);
    cancelled.removeEventListener('abort', end);
  }
}
