import {
  constants,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';

// PipeCD's form, so that its repositories' ciphertexts open with its keys (pipecd.md §4.4): base64 of the length of the first part as
// two bytes, an AES-256 key under RSA-OAEP with SHA-256, and the text under AES-GCM with a nonce of zeros: each text has a key of its own.

const LENGTH_BYTES = 2;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const NONCE = Buffer.alloc(12);
const MODULUS_BITS = 2048;
const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

/** A pair of keys as PEM: PKCS #8 and SPKI. */
export function makeKeyPair(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: MODULUS_BITS,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

/** Encrypts a text that the holder of the private key can read. @param pem the public key @throws Error when it is none */
export function encryptSecret(pem: string, plain: string): string {
  const key = randomBytes(KEY_BYTES);
  const wrapped = publicEncrypt({ key: readPublicKey(pem), ...OAEP }, key);
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(wrapped.length);
  return Buffer.concat([length, wrapped, body]).toString('base64');
}

/**
 * Makes what opens encrypted texts.
 * @param pem the private key
 * @throws Error at once when it is none; the function that is returned throws when a text was made for another key or is not whole
 */
export function secretOpener(pem: string): (ciphertext: string) => string {
  const key = readPrivateKey(pem);
  return (ciphertext) => {
    const bytes = Buffer.from(ciphertext, 'base64');
    const wrappedEnd = LENGTH_BYTES + (bytes.length < LENGTH_BYTES ? 0 : bytes.readUInt16BE());
    const body = bytes.subarray(wrappedEnd);
    if (wrappedEnd === LENGTH_BYTES || body.length < TAG_BYTES)
      throw new Error('it is no encrypted text, or was cut off');
    try {
      const inner = privateDecrypt({ key, ...OAEP }, bytes.subarray(LENGTH_BYTES, wrappedEnd));
      const decipher = createDecipheriv('aes-256-gcm', inner, NONCE, { authTagLength: TAG_BYTES });
      decipher.setAuthTag(body.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch (error) {
      throw new Error('it was made for another key, or was changed', { cause: error });
    }
  };
}

/** Whether two keys belong together: what the one encrypts, the other opens. @throws Error when one is none */
export function isPair(privatePem: string, publicPem: string): boolean {
  const spki = { type: 'spki', format: 'der' } as const;
  return createPublicKey(readPrivateKey(privatePem)).export(spki).equals(readPublicKey(publicPem).export(spki));
}

function readPublicKey(pem: string): KeyObject {
  // A private key would be taken as well, and whoever has that one has it by mistake.
  if (pem.includes('PRIVATE KEY')) throw new Error('This is a private key; the public one is wanted.');
  return readKey(() => createPublicKey(pem), 'public');
}

function readPrivateKey(pem: string): KeyObject {
  return readKey(() => createPrivateKey(pem), 'private');
}

function readKey(read: () => KeyObject, which: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = read();
  } catch {
    // What OpenSSL says of it helps nobody.
  }
  if (key?.asymmetricKeyType !== 'rsa') throw new Error(`There is no ${which} RSA key in PEM there.`);
  return key;
}
