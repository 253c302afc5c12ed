import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy between the product and the metrics source that notes when it was asked. */
export interface Eavesdropper {
  url: string;
  /** Epoch ms of each question. */
  asked: number[];
  /** Where questions go: known once the source runs. */
  pointAt: (url: string) => void;
  close: () => Promise<void>;
}

/** Starts it on a port of its own. */
export async function startEavesdropper(): Promise<Eavesdropper> {
  const asked: number[] = [];
  let source = '';
  const server = createServer((request, response) => {
    asked.push(Date.now());
    const keys = ['dd-api-key', 'dd-application-key'].map((name) => [name, String(request.headers[name] ?? '')]);
    fetch(`${source}${request.url ?? ''}`, { headers: Object.fromEntries(keys) as Record<string, string> }).then(
      async (answer) => {
        const type = answer.headers.get('content-type') ?? 'application/json';
        response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    pointAt: (url) => (source = url),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
