import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Something that tests share, started for the first test that asks and ended after the last. The answer is JSON. */
export interface Service {
  start: () => Promise<unknown>;
  stop?: () => Promise<void>;
}

/**
 * Serves the shared things of one test run on a port of its own: test files are processes of their own, and the first that asks
 * has a service started, so that a run which needs none pays for none.
 */
export async function serveServices(
  services: Record<string, Service>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const started = new Map<string, Promise<unknown>>();
  const server: Server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    const service = services[name];
    if (!service) {
      response.writeHead(404).end();
      return;
    }
    const answer = started.get(name) ?? service.start();
    started.set(name, answer);
    answer.then(
      (value) => response.writeHead(200).end(JSON.stringify(value)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const name of started.keys()) await services[name]?.stop?.();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Asks for a shared service from a test. Throws with the cause when it could not be started. */
export async function service<T>(base: string, name: string): Promise<T> {
  const response = await fetch(`${base}/${name}`);
  if (!response.ok) throw new Error(`The shared test service ${name} did not start: ${await response.text()}`);
  return (await response.json()) as T;
}
