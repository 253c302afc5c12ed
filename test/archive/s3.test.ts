import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { s3Failure } from '../../activities/archive/s3-failure.js';
import { s3Store } from '../../activities/archive/s3.js';
import type { S3Place } from '../../config/server.js';

const PLACE: S3Place = { region: 'eu-central-1', bucket: 'acme', pathStyle: true };
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: IncomingMessage[];

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push(request);
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOLD');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  vi.stubEnv('AWS_PROFILE', undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

test('a missing right is named, in AWS’s words', async () => {
  answer = (_, response) => refuse(response, 403, 'AccessDenied', 'Access Denied');
  const store = s3Store(PLACE);
  await expect(store.write('web/01~a', Buffer.from('x'))).rejects.toThrow(
    "The bucket acme (eu-central-1) cannot take web/01~a: AccessDenied: Access Denied. Allow s3:PutObject on it, and in the bucket's own policy (ArchiveNames and ArchiveFiles of deploy/iam-policy.json).",
  );
  await expect(store.list('')).rejects.toThrow(/cannot be listed: .*Allow s3:ListBucket on it/);
  await expect(store.read('web/01~a')).rejects.toThrow(/cannot give web\/01~a: .*Allow s3:GetObject on it/);
  // Without the right to list, S3 does not say that a file is absent.
  const words =
    'User: arn:aws:iam::1:user/x is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::acme';
  answer = (_, response) => refuse(response, 403, 'AccessDenied', words);
  await expect(store.read('web/01~a')).rejects.toThrow(/Allow s3:ListBucket on it/);
});

test('credentials that were mended are seen by the next call', async () => {
  answer = (_, response) => refuse(response, 403, 'InvalidAccessKeyId', 'The key does not exist in our records.');
  const store = s3Store(PLACE);
  await expect(store.read('web/01~a')).rejects.toThrow(/InvalidAccessKeyId: .*Check the access key of/);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIANEW');
  answer = (_, response) => response.end('bytes');
  expect(String(await store.read('web/01~a'))).toBe('bytes');
  expect(seen.map(({ headers }) => /Credential=(\w+)/.exec(headers.authorization ?? '')?.[1])).toEqual([
    'AKIAOLD',
    'AKIANEW',
  ]);
});

test('a write whose answer is lost is sent again, with a checksum and no ACL', async () => {
  answer = (request, response) => (seen.length === 1 ? request.socket.destroy() : response.end());
  await s3Store(PLACE).write('web/01~a', Buffer.from('x'));
  expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'PUT /acme/web/01~a?x-id=PutObject',
    'PUT /acme/web/01~a?x-id=PutObject',
  ]);
  expect(seen[1]?.headers).toMatchObject({ 'content-type': 'application/gzip', 'content-length': '1' });
  expect(seen[1]?.headers['x-amz-checksum-crc32']).toBeDefined();
  expect(seen[1]?.headers['x-amz-acl']).toBeUndefined();
});

test.each([
  ['PermanentRedirect', 301, /Write the bucket's own region into spec.archive.s3.region.$/],
  ['SlowDown', 503, /It is tried again.$/i],
  ['InvalidObjectState', 403, /Compare the bucket with spec.archive.s3.$/],
  ['ExpiredToken', 400, /Renew the credentials/],
  ['RequestTimeTooSkewed', 403, /Set this machine's clock/],
  ['TimeoutError', undefined, /Check the region eu-central-1/],
])('%s has what to do', (name, httpStatusCode, fix) => {
  const error = Object.assign(new Error('AWS’s words.'), { name, $metadata: { httpStatusCode } });
  const failure = s3Failure(error, PLACE, { what: 'be listed', action: 's3:ListBucket' });
  expect(failure.message).toMatch(
    new RegExp(`^The bucket acme \\(eu-central-1\\) cannot be listed: ${name}: AWS’s words\\. `),
  );
  expect(failure.message).toMatch(fix);
  expect(failure.cause).toBe(error);
});
