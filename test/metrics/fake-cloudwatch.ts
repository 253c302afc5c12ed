import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { vi } from 'vitest';
import { createSources, type FindSource } from '../../activities/metrics/sources.js';
import type { CloudWatchProvider } from '../../config/server.js';
import { MINUTE } from '../../model/duration.js';

/** One entry of a question, as it came over the wire. */
export interface Entry {
  Id: string;
  Expression?: string;
  ReturnData?: boolean;
  Period?: number;
  MetricStat?: {
    Metric: { Namespace: string; MetricName: string; Dimensions?: { Name: string; Value: string }[] };
    Period: number;
    Stat: string;
  };
}

/** One GetMetricData as the server heard it. Times in epoch ms. */
export interface HeardData {
  from: number;
  to: number;
  scanBy: string;
  entries: Entry[];
  token?: string;
  authorization: string;
}

export interface HeardList {
  Namespace?: string;
  MetricName?: string;
  Dimensions?: { Name: string; Value: string }[];
  NextToken?: string;
}

export interface Reply {
  status?: number;
  /** With a status of 400 and more: `{__type, message}`. Text is sent as it is. */
  body?: unknown;
  afterMs?: number;
  hang?: boolean;
  cut?: boolean;
}

/** One result of an answer. */
export interface Result {
  Id: string;
  Label?: string;
  Timestamps?: number[];
  Values?: unknown[];
  StatusCode?: string;
  Messages?: { Code?: string; Value?: string }[];
}

export interface FakeCloudWatch {
  data: HeardData[];
  lists: HeardList[];
  sources: FindSource;
  close(): Promise<void>;
}

export const PROVIDER: CloudWatchProvider = {
  name: 'sample-cloudwatch',
  type: 'CLOUDWATCH',
  region: 'eu-central-1',
  maxDelay: 10 * MINUTE,
  resolution: MINUTE,
};

interface Given {
  now: () => number;
  data: (heard: HeardData, count: number) => Reply;
  list?: (heard: HeardList, count: number) => Reply;
}

/**
 * A loopback server that speaks CloudWatch's AWS JSON 1.0 and answers what the test says, with the Date of the test's clock. The SDK's
 * endpoint and keys are stubbed in the environment until `vi.unstubAllEnvs()`.
 */
export async function startFakeCloudWatch({ now, data, list = () => ({ body: {} }) }: Given): Promise<FakeCloudWatch> {
  const heard: Pick<FakeCloudWatch, 'data' | 'lists'> = { data: [], lists: [] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']);
      const input = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      const reply = target.endsWith('.GetMetricData') ? answerData(input) : answerList(input);
      const { status = 200, body = {}, afterMs = 0, hang = false, cut = false } = reply;
      if (hang) return;
      if (cut) return void response.destroy();
      response.sendDate = false;
      response.writeHead(status, {
        'content-type': 'application/x-amz-json-1.0',
        date: new Date(now()).toUTCString(),
      });
      setTimeout(() => response.end(typeof body === 'string' ? body : JSON.stringify(body)), afterMs);
    });
    function answerData(input: Record<string, unknown>): Reply {
      const question: HeardData = {
        from: Number(input['StartTime']) * 1000,
        to: Number(input['EndTime']) * 1000,
        scanBy: String(input['ScanBy']),
        entries: input['MetricDataQueries'] as Entry[],
        ...(typeof input['NextToken'] === 'string' && { token: input['NextToken'] }),
        authorization: String(request.headers.authorization),
      };
      heard.data.push(question);
      return data(question, heard.data.length);
    }
  });
  function answerList(input: HeardList): Reply {
    heard.lists.push(input);
    return list(input, heard.lists.length);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', '123456789012');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
  return {
    ...heard,
    sources: createSources([PROVIDER], () => Promise.reject(new Error('CloudWatch has no secret'))),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The entries whose data is wanted, in order. */
export function returned({ entries }: HeardData): Entry[] {
  return entries.filter(({ ReturnData }) => ReturnData !== false);
}

/** An entry as people would write it: ids are replaced by the metrics they stand for. */
export function inWords({ entries }: HeardData, entry: Entry): string {
  if (entry.MetricStat) {
    const { Metric, Stat } = entry.MetricStat;
    const dimensions = (Metric.Dimensions ?? []).map(({ Name, Value }) => `${Name}=${Value}`);
    return `${Stat}:${Metric.Namespace}.${Metric.MetricName}{${dimensions.join(',')}}`;
  }
  const named = new Map(entries.filter(({ MetricStat }) => MetricStat).map((each) => [each.Id, each]));
  return (entry.Expression ?? '').replace(/\bm\d+\b/g, (id) => inWords({ entries } as HeardData, named.get(id)!));
}

/** Answers each wanted entry with points of the test's own, by what the entry says. Undefined leaves a bucket out. */
export function answering(valueOf: (query: string, at: number) => number | undefined): Given['data'] {
  return (heard) => ({
    body: {
      MetricDataResults: returned(heard).map((entry): Result => {
        const query = inWords(heard, entry);
        // A SEARCH has its period inside, which is a minute in these tests.
        const periods = heard.entries.flatMap(({ MetricStat, Period }) => MetricStat?.Period ?? Period ?? []);
        const length = periods.length > 0 ? Math.max(...periods) * 1000 : MINUTE;
        const points: [number, number][] = [];
        for (let at = heard.from; at < heard.to; at += length) {
          const value = valueOf(query, at);
          if (value !== undefined) points.push([at / 1000, value]);
        }
        return {
          Id: entry.Id,
          Label: query,
          Timestamps: points.map(([at]) => at),
          Values: points.map(([, value]) => value),
          StatusCode: 'Complete',
        };
      }),
    },
  });
}

/** What a service did in each minute: requests and errors; undefined where there was no request. */
export type Traffic = (minute: number) => { requests: number; errors: number } | undefined;

/** Answers a quotient of errors and requests as CloudWatch does with a load balancer's metrics: no point where nothing was counted. */
export function albAnswering(traffic: Traffic, delay: number, now: () => number): Given['data'] {
  return answering((query, at) => {
    const seen = traffic(at);
    if (!seen || at + MINUTE + delay > now()) return undefined;
    const errors = seen.errors > 0 ? seen.errors : undefined;
    if (query.startsWith('FILL(')) return seen.errors / seen.requests;
    if (query.includes(' / ')) return errors === undefined ? undefined : errors / seen.requests;
    return query.includes('5XX') ? errors : seen.requests;
  });
}
