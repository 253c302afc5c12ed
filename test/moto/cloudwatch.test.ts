import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createSources } from '../../activities/metrics/sources.js';
import type { CloudWatchProvider } from '../../config/server.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import { metric } from '../analysis/support.js';
import { startCloudWatchBridge } from './cloudwatch-bridge.js';
import { ACCOUNT, REGION, startEmptyMoto } from './moto.js';

const PROVIDER: CloudWatchProvider = {
  name: 'moto',
  type: 'CLOUDWATCH',
  region: REGION,
  maxDelay: 10 * MINUTE,
  resolution: MINUTE,
};
/** AWS takes no custom metric in a namespace of its own; moto takes none either. */
const NAMESPACE = 'Shop/ALB';
const ERRORS = `Sum:${NAMESPACE}.HTTPCode_Target_5XX_Count{LoadBalancer=app/x/123,TargetGroup=targetgroup/green/222}`;
const REQUESTS = ERRORS.replace('HTTPCode_Target_5XX_Count', 'RequestCount');

const { url, server } = await startEmptyMoto();
const bridge = await startCloudWatchBridge(url);
const client = new CloudWatchClient({
  region: REGION,
  endpoint: url,
  credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'moto' },
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await bridge.close();
  await server.kill();
});

/** A whole minute, an hour ago. */
const FROM = Math.floor(Date.now() / MINUTE) * MINUTE - 60 * MINUTE;
const NOW = FROM + 5 * MINUTE;

function dimensions(group: string) {
  return [
    { Name: 'LoadBalancer', Value: 'app/x/123' },
    { Name: 'TargetGroup', Value: `targetgroup/${group}` },
  ];
}

async function put(MetricName: string, group: string, minute: number, values: number[]): Promise<void> {
  for (const Value of values) {
    const Timestamp = new Date(FROM + minute * MINUTE + 30 * SECOND);
    await client.send(
      new PutMetricDataCommand({
        Namespace: NAMESPACE,
        MetricData: [{ MetricName, Dimensions: dimensions(group), Timestamp, Value }],
      }),
    );
  }
}

beforeAll(async () => {
  vi.stubEnv('AWS_ENDPOINT_URL', bridge.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', ACCOUNT);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'moto');
  for (const minute of [0, 1, 2, 3]) {
    await put('RequestCount', 'green/222', minute, [60, 40]);
    await put('RequestCount', 'blue/111', minute, [400]);
    await put('TargetResponseTime', 'green/222', minute, [0.1, 0.3]);
  }
  await put('HTTPCode_Target_5XX_Count', 'green/222', 1, [5]);
});
beforeEach(() => {
  bridge.heard.length = 0;
});

function source() {
  const sources = createSources([PROVIDER], () => Promise.reject(new Error('CloudWatch has no secret')));
  return sources({ provider: PROVIDER.name, source: 'CLOUDWATCH' });
}

async function ask(query: string, asked = source()) {
  const m = metric({ provider: PROVIDER.name, source: 'CLOUDWATCH', query });
  return await asked.ask({ metric: m, from: FROM, now: NOW, cancelled: new AbortController().signal });
}

/** Points as [minute, value]. */
function minutes(points: readonly { at: number; value: number }[] | undefined): [number, number][] {
  return (points ?? []).map(({ at, value }) => [(at - FROM) / MINUTE, value]);
}

it('a metric that was put into moto is read, minute by minute', async () => {
  expect(minutes((await ask(REQUESTS)).points)).toEqual([
    [0, 100],
    [1, 100],
    [2, 100],
    [3, 100],
  ]);
  expect(minutes((await ask(REQUESTS.replace('Sum', 'SampleCount'))).points)).toContainEqual([2, 2]);
  const times = await ask(REQUESTS.replace('Sum', 'Average').replace('RequestCount', 'TargetResponseTime'));
  expect(times.points.map(({ value }) => value)).toEqual(Array(4).fill(expect.closeTo(0.2, 9)));
  expect(bridge.heard.map(({ target }) => target)).toEqual(
    Array(3).fill('GraniteServiceVersion20100801.GetMetricData'),
  );
});

it('a sparse count has a point where something was counted, and its quotient no other', async () => {
  const look = await ask(`${ERRORS} / ${REQUESTS}`);
  expect(look).toMatchObject({ absence: 'ZERO', bucket: MINUTE });
  expect(minutes(look.points)).toEqual([[1, 0.05]]);
  expect(minutes(look.denominator)).toEqual([
    [0, 100],
    [1, 100],
    [2, 100],
    [3, 100],
  ]);
});

it('questions of one moment reach moto in one call', async () => {
  const asked = source();
  const [errors, requests] = await Promise.all([ask(ERRORS, asked), ask(REQUESTS, asked)]);
  expect(minutes(errors.points)).toEqual([[1, 5]]);
  expect(requests.points).toHaveLength(4);
  expect(bridge.heard).toHaveLength(1);
});

it('a metric is confirmed by moto’s list, and a mistyped name is not', async () => {
  const confirm = (query: string) =>
    source().confirm({
      metric: metric({ source: 'CLOUDWATCH', query }),
      now: NOW,
      cancelled: new AbortController().signal,
    });
  expect(await confirm(REQUESTS)).toBeUndefined();
  await expect(confirm(REQUESTS.replace('RequestCount', 'RequestCuont'))).rejects.toMatchObject({ kind: 'refused' });
  expect(await confirm(REQUESTS.replace('green/222', 'gren/222'))).toContain(
    'Nothing shows that CloudWatch has a metric RequestCount',
  );
});

it('what moto refuses is refused', async () => {
  await expect(ask(`NOSUCH(${REQUESTS})`)).rejects.toMatchObject({ kind: 'refused' });
});
