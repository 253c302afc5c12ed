import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import type { ProcessRecord } from '../../cli/up/claim.js';
import { supervise, type Program, type Supervisor } from '../../cli/up/supervisor.js';
import { until } from '../support/processes.js';

let folder: string;
let children: ProcessRecord[];
let said: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-up-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  children = [];
  said = [];
});

function supervisor(): Supervisor {
  const made = supervise(process.env, {
    logsDir: folder,
    say: (text) => said.push(text),
    changed: (now) => {
      children = now;
      return Promise.resolve();
    },
    backOff: [20, 40],
    steadyAfter: 60_000,
  });
  onTestFinished(() => made.stop());
  return made;
}

function script(name: string, code: string): Program {
  return { name, command: process.execPath, args: ['-e', code], env: process.env };
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const IDLE = 'console.log("here", process.pid); setInterval(() => {}, 1000)';

test('a program that is killed is started again, and its log goes on', async () => {
  const up = supervisor();
  await up.start(script('idle', IDLE));
  const [first] = children;
  await until('its first line', () => up.look('idle').log.includes(`here ${first!.pid}`));
  process.kill(first!.pid, 'SIGKILL');
  const second = await until('a new process', () => children.find(({ pid }) => pid !== first!.pid));
  expect(up.look('idle').deaths).toBe(1);
  expect(said[0]).toMatch(/^idle was killed \(SIGKILL\); starting it again/);
  await until('both in the log', async () => {
    const log = await readFile(join(folder, 'idle.log'), 'utf8');
    return log.includes(`here ${first!.pid}`) && log.includes(`here ${second.pid}`);
  });
});

test('one that keeps dying is started again with growing pauses', async () => {
  const up = supervisor();
  await up.start(script('bad', 'console.log("no configuration"); process.exit(3)'));
  await until('three deaths', () => up.look('bad').deaths >= 3);
  expect(said.slice(0, 3)).toEqual([
    'bad ended with 3; starting it again in 0.02 s.',
    'bad ended with 3; starting it again in 0.04 s.',
    'bad ended with 3; starting it again in 0.04 s.',
  ]);
  expect(up.look('bad').log).toContain('no configuration');
});

test('a program that is not there is told of, and does not end the supervisor', async () => {
  const up = supervisor();
  await up.start({ name: 'ghost', command: join(folder, 'ghost'), args: [], env: process.env });
  await until('a word', () => said.some((text) => text.startsWith('ghost could not be started')));
});

test('stop ends all, the last started first, and starts none again', async () => {
  const up = supervisor();
  const order = join(folder, 'order');
  await writeFile(order, '');
  const polite = (name: string): Program =>
    script(
      name,
      `process.on('SIGTERM', () => { require('fs').appendFileSync(${JSON.stringify(order)}, '${name} '); process.exit(0) });` +
        `console.log('ready'); setInterval(() => {}, 1000)`,
    );
  await up.start(polite('one'));
  await up.start(polite('two'));
  await until('both ready', () => ['one', 'two'].every((name) => up.look(name).log.includes('ready')));
  const pids = children.map(({ pid }) => pid);
  await up.stop();
  expect(await readFile(order, 'utf8')).toBe('two one ');
  expect(pids.some(alive)).toBe(false);
  expect(children).toEqual([]);
});

test('a second wish to stop kills what does not hear the first', async () => {
  const up = supervisor();
  await up.start(script('deaf', `process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)`));
  await until('ready', () => up.look('deaf').log.includes('ready'));
  const [deaf] = children;
  const now = new AbortController();
  const stopped = up.stop(now.signal);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(alive(deaf!.pid)).toBe(true);
  now.abort();
  await stopped;
  expect(alive(deaf!.pid)).toBe(false);
});
