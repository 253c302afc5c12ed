import { readFileSync } from 'node:fs';
import { SECOND } from '../../model/duration.js';
import { run } from '../temporal/run.js';

/**
 * When a process began, in words that are only compared: a pid is given again to other programs, a pid with its beginning is not.
 * @returns undefined when there is no such process.
 */
export async function beginningOf(pid: number, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (process.platform === 'linux') return beginningOnLinux(pid);
  const ran = await run('ps', ['-o', 'lstart=', '-p', String(pid)], { env, timeout: 5 * SECOND });
  return ran.code === 0 ? ran.stdout.trim() || undefined : undefined;
}

/** proc(5): `starttime` is the 22nd field, in ticks since the boot; the name before it may hold blanks and brackets. A zombie has ended. */
function beginningOnLinux(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return fields[0] === 'Z' ? undefined : `${boot} ${fields[19] ?? ''}`;
  } catch {
    return undefined;
  }
}
