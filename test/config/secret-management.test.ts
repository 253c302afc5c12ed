import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encryptSecret, makeKeyPair } from '../../config/secret-key.js';
import { readDecrypt } from '../../config/secret-management.js';
import { load, refusal, sluice, temporaryFolder } from './support.js';

const PIPED = (spec: string): string => `apiVersion: pipecd.dev/v1beta1\nkind: Piped\nspec:\n  ${spec}\n`;

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

it('is read from a Piped document as it is, and from ours', async () => {
  const fields = 'secretManagement: {type: KEY_PAIR, config: {privateKeyFile: /etc/k, publicKeyData: cHVi}}';
  for (const text of [PIPED(fields), sluice(fields)]) {
    const { secretKeys, notNeeded } = await load(folder, [text]);
    expect(secretKeys).toEqual({ privateKey: { file: '/etc/k' }, publicKey: { base64: 'cHVi' } });
    expect(notNeeded).toEqual([]);
  }
});

it('is not there with type NONE, and beside the configuration or in the environment otherwise', async () => {
  expect((await load(folder, [PIPED('secretManagement: {type: NONE}')])).secretKeys).toBeUndefined();
  const config = 'secretManagement: {type: KEY_PAIR, config: {privateKeyEnv: KEY, publicKeyFile: p.pem}}';
  expect((await load(folder, [sluice(config)])).secretKeys).toEqual({
    privateKey: { env: 'KEY' },
    publicKey: { file: `${folder}/p.pem` },
  });
});

it.each([
  ['{type: GCP_KMS, config: {}}', 'spec.secretManagement.type', /must be "KEY_PAIR" or "NONE"/],
  ['{type: KEY_PAIR}', 'spec.secretManagement.config', /one of privateKeyFile, privateKeyData, privateKeyEnv/],
  [
    '{type: KEY_PAIR, config: {privateKeyFile: a, privateKeyEnv: B}}',
    'spec.secretManagement.config.privateKeyEnv',
    /both/,
  ],
])('%s is refused', async (value, field, message) => {
  const [found] = await refusal(folder, [PIPED(`secretManagement: ${value}`)]);
  expect(found).toMatchObject({ level: 'error', field, message: expect.stringMatching(message) as string });
});

it('opens what was encrypted for it, and says what is wrong with the key only then', async () => {
  const { privateKey, publicKey } = makeKeyPair();
  const file = join(folder, 'private.pem');
  await writeFile(file, privateKey);
  const text = encryptSecret(publicKey, 'x');
  expect((await readDecrypt({ privateKey: { file } }))(text)).toBe('x');
  const none = await readDecrypt(undefined);
  expect(() => none(text)).toThrow('the server has no key');
  const missing = await readDecrypt({ privateKey: { file: `${file}.gone` } });
  expect(() => missing(text)).toThrow(/private.pem.gone, which should hold a secret, does not exist/);
});
