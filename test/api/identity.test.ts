import { afterEach, describe, expect, it } from 'vitest';
import type { Problem } from '../../model/wire.js';
import { liveDeployment } from './support/fake-gateway.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';

let api: ApiServer;
afterEach(() => api.close());

const reading = { deployment: () => Promise.resolve(liveDeployment()) };

async function problem(answer: Response): Promise<Problem> {
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const body = (await answer.json()) as Problem;
  expect(body.status).toBe(answer.status);
  return body;
}

describe('API keys', () => {
  it('tells a missing, an unknown and an expired key apart', async () => {
    api = await startApi(reading);
    const missing = await fetch(`${api.url}/api/v1/deployments/web-7`);
    expect(missing.status).toBe(401);
    expect(missing.headers.get('www-authenticate')).toContain('Bearer');
    expect((await problem(missing)).detail).toBe('This needs an API key.');
    const unknown = await problem(await api.get('/api/v1/deployments/web-7', { authorization: 'Bearer nonsense' }));
    expect(unknown).toMatchObject({ status: 401, detail: 'This API key is not known here.' });
    const expired = await problem(await api.get('/api/v1/deployments/web-7', { authorization: 'Bearer old-key' }));
    expect(expired).toMatchObject({ status: 401, detail: 'The API key old expired at 2026-11-23T07:59:59.999Z.' });
  });

  it('lets a viewer read and not change', async () => {
    const asked: string[] = [];
    api = await startApi({
      ...reading,
      control: (_id, name) => (asked.push(name), Promise.reject(new Error('called'))),
    });
    const viewer = { authorization: 'Bearer viewer-key' };
    expect((await api.get('/api/v1/deployments/web-7', viewer)).status).toBe(200);
    const refused = await problem(await api.send('POST', '/api/v1/deployments/web-7/pause', { reason: 'x' }, viewer));
    expect(refused).toMatchObject({ status: 403, fix: 'Use a key with the role deployer.' });
    expect(asked).toEqual([]);
  });

  it('says what to do where no key is configured at all', async () => {
    const { createSessions } = await import('../../api/session.js');
    api = await startApi(reading, { identity: { keys: [], sessions: createSessions('s', false), now: Date.now } });
    const body = await problem(await api.get('/api/v1/deployments/web-7'));
    expect(body.fix).toContain('SLUICE_API_KEY');
  });

  it('needs none for health, readiness and the OpenAPI document, and one for metrics', async () => {
    api = await startApi({ readiness: () => Promise.resolve({ ready: false, detail: 'Temporal does not answer.' }) });
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${api.url}/openapi.json`)).status).toBe(200);
    expect((await fetch(`${api.url}/api/v1/openapi.json`)).status).toBe(200);
    expect((await fetch(`${api.url}/metrics`)).status).toBe(401);
    const ready = await fetch(`${api.url}/readyz`);
    expect(await problem(ready)).toMatchObject({ status: 503, detail: 'Temporal does not answer.' });
  });
});

describe('the page’s session', () => {
  async function signIn(key: string): Promise<{ cookie: string; answer: Response }> {
    const answer = await fetch(`${api.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    });
    return { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0]!, answer };
  }

  it('exchanges a key for a cookie that scripts and other sites cannot use', async () => {
    api = await startApi(reading);
    const { cookie, answer } = await signIn('viewer-key');
    expect(await answer.json()).toEqual({ name: 'eyes', role: 'viewer' });
    const attributes = answer.headers.get('set-cookie')!;
    expect(attributes).toContain('HttpOnly');
    expect(attributes).toContain('SameSite=Strict');
    expect(attributes).not.toContain('viewer-key');
    expect((await api.get('/api/v1/deployments/web-7', { cookie })).status).toBe(200);
    expect((await signIn('nonsense')).answer.status).toBe(401);
  });

  it('refuses a changed cookie', async () => {
    api = await startApi(reading);
    const { cookie } = await signIn('viewer-key');
    const [name, until, signature] = cookie.split('.') as [string, string, string];
    const asDeployer = `sluice_session=${Buffer.from('ci').toString('base64url')}.${until}.${signature}`;
    const longer = `${name}.${Number(until) + 1}.${signature}`;
    for (const forged of [asDeployer, longer, `${name}.${until}.`, 'sluice_session=']) {
      expect((await api.get('/api/v1/deployments/web-7', { cookie: forged })).status).toBe(401);
    }
  });

  it('changes only with our header', async () => {
    const by: string[] = [];
    api = await startApi({
      control: (_id, _name, control) => {
        by.push(control.by);
        return Promise.resolve({ status: 'PAUSED', text: 'Paused.' });
      },
    });
    const { cookie } = await signIn('deployer-key');
    const pause = (headers: Record<string, string>): Promise<Response> =>
      api.send('POST', '/api/v1/deployments/web-7/pause', { reason: 'look' }, { cookie, ...headers });
    expect((await problem(await pause({}))).detail).toContain('Sluice-Request: 1');
    expect((await pause({ 'sluice-request': '1' })).status).toBe(200);
    expect(by).toEqual(['ci']);
  });

  it('ends', async () => {
    api = await startApi(reading);
    const { cookie } = await signIn('viewer-key');
    const ended = await api.send('DELETE', '/api/v1/session', undefined, { cookie });
    expect(ended.status).toBe(204);
    expect(ended.headers.get('set-cookie')).toContain('sluice_session=;');
  });
});
