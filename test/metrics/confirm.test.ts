import { afterEach, describe, expect, it } from 'vitest';
import { judgeStored } from '../../analysis/judge.js';
import { isWellKnown } from '../../activities/metrics/datadog/known-metrics.js';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { START } from '../analysis/support.js';
import { albAnswering, answer, series, startFakeDatadog, type FakeDatadog, type Reply } from './fake-datadog.js';
import { bench, fakeClock, input } from './support.js';

/** A count of the application's own: nobody but Datadog can say whether its name is right. */
const ERRORS = 'shop.http_5xx';
const QUOTIENT = `sum:${ERRORS}{env:prd}.as_count() / sum:aws.applicationelb.request_count{env:prd}.as_count()`;
const UNKNOWN: Reply = { status: 404, body: { errors: ['metric_name not found'] } };
const FORBIDDEN: Reply = { status: 403, body: { errors: ['Forbidden'] } };

const open: FakeDatadog[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

interface Given {
  metadata?: (metric: string, count: number) => Reply;
  errors?: number;
  /** The metric has points in its last 30 days. */
  history?: boolean;
}

/** A service with 100 requests a minute, and what Datadog says of its metrics. */
async function given({ metadata, errors = 0, history = false }: Given) {
  const clock = fakeClock(START);
  const alb = albAnswering(
    () => ({ requests: 100, errors }),
    0,
    () => clock.now(),
  );
  const fake = await startFakeDatadog(
    () => clock.now(),
    (heard, count) =>
      clock.now() - heard.from < 24 * HOUR
        ? alb(heard, count)
        : answer(history ? [series(0, [[START - 9 * 24 * HOUR, 3]], { interval: 7200 })] : []),
    metadata,
  );
  open.push(fake);
  const { measure, sources } = bench(fake.url, clock);
  const run = (over: Partial<ThresholdMetric> & { count?: number } = {}) =>
    measure(input({ errorLimit: 9, query: QUOTIENT, ...over }));
  return { clock, fake, run, sources };
}

describe('a window of nothing but filled values', () => {
  it('is measured as zero when Datadog knows the metric, which is asked once', async () => {
    const { fake, run } = await given({});
    expect((await run({ count: 3 })).measurements.map(({ outcome, value }) => [outcome, value])).toEqual(
      Array(3).fill(['PASS', 0]),
    );
    expect(fake.confirmed).toEqual([ERRORS]);
  });

  it('never passes when Datadog knows no such metric: it ends in ERROR, which names it, and is asked again', async () => {
    const { fake, run, clock } = await given({ metadata: () => UNKNOWN });
    const { measurements } = await run({ count: 2, query: QUOTIENT.replace('5xx', '5xxx') });
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['ERROR', 'ERROR']);
    expect(measurements[0]!.reason).toContain(`Datadog knows no metric ${ERRORS}x`);
    expect(measurements[0]!.reason).toContain('Check its name in the query of metrics-0');
    expect(fake.confirmed).toEqual([`${ERRORS}x`, `${ERRORS}x`]);
    expect(clock.now()).toBeLessThan(START + 5 * MINUTE);
    const { metric } = input({ query: QUOTIENT });
    for (const stored of measurements) expect(judgeStored(metric, stored).outcome).toBe('ERROR');
  });

  it.each([
    ['emptyValue', { emptyValue: 0 }],
    ['a default in the query', { query: QUOTIENT.replace(/(sum:\S+) \//, 'default_zero($1) /') }],
  ])('does not pass by %s either when the metric is unknown', async (_, over) => {
    const { run, fake } = await given({ metadata: () => UNKNOWN });
    expect((await run(over)).measurements[0]!.outcome).toBe('ERROR');
    expect(fake.confirmed).toEqual([ERRORS]);
  });

  it('is not asked for where a real point was seen, in this window or before', async () => {
    const { fake, run } = await given({ metadata: () => UNKNOWN, errors: 1 });
    expect((await run({ expected: { max: 0.02 } })).measurements[0]!.outcome).toBe('PASS');
    expect(fake.confirmed).toEqual([]);
  });

  it('is confirmed again after an hour', async () => {
    const { clock, fake, run } = await given({});
    await run();
    clock.set(START + HOUR);
    await run();
    expect(fake.confirmed).toHaveLength(1);
    clock.set(START + HOUR + 5 * MINUTE);
    await run();
    expect(fake.confirmed).toHaveLength(2);
  });

  it('with a key that may not ask passes on a point of the last 30 days', async () => {
    const { fake, run, clock } = await given({ metadata: () => FORBIDDEN, history: true });
    expect((await run()).measurements[0]).toMatchObject({ outcome: 'PASS', value: 0 });
    expect(fake.heard.at(-1)).toMatchObject({ queries: [`sum:${ERRORS}{*}`] });
    expect(clock.now() - fake.heard.at(-1)!.from).toBeGreaterThanOrEqual(30 * 24 * HOUR);
  });

  it('with such a key and no point is NOT_ENOUGH_DATA, unless the file declares emptyValue', async () => {
    const { run } = await given({ metadata: () => FORBIDDEN });
    const { measurements } = await run();
    expect(measurements[0]).toMatchObject({ outcome: 'NOT_ENOUGH_DATA' });
    expect(measurements[0]!.reason).toMatch(/DATADOG_APPLICATION_KEY.*metrics_read.*emptyValue: 0/);
    expect(judgeStored(input().metric, measurements[0]!).outcome).toBe('NOT_ENOUGH_DATA');
    const declared = await run({ emptyValue: 0 });
    expect(declared.measurements[0]).toMatchObject({ outcome: 'PASS', value: 0 });
    expect(declared.log.filter(({ level }) => level === 'warning')[0]!.text).toContain('metrics_read');
  });

  it('waits for what may pass, and passes then', async () => {
    const busy: Reply = { status: 429, headers: { 'retry-after': '20' }, body: { errors: ['Too many requests'] } };
    const { run, fake, clock } = await given({ metadata: (_, count) => (count === 1 ? busy : { body: {} }) });
    const { measurements, log } = await run();
    expect(measurements[0]!.outcome).toBe('PASS');
    expect(fake.confirmed).toHaveLength(2);
    expect(clock.now()).toBeGreaterThanOrEqual(START + MINUTE + 20 * SECOND);
    expect(log[0]).toMatchObject({ level: 'warning' });
  });

  it.each<[string, Reply]>([
    ['500', { status: 500, body: {} }],
    ['a rate limit of an hour', { status: 429, headers: { 'x-ratelimit-reset': '3600' }, body: {} }],
    ['an answer that is cut', { body: '{"type": "count"}', cutAfter: '{"ty' }],
  ])('ends in ERROR when there is nothing but %s', async (_, reply) => {
    const { run, clock } = await given({ metadata: () => reply });
    const { measurements } = await run();
    expect(measurements[0]).toMatchObject({ outcome: 'ERROR' });
    expect(measurements[0]!.reason).toContain('Its metrics could not be confirmed.');
    expect(clock.now()).toBeLessThan(START + 5 * MINUTE);
  });

  it('stops asking when it is cancelled', async () => {
    const { sources, fake } = await given({ metadata: () => ({ hang: true }) });
    const gone = new AbortController();
    const { metric } = input({ query: QUOTIENT });
    const asked = sources(metric).confirm({ metric, now: START, cancelled: gone.signal });
    await expect.poll(() => fake.confirmed).toEqual([ERRORS]);
    gone.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
  });
});

it('is NO_DATA where a tag of the numerator alone is mistyped, and never asks for the metric', async () => {
  const { run, fake } = await given({});
  const { measurements } = await run({ query: QUOTIENT.replace('env:prd', 'env:prod') });
  expect(measurements[0]).toMatchObject({ outcome: 'NO_DATA', points: [] });
  expect(measurements[0]!.reason).toContain('under other tags');
  expect(fake.confirmed).toEqual([]);
});

it('a count that a load balancer reports only when it is not zero is not asked for', () => {
  for (const name of ['httpcode_elb_5xx', 'httpcode_elb_502', 'httpcode_target_5xx', 'target_connection_error_count']) {
    expect(isWellKnown(`aws.applicationelb.${name}`)).toBe(true);
  }
  for (const name of ['httpcode_elb_5x', 'httpcode_target_5xxx', 'request_count', 'httpcode_elb_5xx.extra']) {
    expect(isWellKnown(`aws.applicationelb.${name}`)).toBe(false);
  }
});
