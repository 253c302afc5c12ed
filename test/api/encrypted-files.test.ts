import { afterEach, expect, it } from 'vitest';
import { createReleaseReader } from '../../api/release-reader.js';
import { edited, KNOWN } from '../spec/support.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';

let server: ApiServer;
afterEach(() => server.close());

const FILES = edited(
  [
    'app.pipecd.yaml',
    '  input:',
    '  encryption: {encryptedSecrets: {password: cGFzcw==}, decryptionTargets: [taskdef.yaml]}\n  input:',
  ],
  ['taskdef.yaml', 'command: null', 'command: ["{{ .encryptedSecrets.password }}"]'],
);

const releases = createReleaseReader(
  {
    ecsProviders: [{ name: 'sample-ecs', region: 'eu-central-1' }],
    analysisProviders: KNOWN.analysisProviders.map((one) => ({
      ...{ ...one, type: 'DATADOG' as const, address: 'x', apiKey: { env: 'A' }, applicationKey: { env: 'B' } },
    })),
    allowScripts: false,
  },
  (plain) => `sealed(${plain})`,
);

it('files with encrypted secrets are read by a worker, sealed on their way', async () => {
  const asked: unknown[] = [];
  server = await startApi(
    {
      readRelease: (what) => {
        asked.push(what);
        return Promise.resolve({ findings: [{ level: 'error', message: 'it was made for another key' }] });
      },
    },
    { releases },
  );
  const answer = await server.send('POST', '/api/v1/applications/canary/deployments', { files: FILES, image: 'a:1' });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('made for another key') as string });
  expect(asked).toEqual([{ app: 'canary', image: 'a:1', sealedFiles: `sealed(${JSON.stringify(FILES)})` }]);
});

it('what is wrong with them is told without one', async () => {
  server = await startApi({}, { releases });
  const files = { ...FILES, 'servicedef.yaml': 'cluster: [' };
  const answer = await server.send('POST', '/api/v1/applications/canary/deployments', { files });
  expect(answer.status).toBe(422);
  expect(await answer.text()).toContain('servicedef.yaml');
});

it('the public key is for everybody who has a key to the api', async () => {
  server = await startApi(
    {},
    { publicKey: { ref: { env: 'PUBLIC' }, openSecret: ({ ...ref }) => Promise.resolve(JSON.stringify(ref)) } },
  );
  const answer = await server.get('/api/v1/encryption-key', { authorization: 'Bearer viewer-key' });
  expect(await answer.json()).toEqual({ publicKey: '{"env":"PUBLIC"}' });
  expect((await server.get('/api/v1/encryption-key', { authorization: 'Bearer wrong' })).status).toBe(401);
});

it('a server without one says so', async () => {
  server = await startApi({});
  const answer = await server.get('/api/v1/encryption-key');
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ detail: 'This server has no public key for secrets.' });
});
