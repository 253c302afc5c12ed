import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE } from '../../model/duration.js';

/** One question as the server heard it; times in epoch ms. */
export interface Heard {
  path: string;
  from: number;
  to: number;
  queries: string[];
  headers: IncomingHttpHeaders;
  /** The fake clock's time. */
  at: number;
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

export type Answering = (heard: Heard, count: number) => Reply;

export interface FakeDatadog {
  url: string;
  heard: Heard[];
  /** The metrics whose metadata was asked for, in order. */
  confirmed: string[];
  close(): Promise<void>;
}

const METADATA = /^\/api\/v1\/metrics\/(.+)$/;

/**
 * A loopback server for `GET /api/v1/query` that answers what the test says, with the Date of the test's clock. It knows every metric,
 * unless `metadata` answers otherwise.
 */
export async function startFakeDatadog(
  now: () => number,
  answering: Answering,
  metadata: (metric: string, count: number) => Reply = () => ({ body: { type: 'count' } }),
): Promise<FakeDatadog> {
  const heard: Heard[] = [];
  const confirmed: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, named] = METADATA.exec(url.pathname) ?? [];
    if (named !== undefined) {
      confirmed.push(decodeURIComponent(named));
      return reply(response, metadata(decodeURIComponent(named), confirmed.length));
    }
    const question: Heard = {
      path: url.pathname,
      from: Number(url.searchParams.get('from')) * 1000,
      to: Number(url.searchParams.get('to')) * 1000,
      queries: (url.searchParams.get('query') ?? '').split(', '),
      headers: request.headers,
      at: now(),
    };
    heard.push(question);
    reply(response, answering(question, heard.length));
  });
  function reply(response: ServerResponse, { body, status = 200, headers, cutAfter, hang, afterMs = 0 }: Reply): void {
    if (hang === true) return;
    response.sendDate = false;
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
    response.writeHead(status, {
      'content-type': 'application/json',
      date: new Date(now()).toUTCString(),
      ...(cutAfter !== undefined && { 'content-length': String(text.length + 100) }),
      ...headers,
    });
    if (cutAfter !== undefined) response.write(cutAfter, () => response.destroy());
    else setTimeout(() => response.end(text), afterMs);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    confirmed,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export type PointList = [number, number | null][];

/** One series as Datadog v1 sends it. */
export function series(
  index: number,
  pointlist: PointList,
  over: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    query_index: index,
    aggr: 'sum',
    metric: 'aws.applicationelb.request_count',
    display_name: 'aws.applicationelb.request_count',
    expression: 'sum:aws.applicationelb.request_count{env:prd}.as_count()',
    scope: 'env:prd',
    tag_set: [],
    unit: null,
    interval: 60,
    length: pointlist.length,
    start: pointlist[0]?.[0] ?? 0,
    end: pointlist.at(-1)?.[0] ?? 0,
    pointlist,
    attributes: {},
    ...over,
  };
}

export function answer(all: Record<string, unknown>[], over: Record<string, unknown> = {}): Reply {
  return {
    body: {
      status: 'ok',
      res_type: 'time_series',
      resp_version: 1,
      query: 'as asked',
      from_date: 0,
      to_date: 0,
      message: '',
      group_by: [],
      times: [],
      values: [],
      series: all,
      ...over,
    },
  };
}

/** What a service did in each minute: requests and errors; undefined where there was no request. */
export type Traffic = (minute: number) => { requests: number; errors: number } | undefined;

/**
 * Answers the seed user's quotient and its denominator as Datadog does with ALB's metrics: one bucket a minute that shows up `delay`
 * after its end, no point in the numerator where there was no error, the newest buckets null.
 */
export function albAnswering(traffic: Traffic, delay: number, now: () => number, nullTail = 1): Answering {
  return ({ from, to, queries }) => {
    const ratio: PointList = [];
    const requests: PointList = [];
    for (let at = Math.ceil(from / MINUTE) * MINUTE; at < to; at += MINUTE) {
      const seen = traffic(at);
      if (!seen || at + MINUTE + delay > now()) continue;
      requests.push([at, seen.requests]);
      if (seen.errors > 0) ratio.push([at, seen.errors / seen.requests]);
    }
    for (let n = nullTail; n > 0; n -= 1) {
      const at = Math.floor(now() / MINUTE - n) * MINUTE;
      if (requests.length > 0 && at > requests.at(-1)![0]) requests.push([at, null]);
    }
    const all = queries.map((_, index) => series(index, index === 0 ? ratio : requests));
    return answer(all.filter((each) => (each['pointlist'] as PointList).length > 0));
  };
}
