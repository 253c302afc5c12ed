import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';
import { routeTo } from '../support/routes.js';
import type { Receiver, ServerConfig } from '../../config/server.js';
import type { DeploymentNotice } from '../../model/notification.js';

export interface Request {
  path: string;
  method: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What the server answers; nothing at all for `'SILENCE'`. */
export type Answer = { status: number; headers?: Record<string, string>; body?: string } | 'SILENCE';

/** HTTP servers on loopback that answer what the test scripted, the last answer for ever; closed after each test. */
export function scriptedServers(): (
  ...answers: Answer[]
) => Promise<{ url: string; got: Request[]; close: () => Promise<void> }> {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });
  return async (...answers) => {
    const got: Request[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        const answer = answers[Math.min(got.length, answers.length - 1)] ?? { status: 200 };
        got.push({ path: request.url ?? '', method: request.method ?? '', headers: request.headers, body });
        if (answer !== 'SILENCE') response.writeHead(answer.status, answer.headers).end(answer.body ?? 'thanks');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      });
    closers.push(close);
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got, close };
  };
}

export const NOW = Date.UTC(2026, 10, 23, 8);

/** A notice of a deployment that was rolled back. */
export function rolledBack(over: Partial<DeploymentNotice> = {}): DeploymentNotice {
  return {
    id: 'uid-1',
    event: 'DEPLOYMENT_FAILED',
    app: 'shop',
    deployment: 'shop-1',
    labels: { team: 'xyz' },
    status: 'ROLLED_BACK',
    image: 'registry/shop:2',
    commit: '0123456789abcdef',
    by: 'ci',
    at: NOW - 1_000,
    reason: 'metrics-0 failed 1 of 1 judged window.',
    link: '/api/v1/deployments/shop-1',
    page: '/deployments/shop-1',
    ...over,
  };
}

/** A reference to a secret that stands in the configuration. */
export const inline = (secret: string): { base64: string } => ({ base64: Buffer.from(secret).toString('base64') });

/** A configuration with these receivers, each told of everything. */
export function telling(...receivers: Receiver[]): Pick<ServerConfig, 'notifications' | 'publicUrl'> {
  const routes = receivers.map(({ name }) => routeTo(name));
  return { notifications: { routes, receivers, approvalReminder: 0 }, publicUrl: 'https://sluice.example' };
}
