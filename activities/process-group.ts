import type { ChildProcess } from 'node:child_process';

/** Sends a signal to a process that was started `detached`, and to all that it began; nothing where they have ended. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}
