import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MINUTE, SECOND } from '../../model/duration.js';
import { run } from './run.js';

/** Said when a package could not be installed; `message` is one sentence for the list of what was tried. */
export class PythonPackageError extends Error {}

/** The first Python 3 on the PATH that has pip, as the command that starts it. */
async function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  const reasons: string[] = [];
  for (const python of ['python3', 'python']) {
    const ran = await run(python, ['-m', 'pip', '--version'], { env, timeout: 30 * SECOND });
    if (ran.code === 0 && ran.stdout.includes('python 3')) return python;
    reasons.push(`${python}: ${ran.failure === 'ENOENT' ? 'not on the PATH' : 'has no pip'}`);
  }
  throw new PythonPackageError(`no Python with pip (${reasons.join(', ')})`);
}

/**
 * Installs Python packages into a folder of their own, without a virtual environment and without root.
 * Two processes may do this at once: each installs beside the folder, the first rename wins, the other's copy is thrown away.
 * @param folder where they shall be; left alone when it exists.
 * @param requirements pip's arguments that name what to install (`-r file`, `--require-hashes`, `name==version` …).
 * @throws PythonPackageError with the last line that pip said.
 */
export async function installPythonPackage(
  folder: string,
  requirements: string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (existsSync(folder)) return;
  const python = await findPython(env);
  const beside = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}.part`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    // A PIP_USER of the environment would contradict --target.
    const ran = await run(python, ['-m', 'pip', 'install', '--quiet', '--target', beside, ...requirements], {
      env: { ...env, PIP_USER: 'false', PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' },
      timeout: 10 * MINUTE,
    });
    if (ran.code !== 0) {
      const lines = ran.stderr.trim().split('\n');
      throw new PythonPackageError(
        `pip could not install it: ${lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? ran.failure ?? 'killed'}`,
      );
    }
    await rename(beside, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}
