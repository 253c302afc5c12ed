import { pino } from 'pino';
import type { AppDeps } from '../../../api/app.js';
import { createApp } from '../../../api/app.js';
import { listen, stopListening } from '../../../api/listening.js';
import { createLiveApplications } from '../../../api/live-applications.js';
import { createLiveEvents } from '../../../api/live-events.js';
import { createSessions } from '../../../api/session.js';
import { hashKey } from '../../../config/api-key.js';
import type { Gateway } from '../../../api/gateway.js';
import type { ReleaseReader } from '../../../api/release-reader.js';
import { ApiProblem } from '../../../api/problem.js';
import { fakeGateway } from './fake-gateway.js';

export const NOW = Date.parse('2026-11-23T08:00:00Z');

const KEYS = [
  { name: 'ci', role: 'deployer', sha256: hashKey('deployer-key') },
  { name: 'eyes', role: 'viewer', sha256: hashKey('viewer-key') },
  { name: 'old', role: 'deployer', sha256: hashKey('old-key'), expiresAt: NOW - 1 },
] as const;

export interface ApiServer {
  url: string;
  /** Fetches below the base URL, with the deployer's key unless the headers say otherwise. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** The whole API over real HTTP on a port from the system, with a fake gateway. */
export async function startApi(gateway: Partial<Gateway>, over: Partial<AppDeps> = {}): Promise<ApiServer> {
  const fake = fakeGateway(gateway);
  const live = createLiveEvents(fake, { poll: 20, remember: 5_000 });
  const applications = createLiveApplications(fake, 20);
  const app = createApp({
    gateway: fake,
    live,
    applications,
    releases: refusingReader,
    identity: { keys: KEYS, sessions: createSessions('secret', false), now: () => NOW },
    logger: pino({ level: 'silent' }),
    secure: false,
    openApi: { openapi: '3.1.0' },
    publicKey: { openSecret: () => Promise.reject(new Error('no key')) },
    webhooks: { repositories: [], openSecret: () => Promise.reject(new Error('no secret')) },
    ...over,
  });
  const { server, port } = await listen(app, '127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  const send: ApiServer['send'] = (method, path, body, headers = {}) =>
    fetch(url + path, {
      method,
      headers: {
        ...(!('authorization' in headers || 'cookie' in headers) && { authorization: 'Bearer deployer-key' }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    url,
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    close: async () => {
      live.close();
      applications.close();
      // fetch keeps a spare connection on which it never asks anything, which an orderly stop would wait for.
      server.closeAllConnections();
      await stopListening(server);
    },
  };
}

const refusingReader: ReleaseReader = {
  ecsProviders: ['production'],
  read: () => {
    throw new ApiProblem(422, 'no release is expected in this test');
  },
};
