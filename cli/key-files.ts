import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeKeyPair } from '../config/secret-key.js';

/** Where a pair of keys for secrets lies. */
export interface KeyFiles {
  privateKeyFile: string;
  publicKeyFile: string;
}

/** Where `writeKeys` puts the keys of a folder. */
export function keyFilesIn(dir: string): KeyFiles {
  return { privateKeyFile: join(dir, 'secrets-private.pem'), publicKeyFile: join(dir, 'secrets-public.pem') };
}

/** Makes a pair of keys in a folder. @throws EEXIST over one that is there: what it encrypted could not be opened any more. */
export async function writeKeys(dir: string): Promise<KeyFiles> {
  const { privateKey, publicKey } = makeKeyPair();
  const files = keyFilesIn(dir);
  await mkdir(dir, { recursive: true });
  await writeFile(files.privateKeyFile, privateKey, { mode: 0o600, flag: 'wx' });
  await writeFile(files.publicKeyFile, publicKey, { flag: 'wx' });
  return files;
}
