import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readEnvironment } from '../../config/environment.js';
import { secretOpener } from '../../config/secret-key.js';
import { runCommand } from '../../cli/program.js';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sluice-encrypt-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; said: string }> {
  const out: string[] = [];
  const said: string[] = [];
  const code = await runCommand(['encrypt', ...args], {
    environment: readEnvironment({ SLUICE_DATA: dir }),
    out: (text) => out.push(text),
    say: (text) => said.push(text),
  });
  return { code, out: out.join('\n'), said: said.join('\n') };
}

it('makes keys, with which it encrypts what they open', async () => {
  const made = await run('--new-keys', dir);
  expect(made.code).toBe(0);
  expect(made.out).toContain(`privateKeyFile: ${dir}/secrets-private.pem`);
  expect((await stat(join(dir, 'secrets-private.pem'))).mode & 0o777).toBe(0o600);
  const open = secretOpener(await readFile(join(dir, 'secrets-private.pem'), 'utf8'));
  await writeFile(join(dir, 'secret'), 'p4ss\n');
  const key = ['--public-key-file', join(dir, 'secrets-public.pem'), '--input-file', join(dir, 'secret')];
  expect(open((await run(...key)).out)).toBe('p4ss\n');
  expect(open((await run(...key, '--base64')).out)).toBe('cDRzcwo=');
  const asJson = await run(...key, '--json');
  expect(open((JSON.parse(asJson.out) as { encrypted: string }).encrypted)).toBe('p4ss\n');
});

it('leaves keys alone that are there', async () => {
  await run('--new-keys', dir);
  const before = await readFile(join(dir, 'secrets-private.pem'), 'utf8');
  const again = await run('--new-keys', dir);
  expect([again.code, again.out]).toEqual([2, '']);
  expect(again.said).toContain('Name a folder without keys.');
  expect(await readFile(join(dir, 'secrets-private.pem'), 'utf8')).toBe(before);
});

it('refuses what would be lost, and what is no key', async () => {
  await run('--new-keys', dir);
  await writeFile(join(dir, 'bytes'), Buffer.from([0xff, 0xfe]));
  const input = ['--input-file', join(dir, 'bytes')];
  const lost = await run('--public-key-file', join(dir, 'secrets-public.pem'), ...input);
  expect([lost.code, lost.said]).toEqual([2, expect.stringContaining('--base64')]);
  const wrong = await run('--public-key-file', join(dir, 'secrets-private.pem'), ...input, '--base64');
  expect([wrong.code, wrong.said]).toEqual([2, expect.stringContaining('This is a private key')]);
  const gone = await run('--public-key-file', join(dir, 'gone'), ...input);
  expect([gone.code, gone.said]).toEqual([2, expect.stringContaining('cannot be read')]);
});
