import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MINUTE } from '../../model/duration.js';
import { AwsError } from '../../sandbox/aws/aws-error.js';
import { evaluate } from '../../sandbox/cloudwatch/evaluate.js';
import { parseMath } from '../../sandbox/cloudwatch/math.js';
import { isSeries, type Series } from '../../sandbox/cloudwatch/series.js';

/**
 * What moto 5.2.5 leaves out of GetMetricData, added between the product and moto: it answers an expression with nothing at all
 * (aws-emulators.md, call table), so the bridge asks it for the metrics and does the math. Everything else passes byte for byte. Not
 * bridged, and so not tested here: percentiles (moto fails with a 500), pages, StatusCode (always Complete), and namespaces, which moto
 * overlooks where dimensions are given.
 */
export interface CloudWatchBridge {
  url: string;
  /** The bodies of the product's questions, in order. */
  heard: { target: string; body: Record<string, unknown> }[];
  close: () => Promise<void>;
}

interface Entry {
  Id: string;
  Expression?: string;
  ReturnData?: boolean;
  MetricStat?: object;
}

interface Result {
  Id: string;
  Timestamps: number[];
  Values: number[];
}

/** Starts the bridge in front of moto on a port of its own. */
export async function startCloudWatchBridge(moto: string): Promise<CloudWatchBridge> {
  const heard: CloudWatchBridge['heard'] = [];

  async function pass(headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
    const answer = await fetch(moto, { method: 'POST', headers, body });
    return { status: answer.status, text: await answer.text() };
  }

  async function answer(headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
    const question = JSON.parse(body) as { MetricDataQueries?: Entry[]; StartTime: number; EndTime: number };
    heard.push({ target: headers['x-amz-target'] ?? '', body: question });
    const entries = question.MetricDataQueries ?? [];
    if (!entries.some(({ Expression }) => Expression !== undefined)) return await pass(headers, body);
    const metrics = entries.filter(({ MetricStat }) => MetricStat).map((entry) => ({ ...entry, ReturnData: true }));
    const passed = await pass(headers, JSON.stringify({ ...question, MetricDataQueries: metrics }));
    if (passed.status !== 200) return passed;
    const { MetricDataResults } = JSON.parse(passed.text) as { MetricDataResults: Result[] };
    const known = new Map(
      MetricDataResults.map(({ Id, Timestamps, Values }): [string, Series] => [
        Id,
        new Map(Timestamps.map((at, index) => [at * 1000, Values[index] ?? NaN])),
      ]),
    );
    const span = { from: question.StartTime * 1000, to: question.EndTime * 1000, period: MINUTE };
    const wanted = entries.filter(({ ReturnData }) => ReturnData !== false);
    try {
      const results = wanted.map(({ Id, Expression }) => {
        const valueOf = (id: string): Series => known.get(id) ?? new Map<number, number>();
        const value =
          Expression === undefined
            ? valueOf(Id)
            : evaluate(parseMath(Id, Expression), { id: Id, span, valueOf, dropped: () => undefined });
        const points = isSeries(value) ? [...value] : [];
        return {
          Id,
          Label: Id,
          StatusCode: 'Complete',
          Timestamps: points.map(([at]) => at / 1000),
          Values: points.map(([, each]) => each),
        };
      });
      return { status: 200, text: JSON.stringify({ MetricDataResults: results }) };
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return { status: error.status, text: JSON.stringify({ __type: error.code, message: error.message }) };
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const kept = Object.entries(request.headers).filter(
        ([name]) => !['host', 'connection', 'content-length'].includes(name),
      );
      const headers = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
      answer(headers, Buffer.concat(chunks).toString()).then(
        ({ status, text }) => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(text),
        (error: unknown) => response.writeHead(502).end(String(error)),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
