import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { encryptSecret } from '../../config/secret-key.js';
import { encryptionKeyAnswer } from '../../spec/http-answers.js';
import { call } from '../client.js';
import { findServer } from '../context.js';
import type { Context } from '../context.js';
import { addExamples } from '../examples.js';
import { CommandFailure, EXIT } from '../failure.js';
import { writeKeys } from '../key-files.js';
import type { KeyFiles } from '../key-files.js';
import type { CommandHost } from '../program.js';

interface EncryptOptions {
  inputFile?: string;
  publicKeyFile?: string;
  base64?: true;
  newKeys?: string;
  json?: true;
}

/** `sluice encrypt`: what a repository may hold in the place of a secret, as `pipectl encrypt` makes it. */
export function addEncrypt({ program, context }: CommandHost): void {
  const command = program
    .command('encrypt')
    .description('Encrypt a secret, read from standard input or a file, for spec.encryption of app.pipecd.yaml.')
    .option('--input-file <file>', 'the secret; standard input when left out')
    .option('--public-key-file <file>', 'the key to encrypt with; the server’s when left out')
    .option('--base64', 'encrypt the base64 of the secret, for what is no text')
    .option('--new-keys <dir>', 'make a pair of keys there, and encrypt nothing')
    .option('--json', 'answer as JSON')
    .action(async ({ inputFile, publicKeyFile, base64, newKeys, json }: EncryptOptions) => {
      if (newKeys !== undefined) {
        const made = await makeKeys(resolve(newKeys));
        context.out(json ? JSON.stringify(made) : configurationOf(made));
        return;
      }
      const key = publicKeyFile === undefined ? await keyOfServer(context) : await readGiven(publicKeyFile);
      const secret = await readSecret(inputFile);
      const plain = base64 ? secret.toString('base64') : asText(secret);
      try {
        const encrypted = encryptSecret(key, plain);
        context.out(json ? JSON.stringify({ encrypted }) : encrypted);
      } catch (error) {
        const what = publicKeyFile ?? 'The server’s public key';
        const why = error instanceof Error ? error.message : String(error);
        throw new CommandFailure(EXIT.wrongUse, `${what}: ${why}`, 'It begins with -----BEGIN PUBLIC KEY-----.');
      }
    });
  addExamples(
    command,
    ['a password, with the server’s key', 'printf %s "$PASSWORD" | sluice encrypt'],
    ['a file that is no text', 'sluice encrypt --base64 --input-file keystore.p12'],
    ['a pair of keys for the server', 'sluice encrypt --new-keys keys'],
  );
}

async function makeKeys(dir: string): Promise<KeyFiles> {
  try {
    return await writeKeys(dir);
  } catch (error) {
    throw new CommandFailure(EXIT.wrongUse, `The keys were not made: ${String(error)}.`, 'Name a folder without keys.');
  }
}

function configurationOf({ privateKeyFile, publicKeyFile }: KeyFiles): string {
  return [
    'Made a pair of keys. For the server’s configuration, under spec (only the worker needs to read the private one):',
    '  secretManagement:',
    '    type: KEY_PAIR',
    '    config:',
    `      privateKeyFile: ${privateKeyFile}`,
    `      publicKeyFile: ${publicKeyFile}`,
  ].join('\n');
}

async function keyOfServer(context: Context): Promise<string> {
  return (await call(findServer(context), { path: '/encryption-key' }, encryptionKeyAnswer)).publicKey;
}

async function readSecret(file: string | undefined): Promise<Buffer> {
  if (file !== undefined) return readBytes(file);
  if (process.stdin.isTTY) {
    throw new CommandFailure(
      EXIT.wrongUse,
      'There is no secret on standard input.',
      'Such as: printf %s "$PASSWORD" | sluice encrypt — or name a file with --input-file.',
    );
  }
  return buffer(process.stdin);
}

/** Bytes that are no UTF-8 would be lost. */
function asText(secret: Buffer): string {
  const plain = secret.toString('utf8');
  if (Buffer.from(plain).equals(secret)) return plain;
  throw new CommandFailure(EXIT.wrongUse, 'The secret is no text.', 'Encrypt its base64: --base64.');
}

async function readGiven(file: string): Promise<string> {
  return (await readBytes(file)).toString('utf8');
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new CommandFailure(EXIT.wrongUse, `${file} cannot be read: ${String(error)}.`);
  }
}
