import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findKey, hashKey } from '../../config/api-key.js';
import { ensureSealKey, openSealer, sealer } from '../../config/seal.js';
import { describeSecret, openSecret } from '../../config/secret.js';
import type { ApiKey } from '../../config/server.js';
import { temporaryFolder } from './support.js';

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

describe('a secret', () => {
  it('is read from a file without its last line break', async () => {
    const file = join(folder, 'secret');
    await writeFile(file, 'two\nlines\n\n');
    expect(await openSecret({ file })).toBe('two\nlines\n');
    await writeFile(file, 'new\r\n');
    expect(await openSecret({ file })).toBe('new');
  });

  it('is read from a variable and from base64', async () => {
    expect(await openSecret({ env: 'A_KEY' }, { A_KEY: 'value' })).toBe('value');
    expect(await openSecret({ base64: 'YWJjCg==' })).toBe('abc');
  });

  it('that cannot be read is named, and nothing of it told', async () => {
    const file = join(folder, 'none');
    await expect(openSecret({ file })).rejects.toThrow(`The file ${file}, which should hold a secret, does not exist.`);
    await expect(openSecret({ file: folder })).rejects.toThrow(/cannot be read \(EISDIR\)/);
    await expect(openSecret({ env: 'A_KEY' }, {})).rejects.toThrow(/environment variable A_KEY/);
    await writeFile(file, '\n');
    await expect(openSecret({ file })).rejects.toThrow(/is empty/);
  });

  it('is described by its place', () => {
    expect([{ file: '/f' }, { env: 'E' }, { base64: 'c2VjcmV0' }].map(describeSecret)).toEqual([
      'the file /f',
      'the environment variable E',
      'the configuration itself',
    ]);
  });
});

describe('the seal', () => {
  it('opens what it sealed, and shows nothing of it', () => {
    const { seal, unseal } = sealer('key');
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), (plain) => {
        const sealed = seal(plain);
        expect(sealed).toMatch(/^sealed:v1:[\w-]+$/);
        expect(sealed).not.toContain(plain);
        expect(unseal(sealed)).toBe(plain);
      }),
    );
  });

  it('gives another text each time', () => {
    const { seal } = sealer('key');
    expect(seal('same')).not.toBe(seal('same'));
  });

  it('does not open with another key, and says what to do', () => {
    const sealed = sealer('one').seal('plain');
    expect(() => sealer('two').unseal(sealed)).toThrow(/sealed with another key\. Give api and worker the same/);
  });

  it('does not open what was changed, cut or never sealed', () => {
    const { seal, unseal } = sealer('key');
    const sealed = seal('plain');
    const body = 'sealed:v1:'.length;
    for (let i = body; i < sealed.length - 1; i++) {
      const changed = `${sealed.slice(0, i)}${sealed[i] === 'A' ? 'B' : 'A'}${sealed.slice(i + 1)}`;
      expect(() => unseal(changed)).toThrow();
    }
    expect(() => unseal(sealed.slice(0, body + 10))).toThrow(/not sealed by Sluice/);
    expect(() => unseal('plain')).toThrow(/not sealed by Sluice/);
  });
});

describe('the seal’s key', () => {
  it('is made once, also by several processes at a time, for the owner alone', async () => {
    const dataDir = join(folder, 'fresh');
    const refs = await Promise.all(Array.from({ length: 8 }, () => ensureSealKey(dataDir)));
    expect(new Set(refs.map((ref) => JSON.stringify(ref))).size).toBe(1);
    expect(await readdir(dataDir)).toEqual(['seal.key']);
    const key = await readFile(join(dataDir, 'seal.key'), 'utf8');
    expect(key.trim()).toHaveLength(43);
    expect((await stat(join(dataDir, 'seal.key'))).mode & 0o777).toBe(0o600);
    await ensureSealKey(dataDir);
    expect(await readFile(join(dataDir, 'seal.key'), 'utf8')).toBe(key);
  });

  it('opens in another process what this one sealed', async () => {
    const dataDir = join(folder, 'shared');
    const config = { dataDir, sealKey: { file: join(dataDir, 'seal.key') } };
    const sealed = (await openSealer(config)).seal('plain');
    expect((await openSealer(config)).unseal(sealed)).toBe('plain');
  });

  it('that is configured is not made', async () => {
    const dataDir = join(folder, 'configured');
    const file = join(folder, 'mine.key');
    await expect(openSealer({ dataDir, sealKey: { file } })).rejects.toThrow(/mine\.key.*does not exist/);
    await writeFile(file, 'mine');
    await chmod(file, 0o600);
    expect(sealer('mine').unseal((await openSealer({ dataDir, sealKey: { file } })).seal('x'))).toBe('x');
    await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
  });
});

describe('API keys', () => {
  const keys: ApiKey[] = [
    { name: 'ci', role: 'deployer', sha256: hashKey('one') },
    { name: 'old', role: 'viewer', sha256: hashKey('two'), expiresAt: 1_000 },
  ];

  it('are found by their hash', () => {
    expect(hashKey('one')).toBe('7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed');
    expect(findKey(keys, 'one', 0)).toEqual({ found: 'valid', key: keys[0] });
    expect(findKey(keys, 'two', 999)).toEqual({ found: 'valid', key: keys[1] });
  });

  it('expired and unknown ones are told apart', () => {
    expect(findKey(keys, 'two', 1_000)).toEqual({ found: 'expired', key: keys[1] });
    expect(findKey(keys, 'three', 0)).toEqual({ found: 'unknown' });
    expect(findKey(keys, hashKey('one'), 0)).toEqual({ found: 'unknown' });
    expect(findKey([], 'one', 0)).toEqual({ found: 'unknown' });
  });
});
