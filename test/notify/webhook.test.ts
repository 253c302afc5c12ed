import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { sign, verifySignature } from '../../activities/notify/signature.js';
import { createNotify } from '../../activities/notify/webhook.js';
import type { Notice } from '../../activities/people.js';
import { MINUTE, SECOND } from '../../model/duration.js';

const NOW = Date.UTC(2026, 10, 23, 8);
const notice: Notice = {
  id: 'shop-1:ROLLED_BACK',
  event: 'ROLLED_BACK',
  app: 'shop',
  deployment: 'shop-1',
  at: NOW - SECOND,
  reason: 'metrics-0 failed 1 of 1 judged window.',
  link: 'http://127.0.0.1:8080/deployments/shop-1',
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function receiver(status: number, headers: Record<string, string> = {}) {
  const got: { request: IncomingMessage; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      got.push({ request, body });
      response.writeHead(status, headers).end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/secret-path`, got };
}

function notifying(url: string) {
  return createNotify({
    webhook: { url, secret: { env: 'HOOK' } },
    openSecret: () => Promise.resolve('s3cret'),
    clock: { now: () => NOW },
  });
}

describe('notify', () => {
  it('posts the notice, signed over time and body', async () => {
    const { url, got } = await receiver(204);
    expect(await notifying(url)(notice)).toEqual({ delivered: true });
    const [{ request, body }] = got as [(typeof got)[number]];
    expect(request.method).toBe('POST');
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'sluice-event': 'ROLLED_BACK',
      'sluice-delivery': 'shop-1:ROLLED_BACK',
    });
    expect(JSON.parse(body)).toEqual({ ...notice, at: '2026-11-23T07:59:59.000Z' });
    const header = request.headers['sluice-signature'] as string;
    expect(header).toMatch(/^t=1795420800,v1=[0-9a-f]{64}$/);
    expect(verifySignature('s3cret', header, body, NOW + SECOND)).toBe(true);
    expect(verifySignature('s3cret', header, `${body} `, NOW)).toBe(false);
  });

  it('delivers nothing where no webhook is configured', async () => {
    const notify = createNotify({
      openSecret: () => Promise.reject(new Error('not asked')),
      clock: { now: () => NOW },
    });
    expect(await notify(notice)).toEqual({ delivered: false });
  });

  it.each([301, 400, 404, 410, 500, 503])('throws, to be tried again, on %i, without the path', async (status) => {
    const { url, got } = await receiver(status, { location: 'http://127.0.0.1:1/' });
    const error: unknown = await notifying(url)(notice).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain(`answered ${status}`);
    expect(String(error)).not.toContain('secret-path');
    expect(got).toHaveLength(1);
  });

  it('throws when nobody listens', async () => {
    const { url } = await receiver(200);
    await Promise.all(closers.splice(0).map((close) => close()));
    await expect(notifying(url)(notice)).rejects.toThrow(
      /webhook at 127\.0\.0\.1:\d+ could not be reached: connect ECONNREFUSED/,
    );
  });
});

describe('verifySignature', () => {
  const body = '{"a":1}';
  const header = sign('key', body, NOW);

  it('takes its own secret, body and time, within the tolerance', () => {
    expect(verifySignature('key', header, body, NOW)).toBe(true);
    expect(verifySignature('key', header, body, NOW + 5 * MINUTE)).toBe(true);
    expect(verifySignature('key', header, body, NOW + 5 * MINUTE + 1)).toBe(false);
    expect(verifySignature('key', header, body, NOW - 5 * MINUTE - 1)).toBe(false);
    expect(verifySignature('other', header, body, NOW)).toBe(false);
  });

  it('refuses what is not a signature', () => {
    for (const wrong of [
      '',
      't=1',
      header.replace('v1=', 'v2='),
      header.slice(0, -1),
      `${header}0`,
      header.replace('t=1', 't=2'),
    ]) {
      expect(verifySignature('key', wrong, body, NOW)).toBe(false);
    }
  });
});
