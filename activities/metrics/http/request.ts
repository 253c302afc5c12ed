import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { HttpCheck } from '../../../model/metric.js';

/** Of a body that is looked at; what comes after it is not read. */
export const BODY_READ = 64 * 1024;

export interface Answer {
  status: number;
  /** The first 64 KB of the body. */
  body: string;
  /** Whether there is more of it. */
  cut: boolean;
}

/**
 * Where a machine finds its own credentials (the instance's and the task's metadata services). A check is written by whoever deploys, and
 * its result is shown: it must not be a way to read what the worker may do.
 */
const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet('169.254.0.0', 16, 'ipv4');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addSubnet('fd00:ec2::', 32, 'ipv6');

/** Says that an address is none that a check may ask. */
export class ForbiddenAddress extends Error {
  constructor(address: string) {
    super(`${address} is a link-local address, where machines find their credentials: checks may not ask it`);
    this.name = 'ForbiddenAddress';
  }
}

function refuseForbidden(address: string): void {
  const family = isIP(address);
  if (family !== 0 && FORBIDDEN.check(address, family === 4 ? 'ipv4' : 'ipv6')) throw new ForbiddenAddress(address);
}

/** Looks at what a name stands for at the very moment of connecting, so that no second answer of DNS can slip in. */
const guardedLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      done(error, []);
      return;
    }
    try {
      for (const { address } of addresses) refuseForbidden(address);
    } catch (thrown) {
      done(thrown as Error, []);
      return;
    }
    const [first] = addresses;
    if (options.all || !first) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

/**
 * Makes one request. Redirects are not followed and are answers like others; no connection is kept.
 * @throws ForbiddenAddress; the signal's reason; or an Error of Node's when no answer came
 */
export async function send(check: HttpCheck, signal: AbortSignal): Promise<Answer> {
  const url = new URL(check.url);
  // No name is looked up where an address is written.
  refuseForbidden(url.hostname.replace(/^\[|\]$/g, ''));
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, headers } = check;
    request(url, { method, headers, signal, agent: false, lookup: guardedLookup })
      .on('response', resolve)
      .on('error', reject)
      .end();
  });
  return { status: response.statusCode ?? 0, ...(await readBody(response)) };
}

async function readBody(response: IncomingMessage): Promise<Pick<Answer, 'body' | 'cut'>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    // Leaving the loop closes the connection.
    if (length > BODY_READ) break;
  }
  const cut = length > BODY_READ;
  return { body: Buffer.concat(chunks).subarray(0, BODY_READ).toString('utf8'), cut };
}
