import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { link, mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSecret } from './secret.js';
import type { SecretRef, ServerConfig } from './server.js';

/** Seals text so that it can lie in workflow histories, and opens it again. */
export interface Sealer {
  seal: (plain: string) => string;
  /** @throws Error when the text was sealed with another key or is not whole. */
  unseal: (sealed: string) => string;
}

const PREFIX = 'sealed:v1:';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a key derived from the key text (HKDF, SHA-256). Each sealing has its own random nonce. */
export function sealer(keyText: string): Sealer {
  const key = Buffer.from(hkdfSync('sha256', keyText, '', 'sluice seal v1', 32));
  return {
    seal(plain) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return PREFIX + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    unseal(sealed) {
      const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64url');
      if (!sealed.startsWith(PREFIX) || bytes.length < IV_BYTES + TAG_BYTES) {
        throw new Error('This text was not sealed by Sluice (it should begin with sealed:v1:).');
      }
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch (error) {
        throw new Error(
          'The sealed text cannot be opened: it was sealed with another key. Give api and worker the same sealKeyFile (or the same SLUICE_DATA), the one that was there when the deployment began.',
          { cause: error },
        );
      }
    },
  };
}

/** The seal key's file when none is configured. */
export function defaultSealKey(dataDir: string): { file: string } {
  return { file: join(dataDir, 'seal.key') };
}

/** Makes the default seal key (mode 0600) unless it is there; of two processes that try at once, one wins and both read its key. */
export async function ensureSealKey(dataDir: string): Promise<SecretRef> {
  const ref = defaultSealKey(dataDir);
  await mkdir(dataDir, { recursive: true });
  const draft = `${ref.file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, ref.file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return ref;
}

/** The sealer of this server: with the configured key, or with the default one, which is made when it is missing. */
export async function openSealer(config: Pick<ServerConfig, 'sealKey' | 'dataDir'>): Promise<Sealer> {
  const byDefault = defaultSealKey(config.dataDir);
  if ('file' in config.sealKey && config.sealKey.file === byDefault.file) await ensureSealKey(config.dataDir);
  return sealer(await openSecret(config.sealKey));
}
