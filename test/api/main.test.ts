import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProcess, until } from '../support/processes.js';
import type { TestProcess } from '../support/processes.js';

let dataDir: string;
let api: TestProcess;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sluice-api-'));
});
afterEach(async () => {
  await api.kill();
  await rm(dataDir, { recursive: true });
});

/** The built api process, with a Temporal address on which nobody listens. */
function start(env: Record<string, string>): void {
  api = startProcess('api/main.js', [], {
    SLUICE_CONFIG: '',
    SLUICE_API_KEY: '',
    SLUICE_PORT: '0',
    SLUICE_DATA: dataDir,
    TEMPORAL_ADDRESS: '127.0.0.1:9',
    ...env,
  });
}

describe('the api process', () => {
  it('serves without Temporal, says so, and stops when told', async () => {
    start({ SLUICE_API_KEY: 'a-key' });
    const port = await until('the api to listen', () => /"port":(\d+)/.exec(api.output())?.[1]);
    const get = (path: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: 'Bearer a-key' } });
    expect((await get('/healthz')).status).toBe(200);
    const refused = await get('/api/v1/deployments/web-1');
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await refused.json()).toMatchObject({ detail: 'Temporal cannot be reached.' });
    await until('the log to say it', () => api.output().includes('Temporal cannot be reached; trying again'));
    expect(await api.end()).toBe(0);
  });

  it('does not listen for other machines without a key', async () => {
    start({ SLUICE_HOST: '0.0.0.0' });
    await until('the api to give up', () => !api.alive());
    expect(await api.end()).toBe(1);
    expect(api.output()).toContain('SLUICE_HOST: the API does not listen on 0.0.0.0 without an API key');
    expect(api.output()).not.toContain('    at ');
  });
});
