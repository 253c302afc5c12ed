import { createServer } from 'node:net';

/** Ports of 127.0.0.1 that were free a moment ago, all different; `preferred` ones first where they are free. */
export async function freePorts(count: number, preferred: (number | undefined)[] = []): Promise<number[]> {
  const held: { port: number; release: () => Promise<void> }[] = [];
  for (let i = 0; i < count; i += 1) {
    const wish = preferred[i];
    held.push((wish === undefined ? undefined : await hold(wish).catch(() => undefined)) ?? (await hold(0)));
  }
  await Promise.all(held.map(({ release }) => release()));
  return held.map(({ port }) => port);
}

function hold(wish: number): Promise<{ port: number; release: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wish, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('No free port on 127.0.0.1.'));
      resolve({
        port: address.port,
        release: () => new Promise((released) => server.close(() => released())),
      });
    });
  });
}

export interface DevServer {
  port: number;
  uiPort?: number;
  metricsPort: number;
  /** State in this file; in memory without it. */
  file?: string;
  /** More arguments of `temporal server start-dev`. */
  extra?: string[];
}

/** The arguments of Temporal's embedded server, bound to this machine alone. */
export function devServerArguments({ port, uiPort, metricsPort, file, extra = [] }: DevServer): string[] {
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--metrics-port',
    String(metricsPort),
    ...(uiPort === undefined
      ? ['--headless']
      : ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort), '--ui-disable-news-fetch']),
    ...(file === undefined ? [] : ['--db-filename', file]),
    '--log-level',
    'warn',
    ...extra,
  ];
}
