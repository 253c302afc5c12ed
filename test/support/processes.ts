import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../cli/package-root.js';
import { MINUTE } from '../../model/duration.js';

/** One of Sluice's processes, built into `dist/`, under a test's hands. */
export interface TestProcess {
  pid: number;
  /** The last 64 KB that it wrote, for the message of a test that fails. */
  output: () => string;
  alive: () => boolean;
  /** SIGKILL: dies in the middle of what it does. Resolves when it is gone. */
  kill: () => Promise<void>;
  /** SIGSTOP and SIGCONT: hangs, and goes on where it was. */
  freeze: () => void;
  thaw: () => void;
  /** SIGTERM; resolves with the exit code. */
  end: () => Promise<number | null>;
}

/**
 * Starts a built entry (`worker/main.js`, `api/main.js`, `sandbox/main.js`) with exactly this environment on top of the test's own.
 * Needs `npm run build`. End it in `afterEach`.
 */
export function startProcess(entry: string, args: string[], env: Record<string, string>): TestProcess {
  const child = spawn(process.execPath, [join(packageRoot(), 'dist', entry), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return handle(child);
}

/** The same hands on any other program (moto, a fake). */
export function startProgram(program: string, args: string[], env: Record<string, string> = {}): TestProcess {
  return handle(spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
}

function handle(child: ChildProcess): TestProcess {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-64 * 1024)));
  }
  child.on('error', (error) => (output += `\n${error.message}`));
  const alive = (): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (!alive()) return child.exitCode;
    const exited = once(child, 'exit');
    child.kill(signal);
    // A frozen process hears SIGTERM only when it goes on.
    if (signal === 'SIGTERM') child.kill('SIGCONT');
    await exited;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? -1,
    output: () => output,
    alive,
    kill: async () => {
      await end('SIGKILL');
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    end: () => end('SIGTERM'),
  };
}

/**
 * Looks again and again until `look` answers something that is neither undefined, null nor false, or throws no more.
 * @throws Error with `what` and the last error after `timeout` milliseconds.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  { timeout = 1 * MINUTE, every = 100 }: { timeout?: number; every?: number } = {},
): Promise<NonNullable<T>> {
  const end = Date.now() + timeout;
  let last = '';
  for (;;) {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== null && seen !== false) return seen;
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (Date.now() > end) throw new Error(`Waited ${timeout} ms in vain for ${what}${last}`);
    await sleep(every);
  }
}
