import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { devServerArguments, freePorts } from '../../cli/temporal/dev-server.js';
import { findTemporal } from '../../cli/temporal/find.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { startProcess, startProgram, until, type TestProcess } from '../support/processes.js';
import { apiOf, type Api } from './api.js';
import { configuration, type StackOptions } from './configuration.js';
import { refuseStaleBuild } from './fresh-build.js';
import { panelOf, type Panel } from './panel.js';
import { SPEED } from './shop.js';

/** The processes of a stack. */
export type ProcessName = 'temporal' | 'sandbox' | 'worker' | 'api';

/** What a worker logs when it has begun. */
const POLLING = 'worker is polling';

/** All of Sluice as real processes, on loopback, with a data folder of its own. */
export interface Stack extends Api {
  sandbox: Panel;
  /** The file of the server's configuration, read by each process when it starts. */
  config: string;
  /** SIGKILL. */
  kill: (...names: ProcessName[]) => Promise<void>;
  /** Starts what was killed again, and waits until it answers. */
  restart: (...names: ProcessName[]) => Promise<void>;
  process: (name: ProcessName) => TestProcess;
  /** Starts one more worker beside the first. */
  secondWorker: () => Promise<TestProcess>;
  /** A client's connection to Temporal, for what a person would do with its command line. */
  temporal: () => Promise<Connection>;
  /** Ends everything but the sandbox, forgets Temporal's state and the data folder, and starts anew. */
  loseData: () => Promise<void>;
}

interface Running {
  stack: Stack;
  close: () => Promise<void>;
  /** The end of each process's log. */
  logs: () => string;
}

/** One stack for the tests of a file; its processes' last words are shown with a test that fails. */
export function useStack(options: StackOptions | (() => Promise<StackOptions>)): () => Stack {
  let running: Running | undefined;
  beforeAll(async () => {
    running = await startStack(typeof options === 'function' ? await options() : options);
  }, 3 * MINUTE);
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(running?.logs());
  });
  afterAll(() => running?.close());
  return () => {
    if (!running) throw new Error('The stack is there from beforeAll on.');
    return running.stack;
  };
}

async function startStack(options: StackOptions): Promise<Running> {
  refuseStaleBuild();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const opened = await openStack(options, folder);
  try {
    await opened.stack.restart('temporal', 'sandbox', 'worker', 'api');
  } catch (error) {
    console.error(opened.logs());
    await opened.close();
    throw error;
  }
  return opened;
}

async function openStack(options: StackOptions, folder: string): Promise<Running> {
  const found = await findTemporal({ address: undefined, env: process.env, say: (text) => console.error(text) });
  if (found.kind === 'address') throw new Error('unreachable');
  const [port = 0, metricsPort = 0, sandboxPort = 0, apiPort = 0] = await freePorts(4, quietPorts(4));
  const temporalAddress = `127.0.0.1:${port}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const world = join(folder, 'world.json');
  const config = join(folder, 'config.yaml');
  await writeFile(world, JSON.stringify(options.world));
  await writeFile(config, await configuration(options, folder, sandboxUrl));
  const env = {
    AWS_ENDPOINT_URL: options.aws ?? sandboxUrl,
    AWS_REGION: options.provider?.region ?? 'eu-central-1',
    AWS_ACCESS_KEY_ID: '123456789012',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
    TEMPORAL_ADDRESS: temporalAddress,
    SLUICE_CONFIG: config,
    SLUICE_DATA: join(folder, 'data'),
    SLUICE_HOST: '127.0.0.1',
    SLUICE_PORT: String(apiPort),
    SLUICE_API_KEY: '',
  };
  const file = join(folder, 'temporal.db');
  const sandboxArguments = [
    ...['--port', String(sandboxPort), '--data', join(folder, 'sandbox')],
    ...(options.tasksPort === undefined ? [] : ['--tasks-port', String(options.tasksPort)]),
  ];
  const starts: Record<ProcessName, () => TestProcess> = {
    temporal: () => startProgram(found.path, devServerArguments({ port, metricsPort, file })),
    sandbox: () =>
      startProcess('sandbox/main.js', [...sandboxArguments, '--speed', String(SPEED), '--world', world], {}),
    worker: () => startProcess('worker/main.js', ['--own-temporal'], env),
    api: () => startProcess('api/main.js', [], env),
  };
  const ready: Record<ProcessName, () => Promise<boolean>> = {
    temporal: async () => {
      await (await Connection.connect({ address: temporalAddress, connectTimeout: 1 * SECOND })).close();
      return true;
    },
    sandbox: async () => (await fetch(`${sandboxUrl}/_sandbox/faults`)).ok,
    worker: () => Promise.resolve(processes.worker?.output().includes(POLLING) ?? false),
    api: async () => (await fetch(`${apiUrl}/readyz`)).ok,
  };
  const processes: Partial<Record<ProcessName, TestProcess>> = {};
  const more: TestProcess[] = [];
  const processOf = (name: ProcessName): TestProcess => {
    const known = processes[name];
    if (!known) throw new Error(`${name} was never started.`);
    return known;
  };
  const isDead = (name: ProcessName): boolean => !processes[name]?.alive();

  async function restart(...names: ProcessName[]): Promise<void> {
    for (const name of names) {
      processes[name] = starts[name]();
      await until(`${name} to be ready`, ready[name], { timeout: 90 * SECOND });
    }
  }

  const stack: Stack = {
    sandbox: panelOf(sandboxUrl),
    ...apiOf(apiUrl),
    config,
    async kill(...names) {
      await Promise.all(names.map((name) => processOf(name).kill()));
    },
    restart,
    process: processOf,
    async secondWorker() {
      const second = starts.worker();
      more.push(second);
      await until('the second worker to be ready', () => second.output().includes(POLLING), { timeout: 90 * SECOND });
      return second;
    },
    temporal: () => Connection.connect({ address: temporalAddress }),
    async loseData() {
      await stack.kill('worker', 'api', 'temporal');
      for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
      await rm(env.SLUICE_DATA, { recursive: true, force: true });
      await restart('temporal', 'worker', 'api');
    },
  };
  return {
    stack,
    close: async () => {
      await Promise.all([...Object.values(processes), ...more].map((process) => process.kill()));
      await rm(folder, { recursive: true, force: true });
    },
    logs: () =>
      (Object.keys(processes) as ProcessName[])
        .filter((name) => name !== 'temporal' || isDead(name))
        .map((name) => `--- ${name}${isDead(name) ? ' (dead)' : ''}\n${lastWords(processOf(name))}`)
        .join('\n'),
  };
}

/**
 * Ports that Linux gives to nobody who does not ask for them by number (ip_local_port_range begins at 32768): they are still free when
 * the last process of a stack begins, and when one is started again.
 */
function quietPorts(count: number): number[] {
  return Array.from({ length: count }, () => randomInt(15_000, 32_000));
}

/** The end of a process's log, without the requests that were answered well. */
function lastWords(process: TestProcess): string {
  const lines = process.output().split('\n');
  return lines
    .filter((line) => !(line.includes('"msg":"request"') && line.includes('"status":20')))
    .slice(-40)
    .join('\n');
}
