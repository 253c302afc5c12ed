import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderStore } from '../../activities/archive/folder.js';
import { keepsTheContract } from './store-contract.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

keepsTheContract(() => folderStore(join(folder, 'archive')));

test('what is not ours is not listed', async () => {
  await writeFile(join(folder, 'README'), 'not ours');
  expect(await folderStore(folder).list('')).toEqual([]);
});

test('what a killed writer left goes with the next write, and is never read', async () => {
  const store = folderStore(folder);
  await mkdir(join(folder, 'web'));
  await writeFile(join(folder, 'web', '.01~a.killed'), 'half');
  await writeFile(join(folder, 'web', '.02~b.other'), 'half of another');
  await store.write('web/01~a', Buffer.from('whole'));
  await store.write('web/01~a', Buffer.from('whole'));
  expect((await readdir(join(folder, 'web'))).sort()).toEqual(['.02~b.other', '01~a']);
  expect(String(await store.read('web/01~a'))).toBe('whole');
});
