import { readFile } from 'node:fs/promises';
import type { SecretRef } from './server.js';

/**
 * Opens a secret where it is kept. One trailing line break of a file is not part of it.
 * @throws Error that names the file or variable and never the value.
 */
export async function openSecret(ref: SecretRef, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  if ('base64' in ref)
    return Buffer.from(ref.base64, 'base64')
      .toString('utf8')
      .replace(/\r?\n$/, '');
  if ('env' in ref) {
    const value = env[ref.env];
    if (!value) throw new Error(`The environment variable ${ref.env}, which should hold a secret, is not set.`);
    return value;
  }
  const secret = (await readSecretFile(ref.file)).replace(/\r?\n$/, '');
  if (!secret) throw new Error(`The file ${ref.file}, which should hold a secret, is empty.`);
  return secret;
}

/** Where a secret is, for messages. */
export function describeSecret(ref: SecretRef): string {
  if ('file' in ref) return `the file ${ref.file}`;
  return 'env' in ref ? `the environment variable ${ref.env}` : 'the configuration itself';
}

async function readSecretFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const cause =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EACCES'
          ? 'may not be read'
          : `cannot be read (${code ?? 'unknown error'})`;
    throw new Error(`The file ${file}, which should hold a secret, ${cause}.`, { cause: error });
  }
}
