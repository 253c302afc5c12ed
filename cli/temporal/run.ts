import { spawn } from 'node:child_process';

/** How a short program ended. `code` is undefined when it could not be started or was killed. */
export interface Ran {
  code?: number;
  stdout: string;
  stderr: string;
  /** Why it could not be started: `ENOENT` when there is no such program. */
  failure?: string;
}

/**
 * Runs a program to its end without a shell and without standard input.
 * @param timeout milliseconds after which it is killed.
 */
export function run(
  program: string,
  args: string[],
  options: { env: NodeJS.ProcessEnv; timeout: number },
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ stdout, stderr, failure: error.code ?? error.message }),
    );
    child.on('close', (code) => resolve({ ...(code !== null && { code }), stdout, stderr }));
  });
}
