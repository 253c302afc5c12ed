import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Delivery } from './aws/serve.js';

export const MAX_BODY = 5 * 1024 * 1024;

/** The whole body as text, or undefined when it is over the limit. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A header that is there once. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

/**
 * Sends an answer, unless the caller has gone.
 *
 * @param now - epoch ms of the sandbox's time, told in the Date header: clients judge the source's clock by it
 */
export function send(
  response: ServerResponse,
  now: number,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, date: new Date(now).toUTCString() });
  response.end(body);
}

/** As `send`, of a plain sentence. */
export function sendText(response: ServerResponse, now: number, status: number, text: string): void {
  send(response, now, status, { 'content-type': 'text/plain' }, `${text}\n`);
}

/** Lets an AWS answer reach its caller in the way that its fault wants. */
export async function deliver(response: ServerResponse, now: () => number, delivery: Delivery): Promise<void> {
  switch (delivery.kind) {
    case 'cut':
      response.destroy();
      return;
    case 'never':
      return;
    case 'half': {
      const { status, contentType, headers, body } = delivery.answer;
      return send(
        response,
        now(),
        status,
        { ...headers, 'content-type': contentType },
        body.slice(0, Math.floor(body.length / 2)),
      );
    }
    case 'answer': {
      if (delivery.afterMillis > 0) await sleep(delivery.afterMillis);
      const { status, contentType, headers, body } = delivery.answer;
      return send(response, now(), status, { ...headers, 'content-type': contentType }, body);
    }
  }
}
