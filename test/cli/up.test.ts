import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { freePorts } from '../../cli/temporal/dev-server.js';
import { run } from '../../cli/temporal/run.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { startProgram, until, type TestProcess } from '../support/processes.js';
import { httpServer } from './sockets.js';

interface UpRecord {
  children: { name: string; pid: number }[];
  ports: Record<string, number>;
}

let dataDir: string;
let env: Record<string, string>;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-up-'));
  onTestFinished(() => rm(dataDir, { recursive: true, maxRetries: 5 }));
  const [port = 0] = await freePorts(1);
  env = {
    SLUICE_DATA: dataDir,
    SLUICE_PORT: String(port),
    SLUICE_CONFIG: '',
    SLUICE_API_KEY: '',
    TEMPORAL_ADDRESS: '',
  };
});

const SLUICE = join(packageRoot(), 'cli', 'sluice.mjs');

function up(): TestProcess {
  const started = startProgram(process.execPath, [SLUICE, 'up'], env);
  onTestFinished(async () => {
    await started.end();
    // Of a supervisor that was killed: what it left.
    for (const { pid } of (await record()).children) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  return started;
}

async function record(): Promise<UpRecord> {
  const file = join(dataDir, 'up.json');
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as UpRecord) : { children: [], ports: {} };
}

async function pidOf(name: string): Promise<number> {
  return (await record()).children.find((child) => child.name === name)!.pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function untilUp(started: TestProcess): Promise<unknown> {
  return until(
    'Sluice to be up',
    () => {
      if (!started.alive()) throw new Error(started.output());
      return started.output().includes('Sluice is up.');
    },
    { timeout: 2 * MINUTE },
  );
}

function sluice(...args: string[]): ReturnType<typeof run> {
  return run(process.execPath, [SLUICE, ...args], { env: { ...process.env, ...env }, timeout: 1 * MINUTE });
}

test(
  'up runs everything, is alone on its folder, mends what dies, and takes over after it was killed',
  async () => {
    const first = up();
    await untilUp(first);
    const { children, ports } = await record();
    expect(children.map(({ name }) => name)).toEqual(['temporal', 'sandbox', 'worker', 'api']);
    expect(await sluice('status')).toMatchObject({ code: 0, stdout: 'No deployments yet: sluice deploy DIR\n' });

    const second = await sluice('up');
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toContain(`Sluice already runs on ${dataDir} (pid ${first.pid}).`);

    const api = await pidOf('api');
    process.kill(api, 'SIGKILL');
    await until('another api', async () => (await pidOf('api')) !== api);
    await until('it to answer', async () => (await sluice('status')).code === 0);

    await first.kill();
    const left = (await record()).children.map(({ pid }) => pid);
    expect(left.filter(isAlive)).toHaveLength(4);
    const third = up();
    await untilUp(third);
    expect(left.filter(isAlive)).toEqual([]);
    expect((await record()).ports).toEqual(ports);

    const mine = (await record()).children.map(({ pid }) => pid);
    expect(await third.end()).toBe(0);
    expect(mine.filter(isAlive)).toEqual([]);
  },
  4 * MINUTE,
);

test(
  'a port that another program has is told before anything starts',
  async () => {
    env['SLUICE_PORT'] = new URL(await httpServer(() => undefined)).port;
    const { code, stderr } = await sluice('up');
    expect(code).toBe(1);
    expect(stderr).toContain('another program has it');
    expect((await record()).children).toEqual([]);
  },
  30 * SECOND,
);

test('a configuration with a mistake ends with 2, its place and nothing left running', async () => {
  const { code, stderr } = await sluice('up', '--config', join(dataDir, 'none.yaml'));
  expect(code).toBe(2);
  expect(stderr).toContain('none.yaml');
  expect((await record()).children).toEqual([]);
}, 60_000);
