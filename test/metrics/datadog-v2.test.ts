import { afterEach, describe, expect, it } from 'vitest';
import { createSources } from '../../activities/metrics/sources.js';
import { SourceError } from '../../activities/metrics/source.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric, QUOTIENT, START } from '../analysis/support.js';
import { startFakePrometheus as startFake, type FakePrometheus, type Heard, type Reply } from './fake-prometheus.js';
import { openTestSecret, provider } from './support.js';

const NOW = START + 10 * MINUTE;
const open: FakePrometheus[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function asking(answering: (heard: Heard, count: number) => Reply, over: Partial<ThresholdMetric> = {}) {
  const fake = await startFake(() => NOW, answering);
  open.push(fake);
  const m = metric({ query: 'avg:latency{*}', ...over });
  const source = createSources([{ ...provider(fake.url), apiVersion: 'v2' }], openTestSecret)(m);
  const cancelled = new AbortController().signal;
  return { fake, source, m, cancelled, ask: (now = NOW) => source.ask({ metric: m, from: START, now, cancelled }) };
}

/** Series as Datadog's v2 sends them: query index, tags of its group, values or null for each time. */
function timeseries(times: number[], ...series: [number, string[], (number | null)[]][]): Reply {
  return {
    body: {
      data: {
        id: '0',
        type: 'timeseries_response',
        attributes: {
          series: series.map(([query_index, group_tags]) => ({ query_index, group_tags, unit: [null, null] })),
          times,
          values: series.map(([, , values]) => values),
        },
      },
    },
  };
}

const minutes = (...at: number[]): number[] => at.map((minute) => START + minute * MINUTE);

describe('a question to Datadog v2', () => {
  it('is one of formulas over named queries, in milliseconds', async () => {
    const { ask, fake } = await asking(() => timeseries([]), { query: QUOTIENT });
    await ask(NOW + 500);
    const [heard] = fake.heard;
    expect(heard).toMatchObject({ method: 'POST', path: '/api/v2/query/timeseries' });
    expect(heard!.headers).toMatchObject({
      'dd-api-key': 'api-key-value',
      'dd-application-key': 'application-key-value',
    });
    const [errors, requests] = QUOTIENT.split(' / ');
    expect(JSON.parse(heard!.body)).toEqual({
      data: {
        type: 'timeseries_request',
        attributes: {
          from: START,
          to: NOW,
          interval: MINUTE,
          formulas: [{ formula: 'query0 / query1' }, { formula: 'query1' }],
          queries: [
            { data_source: 'metrics', name: 'query0', query: errors },
            { data_source: 'metrics', name: 'query1', query: requests },
          ],
        },
      },
    });
  });

  it('asks for several series at once', async () => {
    const { source, fake, cancelled } = await asking(() =>
      timeseries(minutes(0, 1), [0, [], [3, null]], [1, [], [50, 60]], [2, [], [null, null]]),
    );
    const wanted = ['errors{v:2}', 'hits{v:2}', 'errors{v:1}', 'hits{v:2}'].map((query, index) => ({
      id: `series.${index}`,
      query: `sum:${query}.as_count()`,
      variant: 'canary' as const,
    }));
    const answer = await source.read({ wanted, from: START, now: NOW, resolution: MINUTE, timeout: SECOND, cancelled });
    expect(answer).toEqual({
      series: {
        'series.0': [{ at: START, value: 3 }],
        'series.1': [
          { at: START, value: 50 },
          { at: START + MINUTE, value: 60 },
        ],
        'series.2': [],
        'series.3': [
          { at: START, value: 50 },
          { at: START + MINUTE, value: 60 },
        ],
      },
      bucket: MINUTE,
      at: NOW,
    });
    expect(fake.heard).toHaveLength(1);
  });

  it('that names no metric is not asked', async () => {
    const { ask, fake } = await asking(() => timeseries([]), { query: '1 + 1' });
    await expect(ask()).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('names no metric') as string,
    });
    expect(fake.heard).toEqual([]);
  });
});

describe('an answer of Datadog v2', () => {
  it('has its points by series, without nulls, and shows how long its buckets are', async () => {
    const { ask } = await asking(
      () => timeseries(minutes(0, 5, 10), [1, [], [10, 20, null]], [0, ['host:a'], [null, 0.5, null]]),
      { query: QUOTIENT },
    );
    expect(await ask()).toMatchObject({
      query: `${QUOTIENT}, ${QUOTIENT.split(' / ')[1]!}`,
      points: [{ at: START + 5 * MINUTE, value: 0.5 }],
      denominator: [
        { at: START, value: 10 },
        { at: START + 5 * MINUTE, value: 20 },
      ],
      absence: 'ZERO',
      bucket: 5 * MINUTE,
      at: NOW,
    });
  });

  it('without series is one without points', async () => {
    const { ask } = await asking(() => ({ body: { data: { attributes: {} } } }));
    expect(await ask()).toMatchObject({ points: [], bucket: MINUTE });
  });

  it.each<[string, Reply, string, string]>([
    // The shapes of Argo Rollouts' own suite for v2, as series.
    [
      'an error inside a 200',
      { body: { data: { errors: 'query exceeded the maximum allowed time range' } } },
      'transient',
      'exceeded the maximum allowed time range',
    ],
    [
      'an error beside the data',
      { body: { ...(timeseries([]).body as object), errors: 'timed out' } },
      'transient',
      'timed out',
    ],
    ['an unreadable query inside a 200', { body: { errors: 'Invalid query input' } }, 'refused', 'Invalid query'],
    [
      'a value that is no number',
      timeseries(minutes(0), [0, [], ['oops' as unknown as number]]),
      'transient',
      'could not be read',
    ],
    ['values without times', timeseries([], [0, [], [1]]), 'transient', 'one time for each value'],
    ['no data', { body: {} }, 'transient', 'not one of Datadog'],
    ['a page', { body: '<html>' }, 'transient', 'Datadog'],
    ['a cut answer', { body: {}, cutAfter: '{"da' }, 'transient', 'Datadog'],
    ['400', { status: 400, body: { errors: ['Formula nope'] } }, 'refused', 'Formula nope'],
    ['403', { status: 403, body: { errors: ['Forbidden'] } }, 'refused', 'application key'],
    ['500', { status: 500, body: 'oops' }, 'transient', '500'],
    ['429', { status: 429, headers: { 'x-ratelimit-reset': '7' }, body: {} }, 'transient', 'again in 7 s'],
    [
      'several series',
      timeseries(minutes(0), [0, ['host:a'], [1]], [0, ['host:b', 'az:c'], [2]]),
      'refused',
      '2 series for the query ("host:a", "host:b,az:c")',
    ],
  ])('%s is what it is', async (_, reply, kind, words) => {
    const { ask } = await asking(() => reply);
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SourceError);
    expect((error as SourceError).message).toContain(words);
    expect(error).toMatchObject({ kind });
  });

  it('has a rate limit that is not that of v1', async () => {
    const fake = await startFake(
      () => NOW,
      ({ path }) =>
        path.startsWith('/api/v2')
          ? { status: 429, headers: { 'x-ratelimit-reset': '30' }, body: {} }
          : { body: { status: 'ok', series: [] } },
    );
    open.push(fake);
    const [old, v2] = [provider(fake.url), { ...provider(fake.url), name: 'v2', apiVersion: 'v2' as const }];
    const sources = createSources([old, v2], openTestSecret);
    const ask = (name: string) => {
      const m = metric({ provider: name, query: 'avg:latency{*}' });
      return sources(m).ask({ metric: m, from: START, now: NOW, cancelled: new AbortController().signal });
    };
    await expect(ask('v2')).rejects.toMatchObject({ notBefore: NOW + 30 * SECOND });
    expect((await ask(old.name)).points).toEqual([]);
    await expect(ask('v2')).rejects.toMatchObject({ notBefore: NOW + 30 * SECOND });
    expect(fake.heard).toHaveLength(2);
  });
});
