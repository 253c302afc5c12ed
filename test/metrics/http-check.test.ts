import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { Measurement } from '../../model/evidence.js';
import type { HttpCheck } from '../../model/metric.js';
import { START } from '../analysis/support.js';
import { bench, fakeClock, input } from './support.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Over {
  count?: number;
  timeout?: number;
  failureLimit?: number;
  errorLimit?: number;
  at?: number;
}

/** Judges windows of a minute by the check. */
async function judge(check: Partial<HttpCheck> & { url: string }, over: Over = {}): Promise<Measurement[]> {
  const { at = START, ...fields } = over;
  const clock = fakeClock(at);
  const { measure } = bench('http://127.0.0.1:1', clock);
  const http: HttpCheck = { method: 'GET', headers: {}, expectedCode: 200, ...check };
  const { measurements } = await measure(
    input({
      name: 'https-0',
      provider: 'http',
      source: 'HTTP',
      query: `${http.method} ${http.url}`,
      expected: { min: 1 },
      http,
      interval: MINUTE,
      delay: 0,
      maxDelay: 30 * SECOND,
      resolution: SECOND,
      timeout: 5 * SECOND,
      ...fields,
    }),
  );
  return measurements;
}

async function one(check: Partial<HttpCheck> & { url: string }, over: Over = {}): Promise<Measurement> {
  const [measurement] = await judge(check, over);
  return measurement!;
}

describe('an https check', () => {
  it('asks once at the end of each window, and is 1 where the answer is as expected', async () => {
    const asked: unknown[] = [];
    const url = await serve((request, response) => {
      asked.push([request.method, request.url, request.headers['x-app']]);
      response.end('fine');
    });
    const measurements = await judge(
      { url: `${url}/health?deep=1`, method: 'HEAD', headers: { 'x-app': 'shop' } },
      { count: 3 },
    );
    expect(asked).toEqual(Array.from({ length: 3 }, () => ['HEAD', '/health?deep=1', 'shop']));
    expect(measurements).toHaveLength(3);
    expect(measurements[1]).toMatchObject({
      outcome: 'PASS',
      value: 1,
      from: START + MINUTE,
      points: [{ at: START + MINUTE, value: 1 }],
      query: `HEAD ${url}/health?deep=1`,
      reason: 'It answered 200, as expected.',
      delaySeconds: 0,
    });
    expect(measurements.map(({ judgedAt, to }) => judgedAt - to)).toEqual([0, 0, 0]);
  });

  it('is 0 at another status, and a redirect is one', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await one({ url })).toMatchObject({
      outcome: 'FAIL',
      value: 0,
      reason: 'It answered 302, not as expected: status 302, expected 200.',
    });
    expect(asked).toBe(1);
    expect(await one({ url, expectedCode: 302 })).toMatchObject({ outcome: 'PASS' });
  });

  it.each<[string, Partial<HttpCheck>, string, string | undefined]>([
    ['a body that is equal but for its edges', { expectedResponse: 'ok' }, ' ok\n', undefined],
    ['another body', { expectedResponse: 'ok' }, 'sorry', 'the body "sorry" is not "ok"'],
    ['a body that matches', { bodyMatches: '^v\\d+$' }, 'v12', undefined],
    ['a body that does not match', { bodyMatches: '^v\\d+$' }, 'x', 'the body "x" does not match /^v\\d+$/'],
    [
      'the values at paths',
      { jsonPath: { '$.status': 'ok', '$.of[1].n': '3' } },
      '{"status":"ok","of":[0,{"n":3}]}',
      undefined,
    ],
    ['another value', { jsonPath: { '$.status': 'ok' } }, '{"status":"down"}', '$.status is "down", expected "ok"'],
    ['no value', { jsonPath: { '$.a.b': 'ok' } }, '{"a":1}', '$.a.b is not there, expected "ok"'],
    ['no inherited member', { jsonPath: { '$.toString': 'ok' } }, '{}', '$.toString is not there, expected "ok"'],
    ['no JSON', { jsonPath: { '$.status': 'ok' } }, '<html>', 'the body "<html>" is no JSON'],
    [
      'all of them at once',
      { expectedResponse: '{"s":"ok"}', bodyMatches: 'ok', jsonPath: { '$.s': 'no' } },
      '{"s":"ok"}',
      '$.s is "ok", expected "no"',
    ],
  ])('tells %s', async (_title, expected, body, difference) => {
    const url = await serve((_, response) => response.end(body));
    const { outcome, reason } = await one({ url, ...expected });
    expect(outcome).toBe(difference === undefined ? 'PASS' : 'FAIL');
    expect(reason).toBe(
      difference === undefined ? 'It answered 200, as expected.' : `It answered 200, not as expected: ${difference}.`,
    );
  });

  it('reads no more than 64 KB of a body without end', async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const more = (): void => {
        while (response.writable && !response.destroyed && sent < 50_000_000) {
          sent += 10_000;
          if (!response.write('x'.repeat(10_000))) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    expect(await one({ url, bodyMatches: '^x+$' })).toMatchObject({ outcome: 'PASS' });
    expect(sent).toBeLessThan(50_000_000);
    sent = 0;
    const { reason } = await one({ url, jsonPath: { '$.a': '1' } });
    expect(reason).toMatch(/longer than 64 KB/);
  });

  it('takes an answer that never came for an error, asked for once, and gives up at errorLimit', async () => {
    const refused = await judge({ url: 'http://127.0.0.1:1/' }, { count: 4, errorLimit: 1 });
    expect(refused.map(({ outcome }) => outcome)).toEqual(['ERROR', 'ERROR']);
    expect(refused[0]).toMatchObject({
      points: [],
      reason: expect.stringMatching(/^No answer: .*ECONNREFUSED/) as string,
    });

    let asked = 0;
    const silent = await serve(() => {
      asked += 1;
    });
    expect(await one({ url: silent }, { timeout: 100 })).toMatchObject({
      outcome: 'ERROR',
      reason: 'No answer within 100ms.',
    });
    expect(asked).toBe(1);

    expect(await one({ url: 'http://shop.invalid/' })).toMatchObject({ outcome: 'ERROR' });
  });

  it('gives up an expression that takes for ever', async () => {
    const url = await serve((_, response) => response.end(`${'a'.repeat(60)}!`));
    expect(await one({ url, bodyMatches: '^(a+)+$' })).toMatchObject({
      outcome: 'ERROR',
      reason: expect.stringMatching(/could not be told within 100 ms/) as string,
    });
  });

  it.each([
    'http://169.254.169.254/latest/',
    'http://2852039166/',
    'http://[::ffff:169.254.170.2]/',
    'http://[fd00:ec2::254]/',
  ])('never asks where machines find their credentials: %s', async (url) => {
    expect(await one({ url }, { timeout: 500 })).toMatchObject({
      outcome: 'ERROR',
      reason: expect.stringMatching(/link-local/) as string,
    });
  });

  it('judges no past window by what answers now', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const measurements = await judge({ url }, { count: 6, errorLimit: 6, at: START + 5 * MINUTE });
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['ERROR', 'ERROR', 'ERROR', 'PASS', 'PASS', 'PASS']);
    expect(asked).toBe(3);
  });
});
