import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { folderStore } from '../../activities/archive/folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-archive-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('names are listed by what they begin with', async () => {
  const store = folderStore(folder);
  for (const name of ['web/01~a', 'web/02~b', 'web-b/01~c']) await store.write(name, Buffer.from(name));
  await writeFile(join(folder, 'README'), 'not ours');
  expect((await store.list('')).sort()).toEqual(['web-b/01~c', 'web/01~a', 'web/02~b']);
  expect(await store.list('web/')).toEqual(['web/01~a', 'web/02~b']);
  expect(await store.list('web/02~')).toEqual(['web/02~b']);
  expect(await store.list('none/')).toEqual([]);
  expect(String(await store.read('web/02~b'))).toBe('web/02~b');
  expect(await store.read('web/03~b')).toBeUndefined();
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

test('an archive that is not there yet is empty', async () => {
  expect(await folderStore(join(folder, 'later')).list('')).toEqual([]);
});
