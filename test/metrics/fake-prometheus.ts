import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One question as the server heard it. */
export interface Heard {
  method: string;
  path: string;
  parameters: URLSearchParams;
  body: string;
  headers: IncomingMessage['headers'];
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: unknown;
  /** Sends this and cuts the connection, or never answers at all. */
  cutAfter?: string;
  hang?: boolean;
  /** Answers this many real milliseconds later. */
  afterMs?: number;
}

export interface FakePrometheus {
  url: string;
  heard: Heard[];
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function reply(response: ServerResponse, date: number, given: Reply): void {
  const { body, status = 200, headers, cutAfter, hang, afterMs = 0 } = given;
  if (hang === true) return;
  response.sendDate = false;
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
  response.writeHead(status, {
    'content-type': 'application/json',
    date: new Date(date).toUTCString(),
    ...(cutAfter !== undefined && { 'content-length': String(text.length + 100) }),
    ...headers,
  });
  if (cutAfter !== undefined) response.write(cutAfter, () => response.destroy());
  else setTimeout(() => response.end(text), afterMs);
}

/** A loopback server that answers what the test says, with the Date of the test's clock. With `tls` it speaks https. */
export async function startFakePrometheus(
  now: () => number,
  answering: (heard: Heard, count: number) => Reply,
  tls?: ServerOptions,
): Promise<FakePrometheus> {
  const heard: Heard[] = [];
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    void bodyOf(request).then((body) => {
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      const form = request.method === 'POST' ? body : url.search;
      const question: Heard = {
        method: request.method ?? '',
        path: url.pathname,
        parameters: new URLSearchParams(form),
        body,
        headers: request.headers,
      };
      heard.push(question);
      reply(response, now(), answering(question, heard.length));
    });
  };
  const server = tls ? createHttps(tls, serve) : createHttp(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http${tls ? 's' : ''}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** One series of a range query's answer; times in epoch ms. */
export function matrixSeries(metric: Record<string, string>, values: [number, string][]): Record<string, unknown> {
  return { metric, values: values.map(([at, value]) => [at / 1000, value]) };
}

export function matrix(result: Record<string, unknown>[], over: Record<string, unknown> = {}): Reply {
  return { body: { status: 'success', data: { resultType: 'matrix', result }, ...over } };
}
