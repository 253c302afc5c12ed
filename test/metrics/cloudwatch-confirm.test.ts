import { afterEach, describe, expect, it, vi } from 'vitest';
import { createMeasure } from '../../activities/metrics/measure.js';
import { HOUR, MINUTE } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { START } from '../analysis/support.js';
import {
  albAnswering,
  answering,
  PROVIDER,
  startFakeCloudWatch,
  type FakeCloudWatch,
  type HeardList,
  type Reply,
} from './fake-cloudwatch.js';
import { fakeClock, input } from './support.js';

const DIMENSIONS = '{LoadBalancer=app/x/123,TargetGroup=targetgroup/green/222}';
const REQUESTS = `Sum:AWS/ApplicationELB.RequestCount${DIMENSIONS}`;
/** A count of the application's own: nobody but CloudWatch can say whether its name is right. */
const QUOTIENT = 'Sum:Shop.http5XX{Service=web} / Sum:Shop.requests{Service=web}';
const ALB = `Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count${DIMENSIONS} / ${REQUESTS}`;
const DENIED: Reply = {
  status: 400,
  body: { __type: 'AccessDenied', message: 'not authorized to perform: cloudwatch:ListMetrics' },
};

const open: FakeCloudWatch[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function listed(...metrics: [namespace: string, name: string, dimensions: Record<string, string>][]): Reply {
  return {
    body: {
      Metrics: metrics.map(([Namespace, MetricName, dimensions]) => ({
        Namespace,
        MetricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
    },
  };
}

interface Given {
  list?: (heard: HeardList, count: number) => Reply;
  errors?: number;
  /** The metrics have points in their last 14 days. */
  history?: boolean;
}

/** A service with 100 requests a minute, and what CloudWatch lists. */
async function given({ list = () => listed(), errors = 0, history = false }: Given) {
  const clock = fakeClock(START);
  const now = () => clock.now();
  const alb = albAnswering(() => ({ requests: 100, errors }), 0, now);
  const old = answering(() => (history ? 3 : undefined));
  const fake = await startFakeCloudWatch({
    now,
    list,
    data: (heard, count) => (clock.now() - heard.from < 24 * HOUR ? alb : old)(heard, count),
  });
  open.push(fake);
  const measure = createMeasure({
    readEvidence: () => Promise.resolve(undefined),
    sources: fake.sources,
    observe: () => Promise.resolve({ detail: '', log: [], changes: [] }),
    context: () => ({
      clock,
      attempt: 1,
      scheduledAt: now(),
      lastHeartbeat: undefined,
      heartbeat: () => undefined,
      fence: () => Promise.resolve(),
      cancelled: new AbortController().signal,
    }),
  });
  const run = async (over: Partial<ThresholdMetric> & { count?: number } = {}) => {
    const { measurements } = await measure(
      input({ provider: PROVIDER.name, source: 'CLOUDWATCH', errorLimit: 9, query: QUOTIENT, ...over }),
    );
    return measurements;
  };
  return { clock, fake, run };
}

describe('a window of nothing but filled values', () => {
  it('of a load balancer’s sparse count passes without a further question, for its requests show that the dimensions are right', async () => {
    const { fake, run } = await given({});
    expect((await run({ query: ALB, count: 3 })).map(({ outcome, value, filled }) => [outcome, value, filled])).toEqual(
      Array(3).fill(['PASS', 0, 1]),
    );
    expect(fake.lists).toEqual([]);
  });

  it('passes when CloudWatch lists the metric with exactly these dimensions, which is asked once an hour', async () => {
    const { fake, run, clock } = await given({
      list: () => listed(['Shop', 'http5XX', { Service: 'web', Zone: 'a' }], ['Shop', 'http5XX', { Service: 'web' }]),
    });
    await run({ count: 3 });
    expect(fake.lists).toEqual([
      { Namespace: 'Shop', MetricName: 'http5XX', Dimensions: [{ Name: 'Service', Value: 'web' }] },
    ]);
    clock.set(START + 2 * HOUR);
    await run();
    expect(fake.lists).toHaveLength(2);
  });

  it('never passes when no metric has the name: it ends in ERROR, which names it', async () => {
    const { fake, run } = await given({});
    const [measurement] = await run({ query: QUOTIENT.replace('http5XX', 'http5XXX') });
    expect(measurement).toMatchObject({ outcome: 'ERROR' });
    expect(measurement!.reason).toContain('CloudWatch knows no metric http5XXX in Shop');
    expect(fake.lists).toHaveLength(2);
  });

  it.each([
    ['emptyValue', { emptyValue: 0 }],
    ['FILL', { query: QUOTIENT.replace(/(Sum:\S+) \//, 'FILL($1, 0) /') }],
  ])('does not pass by %s either when the metric is unknown', async (_, over) => {
    expect((await (await given({})).run(over))[0]).toMatchObject({ outcome: 'ERROR' });
  });

  it('passes when the name is known with other dimensions, and the denominator shows that these are right', async () => {
    const { run } = await given({
      list: ({ Dimensions = [] }) =>
        Dimensions.length > 0 ? listed() : listed(['Shop', 'http5XX', { Service: 'api' }]),
    });
    expect((await run())[0]).toMatchObject({ outcome: 'PASS', value: 0 });
  });

  it('is NOT_ENOUGH_DATA when nothing shows that the dimensions are right, unless the file declares emptyValue', async () => {
    const query = 'Sum:Shop.http5XX{Service=wbe}';
    const list = ({ Dimensions = [] }: HeardList) =>
      Dimensions.length > 0 ? listed() : listed(['Shop', 'http5XX', { Service: 'web' }]);
    const filled = `FILL(${query}, 0)`;
    const { run } = await given({ list });
    const over = { query: filled, watermark: 'Sum:Shop.requests{Service=web}' };
    const [measurement] = await run(over);
    expect(measurement).toMatchObject({ outcome: 'NOT_ENOUGH_DATA' });
    expect(measurement!.reason).toContain('with the dimensions {Service=wbe}');
    expect((await run({ ...over, emptyValue: 0 }))[0]).toMatchObject({ outcome: 'PASS' });
  });

  it('of a load balancer’s sparse count asks whether anything has the dimensions, when no point shows it', async () => {
    const query = `FILL(Sum:AWS/ApplicationELB.HTTPCode_ELB_5XX_Count{LoadBalancer=app/x/123}, 0)`;
    const over = { query, watermark: 'Sum:Shop.requests{Service=web}' };
    const unknown = await given({});
    expect((await unknown.run(over))[0]).toMatchObject({ outcome: 'NOT_ENOUGH_DATA' });
    expect(unknown.fake.lists).toEqual([
      { Namespace: 'AWS/ApplicationELB', Dimensions: [{ Name: 'LoadBalancer', Value: 'app/x/123' }] },
    ]);
    const known = await given({
      list: () => listed(['AWS/ApplicationELB', 'RequestCount', { LoadBalancer: 'app/x/123' }]),
    });
    expect((await known.run(over))[0]).toMatchObject({ outcome: 'PASS' });
  });

  it('is refused where such a metric never has a point', async () => {
    const { run, fake } = await given({});
    const [measurement] = await run({ query: ALB.replace('HTTPCode_Target', 'HTTPCode_ELB') });
    expect(measurement).toMatchObject({ outcome: 'ERROR' });
    expect(measurement!.reason).toContain('counted for the whole load balancer');
    expect(fake.lists).toEqual([]);
  });

  it('without the right to list passes on a point of the last 14 days, and else says what right is missing', async () => {
    const known = await given({ list: () => DENIED, history: true });
    expect((await known.run())[0]).toMatchObject({ outcome: 'PASS' });
    expect(known.fake.data.at(-1)).toMatchObject({ entries: [{ MetricStat: { Stat: 'SampleCount', Period: 3600 } }] });
    const unknown = await given({ list: () => DENIED });
    const [measurement] = await unknown.run();
    expect(measurement).toMatchObject({ outcome: 'NOT_ENOUGH_DATA' });
    expect(measurement!.reason).toMatch(/sample-cloudwatch may not list metrics\. Allow cloudwatch:ListMetrics/);
  });

  it('waits for what may pass, and reads all pages', async () => {
    const { run, fake } = await given({
      list: ({ NextToken }, count) =>
        count === 1
          ? { status: 500, body: { __type: 'InternalServiceFault' } }
          : NextToken === undefined
            ? { body: { Metrics: [], NextToken: 'more' } }
            : listed(['Shop', 'http5XX', { Service: 'web' }]),
    });
    expect((await run())[0]).toMatchObject({ outcome: 'PASS' });
    expect(fake.lists.map(({ NextToken }) => NextToken)).toEqual([undefined, undefined, 'more']);
  });
});

it('a real point needs no list', async () => {
  const { run, fake } = await given({ errors: 1 });
  expect((await run({ expected: { max: 0.02 } }))[0]).toMatchObject({ outcome: 'PASS' });
  expect(fake.lists).toEqual([]);
});

it('is NO_DATA where a dimension of the numerator alone is mistyped', async () => {
  const { run } = await given({});
  const [measurement] = await run({ query: ALB.replace('green/222', 'gren/222') });
  expect(measurement).toMatchObject({ outcome: 'NO_DATA', points: [] });
  expect(measurement!.reason).toContain('under other dimensions');
});

it('a SELECT is confirmed by its metric’s name', async () => {
  const { fake } = await given({
    list: ({ MetricName = '' }) =>
      MetricName === 'typo' ? listed() : listed(['Shop', MetricName, { Service: 'web' }]),
  });
  const base = input({ provider: PROVIDER.name, source: 'CLOUDWATCH' }).metric;
  const confirm = (query: string) =>
    fake.sources(base).confirm({ metric: { ...base, query }, now: START, cancelled: new AbortController().signal });
  expect(await confirm('SELECT SUM(a) FROM Shop')).toBeUndefined();
  expect(fake.lists).toEqual([{ Namespace: 'Shop', MetricName: 'a', Dimensions: [] }]);
  await expect(confirm('SELECT SUM(typo) FROM Shop')).rejects.toMatchObject({ kind: 'refused' });
});

it('a SEARCH is confirmed by a point that it once had', async () => {
  const query = `SUM(SEARCH('Namespace="Shop" MetricName="http5XX"', 'Sum', 60))`;
  const { fake } = await given({});
  const { metric } = input({ provider: PROVIDER.name, source: 'CLOUDWATCH', query });
  const cancelled = new AbortController().signal;
  const source = fake.sources(metric);
  expect(await source.confirm({ metric, now: START, cancelled })).toContain('finds any metric');
  await source.ask({ metric: { ...metric, query: `ABS(${query})` }, from: START - HOUR, now: START, cancelled });
  expect(await source.confirm({ metric, now: START, cancelled })).toContain('finds any metric');
  fake.data.length = 0;
  const seen = await given({ errors: 1 });
  const other = seen.fake.sources(metric);
  expect((await other.ask({ metric, from: START - HOUR, now: START, cancelled })).points).not.toEqual([]);
  expect(await other.confirm({ metric, now: START, cancelled })).toBeUndefined();
});

it('stops asking when it is cancelled', async () => {
  const { fake } = await given({ list: () => ({ hang: true }) });
  const gone = new AbortController();
  const { metric } = input({ provider: PROVIDER.name, source: 'CLOUDWATCH', query: QUOTIENT, timeout: 5 * MINUTE });
  const asked = fake.sources(metric).confirm({ metric, now: START, cancelled: gone.signal });
  await expect.poll(() => fake.lists.length).toBe(1);
  gone.abort(new Error('gone'));
  await expect(asked).rejects.toThrow('gone');
});
