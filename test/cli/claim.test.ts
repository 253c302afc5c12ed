import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { claimFolder, type Claim } from '../../cli/up/claim.js';
import { beginningOf } from '../../cli/up/identity.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-claim-'));
  onTestFinished(() => rm(folder, { recursive: true }));
});

const silent = (): void => undefined;

async function claim(say: (text: string) => void = silent): Promise<Claim> {
  const claimed = await claimFolder(folder, process.env, say);
  if ('occupied' in claimed) throw new Error(`occupied by ${claimed.occupied.pid}`);
  return claimed.claim;
}

async function child(): Promise<ChildProcess & { pid: number }> {
  const started = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)']);
  onTestFinished(() => void started.kill('SIGKILL'));
  await once(started.stdout, 'data');
  return started as ChildProcess & { pid: number };
}

/** What a supervisor that was killed leaves: its record, with a beginning that no process has. */
async function leftBehind(pid: number, beginning: string): Promise<void> {
  const record = {
    supervisor: { name: 'up', pid: process.pid, beginning: 'killed' },
    children: [{ name: 'worker', pid, beginning }],
    ports: { temporal: 7233 },
    addresses: [],
  };
  await writeFile(join(folder, 'up.json'), JSON.stringify(record));
}

test('a folder is held by one, and says by whom and where', async () => {
  const mine = await claim();
  await mine.note({ addresses: ['API here'] });
  expect(await claimFolder(folder, process.env, silent)).toEqual({
    occupied: { pid: process.pid, addresses: ['API here'] },
  });
  await mine.release();
  await (await claim()).release();
});

test('of many that claim at once, one gets it', async () => {
  const claimed = await Promise.all(Array.from({ length: 8 }, () => claimFolder(folder, process.env, silent)));
  expect(claimed.filter((one) => 'claim' in one)).toHaveLength(1);
});

test('what a killed supervisor left running is ended, and the ports are remembered', async () => {
  const left = await child();
  await leftBehind(left.pid, (await beginningOf(left.pid, process.env))!);
  const ended = once(left, 'exit');
  const said: string[] = [];
  const mine = await claim((text) => said.push(text));
  await ended;
  expect(said).toEqual([`Ending worker (pid ${left.pid}), which an earlier start left running.`]);
  expect(mine.ports).toEqual({ temporal: 7233 });
});

test('a stranger that got the pid of one of ours is left alone', async () => {
  const stranger = await child();
  await leftBehind(stranger.pid, 'another beginning');
  await claim((text) => expect.fail(text));
  expect(stranger.exitCode).toBeNull();
  expect(stranger.signalCode).toBeNull();
});

test('a record that cannot be read is replaced', async () => {
  await writeFile(join(folder, 'up.json'), '{"supervisor":');
  const mine = await claim();
  await mine.note({ ports: { temporal: 1 } });
  expect(JSON.parse(await readFile(join(folder, 'up.json'), 'utf8'))).toMatchObject({ ports: { temporal: 1 } });
});
