import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ApplicationDocument } from '../../model/wire.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';

const application = (app: string, over: Partial<ApplicationDocument> = {}): ApplicationDocument => ({
  app,
  state: 'IDLE',
  labels: {},
  history: [],
  links: {},
  ...over,
});

let api: ApiServer | undefined;
afterEach(async () => {
  await api?.close();
  api = undefined;
});

describe('the page’s files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-web-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'index.html'), '<title>Sluice</title>');
    await writeFile(join(folder, 'assets', 'index-abc.js'), 'x'.repeat(5_000));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    '/',
    '/applications/web',
    '/deployments/web-7',
    '/deployments/web-7/retrospective',
    '/plan',
    '/repositories',
  ])('%s is the page, and needs no key', async (path) => {
    api = await startApi({}, { webDir: folder });
    const answer = await fetch(api.url + path);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('<title>Sluice</title>');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(answer.headers.get('content-security-policy')).toContain("style-src 'self'");
  });

  test('what has its content in its name is kept for ever, and compressed', async () => {
    api = await startApi({}, { webDir: folder });
    const answer = await fetch(`${api.url}/assets/index-abc.js`);
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-encoding')).toBeTruthy();
    expect((await fetch(`${api.url}/assets/other.js`)).status).toBe(404);
    expect((await fetch(`${api.url}/nowhere`)).status).toBe(404);
  });
});

describe('GET /session', () => {
  test('tells whose key is shown', async () => {
    api = await startApi({});
    expect(await (await api.get('/api/v1/session')).json()).toEqual({ name: 'ci', role: 'deployer' });
    expect((await fetch(`${api.url}/api/v1/session`)).status).toBe(401);
  });
});

describe('GET /live/applications', () => {
  test('tells all, then what changes and what goes, to each who listens', async () => {
    let now = [application('a'), application('b')];
    api = await startApi({ applications: () => Promise.resolve(now) });
    const first = eventsOf(await api.get('/api/v1/live/applications'));
    expect(await first.next()).toEqual(['list', { applications: now }]);
    now = [application('a', { state: 'HELD' }), application('c')];
    const changed = { applications: now, gone: ['b'] };
    expect(await first.next()).toEqual(['changed', changed]);
    const second = eventsOf(await api.get('/api/v1/live/applications'));
    expect(await second.next()).toEqual(['list', { applications: now }]);
    await Promise.all([first.close(), second.close()]);
  });

  test('outlives a Temporal that is away for a while', async () => {
    let away = false;
    let state: ApplicationDocument['state'] = 'IDLE';
    api = await startApi({
      applications: () => (away ? Promise.reject(new Error('away')) : Promise.resolve([application('a', { state })])),
    });
    const events = eventsOf(await api.get('/api/v1/live/applications'));
    await events.next();
    away = true;
    await new Promise((resolve) => setTimeout(resolve, 100));
    [away, state] = [false, 'HELD'];
    expect(await events.next()).toEqual(['changed', { applications: [application('a', { state: 'HELD' })], gone: [] }]);
    await events.close();
  });
});

/** The events of a stream, one after the other. */
function eventsOf(answer: Response): { next: () => Promise<[string, unknown]>; close: () => Promise<void> } {
  expect(answer.headers.get('content-type')).toContain('text/event-stream');
  expect(answer.headers.get('content-encoding')).toBeNull();
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    async next() {
      for (;;) {
        const [, type, data] = /event: (\w+)\ndata: (.*)\n\n/.exec(text) ?? [];
        if (type !== undefined && data !== undefined) {
          text = text.slice(text.indexOf('\n\n', text.indexOf('event: ')) + 2);
          return [type, JSON.parse(data) as unknown];
        }
        const { value, done } = await reader.read();
        if (done) throw new Error('the stream ended');
        text += value;
      }
    },
    close: () => reader.cancel(),
  };
}
