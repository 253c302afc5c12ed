import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Head } from '../rate-limit.js';

/** One request as it is sent. */
export interface Sending {
  url: string;
  method: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  /** What the server's certificate is checked with and what we show it: PEM texts. */
  tls?: { ca?: string; cert?: string; key?: string; servername?: string };
  body?: string;
  signal: AbortSignal;
}

/** An answer with its whole body. */
export interface Reply {
  head: Head;
  body: string;
}

/** A day of one-second points of a hundred series is less. */
const LARGEST_BODY = 64 * 1024 * 1024;

/** An answer that is larger than anything that was asked for. */
export class TooLarge extends Error {
  constructor() {
    super(`the answer is larger than ${LARGEST_BODY / 1024 / 1024} MiB`);
    this.name = 'TooLarge';
  }
}

/**
 * Sends one request and reads its answer whatever its status. Not `fetch`: that takes no certificate authority of the user's own. A
 * redirect is an answer like others: the credentials would be carried to another host.
 */
export function sendHttp({ url, method, headers, tls, body, signal }: Sending): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = send(url, { method, headers: { ...headers, ...length }, signal, agent: false, ...tls });
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LARGEST_BODY) request.destroy(new TooLarge());
      });
      response.on('end', () => {
        const headers: Record<string, string> = {};
        for (const [name, value] of Object.entries(response.headers)) {
          if (value !== undefined) headers[name] = String(value);
        }
        resolve({
          head: { status: response.statusCode ?? 0, headers },
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    request.end(body);
  });
}
