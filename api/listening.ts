import type { Server } from 'node:http';
import { isIP } from 'node:net';
import type { Express } from 'express';
import { SECOND } from '../model/duration.js';
import type { ServerConfig } from '../config/server.js';
import type { Finding } from '../model/finding.js';

/** Requests that run when the process is told to stop may take this long. */
const GRACE = 10 * SECOND;
const IDLE_LOOK = 50;

/**
 * Why this server must not listen where it is told to: without an API key it is only for this machine.
 * @returns undefined when it may.
 */
export function refusalToListen({ host, apiKeys }: Pick<ServerConfig, 'host' | 'apiKeys'>): Finding | undefined {
  if (apiKeys.length > 0 || isLoopback(host)) return undefined;
  return {
    level: 'error',
    field: 'SLUICE_HOST',
    message: `the API does not listen on ${host} without an API key`,
    fix: 'Set SLUICE_API_KEY, or list keys under spec.apiKeys of the server configuration (name, role, sha256), or leave SLUICE_HOST at 127.0.0.1.',
  };
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** Listens. @returns the server, and its port, which the system chose when `port` is 0. */
export async function listen(app: Express, host: string, port: number): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, host, (error?: Error) => {
      if (error) {
        reject(error);
        return;
      }
      const address = server.address();
      resolve({ server, port: typeof address === 'object' && address ? address.port : port });
    });
  });
}

/** Takes no new connection, lets running requests end, and cuts those that do not. Live streams are to be ended before. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection whose last answer is on its way now is idle a moment later, and would be kept for the next request.
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK);
  const cut = setTimeout(() => server.closeAllConnections(), GRACE);
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
