import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { besides, name, oneSecret } from './part.js';
import { openSecret } from './secret.js';
import { secretOpener } from './secret-key.js';
import type { SecretKeys } from './server.js';

/** `secretManagement` of a Piped or Sluice document: PipeCD's fields (pipecd.md §1.6), and an environment variable. */
export const secretManagementFields = z.object({
  type: z.enum(['KEY_PAIR', 'NONE']),
  config: z
    .object({
      privateKeyFile: name.optional(),
      privateKeyData: name.optional(),
      privateKeyEnv: name.optional(),
      publicKeyFile: name.optional(),
      publicKeyData: name.optional(),
    })
    .optional(),
});

/** Reads which keys open what repositories keep encrypted. */
export function readSecretManagement(
  reader: Reader,
  { type, config = {} }: z.output<typeof secretManagementFields>,
): SecretKeys | undefined {
  if (type === 'NONE') return undefined;
  const path: Path = ['spec', 'secretManagement', 'config'];
  const file = (named: string): { file: string } => ({ file: besides(reader, named) });
  const privateKey = oneSecret(
    reader,
    path,
    {
      privateKeyFile: file,
      privateKeyData: (base64) => ({ base64 }),
      privateKeyEnv: (env) => ({ env }),
    },
    config,
  );
  const hasPublic = config.publicKeyFile !== undefined || config.publicKeyData !== undefined;
  const publicKey = hasPublic
    ? oneSecret(reader, path, { publicKeyFile: file, publicKeyData: (base64) => ({ base64 }) }, config)
    : undefined;
  return privateKey && written({ privateKey, publicKey });
}

/** Opens encrypted secrets with the configured key. What is wrong with the key is told where a secret is opened. */
export async function readDecrypt(keys: SecretKeys | undefined): Promise<(ciphertext: string) => string> {
  if (!keys) return cannot('the server has no key (secretManagement in its configuration)');
  try {
    return secretOpener(await openSecret(keys.privateKey));
  } catch (error) {
    return cannot(`the server’s key cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function cannot(why: string): () => string {
  return () => {
    throw new Error(why);
  };
}
