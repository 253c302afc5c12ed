import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';

let server: ApiServer;
afterEach(() => server.close());

const SECRET = 'a webhook secret';
const PUSH = JSON.stringify({ ref: 'refs/heads/main', after: 'c1' });
const sign = (body: string, secret = SECRET) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

async function start(): Promise<string[]> {
  const poked: string[] = [];
  server = await startApi(
    {
      poke: (repoId) => {
        poked.push(repoId);
        return Promise.resolve(repoId !== 'unwatched');
      },
    },
    {
      webhooks: {
        repositories: [
          { repoId: 'shop', branch: 'main', webhookSecret: { env: 'HOOK' } },
          { repoId: 'unwatched', branch: 'main', webhookSecret: { env: 'HOOK' } },
          { repoId: 'open', branch: 'main' },
        ],
        openSecret: () => Promise.resolve(SECRET),
      },
    },
  );
  return poked;
}

function deliver(body: string, headers: Record<string, string>, repoId = 'shop'): Promise<Response> {
  return fetch(`${server.url}/api/v1/webhooks/${repoId}`, { method: 'POST', body, headers });
}

describe('a webhook', () => {
  it.each([
    ['GitHub’s', PUSH, { 'x-github-event': 'push', 'x-hub-signature-256': sign(PUSH) }],
    ['GitLab’s', PUSH, { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': SECRET }],
    ['one whose body says nothing', 'hello', { 'x-hub-signature-256': sign('hello') }],
  ])('%s makes the repository be looked at', async (_whose, body, headers) => {
    const poked = await start();
    const answer = await deliver(body, headers);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ looks: true, reason: 'Something was pushed to main.' });
    expect(poked).toEqual(['shop']);
  });

  it.each([
    ['another branch', JSON.stringify({ ref: 'refs/heads/other' }), 'push'],
    ['no push', PUSH, 'ping'],
  ])('of %s is taken and makes nothing happen', async (_what, body, event) => {
    const poked = await start();
    const answer = await deliver(body, { 'x-github-event': event, 'x-hub-signature-256': sign(body) });
    expect([answer.status, ((await answer.json()) as { looks: boolean }).looks]).toEqual([202, false]);
    expect(poked).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['no signature', {}],
    ['another secret', { 'x-hub-signature-256': sign(PUSH, 'other') }],
    ['another body’s signature', { 'x-hub-signature-256': sign('other') }],
    ['a wrong token', { 'x-gitlab-token': 'other' }],
  ])('with %s is refused', async (_what, headers) => {
    const poked = await start();
    expect((await deliver(PUSH, headers)).status).toBe(401);
    expect(poked).toEqual([]);
  });

  it('of a repository without a secret, or that is not known or watched, is refused', async () => {
    await start();
    const headers = { 'x-hub-signature-256': sign(PUSH) };
    expect((await deliver(PUSH, headers, 'open')).status).toBe(401);
    expect((await deliver(PUSH, headers, 'none')).status).toBe(404);
    expect((await deliver(PUSH, headers, 'unwatched')).status).toBe(404);
  });
});

describe('a repository', () => {
  it('is looked at when somebody asks, and is one that is watched', async () => {
    const poked = await start();
    expect((await server.send('POST', '/api/v1/repositories/shop/sync')).status).toBe(202);
    expect((await server.send('POST', '/api/v1/repositories/unwatched/sync')).status).toBe(404);
    expect(poked).toEqual(['shop', 'unwatched']);
    const viewer = { authorization: 'Bearer viewer-key' };
    expect((await server.send('POST', '/api/v1/repositories/shop/sync', undefined, viewer)).status).toBe(403);
  });
});
