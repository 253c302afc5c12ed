import { expect, test } from 'vitest';
import { z } from 'zod';
import { call } from '../../cli/client.js';
import { CommandFailure } from '../../cli/failure.js';
import { closedPort, httpServer, rawServer } from './sockets.js';

const anything = z.object({ ok: z.boolean() });

async function failure(url: string, more: { key?: string; timeout?: number } = {}): Promise<CommandFailure> {
  const { key, timeout = 5_000 } = more;
  const error: unknown = await call(
    { url, ...(key !== undefined && { key }) },
    { path: '/x', timeout },
    anything,
  ).catch((thrown: unknown) => thrown);
  if (error instanceof CommandFailure) return error;
  throw new Error(`no CommandFailure but ${String(error)}`);
}

function problem(status: number, more: object = {}): Promise<string> {
  return httpServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ type: 'about:blank', title: 'T', status, detail: 'The detail.', ...more }));
  });
}

test('an answer is read, and the key goes with the request', async () => {
  let seen: string | undefined;
  const url = await httpServer((request, response) => {
    seen = request.headers.authorization;
    response.end('{"ok":true}');
  });
  await expect(call({ url, key: 'k1' }, { path: '/x' }, anything)).resolves.toEqual({ ok: true });
  expect(seen).toBe('Bearer k1');
});

test('nothing listens there', async () => {
  const url = await closedPort();
  const { exitCode, message, fix } = await failure(url);
  expect(exitCode).toBe(3);
  expect(message).toBe(`${url} refused the connection: nothing listens there.`);
  expect(fix).toContain('sluice up');
});

test('something listens and never answers', async () => {
  const url = await rawServer(() => undefined);
  const { exitCode, message } = await failure(url, { timeout: 1_000 });
  expect(exitCode).toBe(3);
  expect(message).toBe(`${url} did not answer within 1s.`);
});

test('headers come and the body never ends', async () => {
  const url = await httpServer((_, response) => response.writeHead(200).write('{"ok":'));
  expect((await failure(url, { timeout: 1_000 })).message).toContain('did not answer within 1s');
});

test('something else than HTTP answers', async () => {
  const url = await rawServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
  const { exitCode, message } = await failure(url);
  expect(exitCode).toBe(3);
  expect(message).toBe(`${url} does not speak HTTP.`);
});

test('the connection is cut before an answer', async () => {
  const url = await rawServer((socket) => socket.once('data', () => socket.destroy()));
  const { exitCode, message } = await failure(url);
  expect(exitCode).toBe(3);
  expect(message).toContain('cut the connection');
});

test('https is asked of a server without TLS', async () => {
  const url = (await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))).replace('http:', 'https:');
  expect((await failure(url)).message).toContain('does not speak TLS');
});

test('a name that is not known', async () => {
  const { exitCode, message } = await failure('http://sluice.invalid:8080');
  expect(exitCode).toBe(3);
  expect(message).toMatch(/The name in http:\/\/sluice\.invalid:8080 is not known/);
});

test('another program answers JSON, or a page', async () => {
  const other = await httpServer((_, response) => response.end('{"hello":"world"}'));
  expect((await failure(other)).message).toContain('but not as Sluice does');
  const page = await httpServer((_, response) => response.writeHead(502).end('<html>Bad gateway</html>'));
  const { exitCode, message } = await failure(page);
  expect(exitCode).toBe(3);
  expect(message).toBe(`${page} answered 502, but not as Sluice does.`);
});

test.each([
  [400, 2],
  [401, 2],
  [403, 2],
  [404, 2],
  [409, 1],
  [422, 2],
  [429, 3],
  [503, 3],
])('a problem with status %i ends with exit code %i', async (status, exitCode) => {
  const refused = await failure(await problem(status));
  expect(refused.exitCode).toBe(exitCode);
  expect(refused.message).toBe('The detail.');
});

test('401 says how to give a key, and whether one was sent', async () => {
  const url = await problem(401);
  expect((await failure(url)).fix).toContain('Set SLUICE_API_KEY');
  expect((await failure(url, { key: 'old' })).fix).toContain('wrong or expired');
});

test('findings stand below the detail, with their places', async () => {
  const findings = [
    { level: 'error', file: 'app.pipecd.yaml', line: 20, field: 'spec.x', message: 'is not known', fix: 'write y' },
  ];
  const { message } = await failure(await problem(422, { findings }));
  expect(message).toBe('The detail.\n  error: app.pipecd.yaml:20 spec.x: is not known — write y');
});
