import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createSources } from '../../activities/metrics/sources.js';
import { SourceError } from '../../activities/metrics/source.js';
import { openSecret } from '../../config/secret.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric, START } from '../analysis/support.js';
import { answer, series, startFakeDatadog, type Answering, type FakeDatadog, type Reply } from './fake-datadog.js';
import { openTestSecret, provider } from './support.js';

const NOW = START + 10 * MINUTE;
const open: FakeDatadog[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function asking(reply: Reply | Answering, over: Partial<ThresholdMetric> = {}) {
  const fake = await startFakeDatadog(() => NOW, typeof reply === 'function' ? reply : () => reply);
  open.push(fake);
  const m = metric({ query: 'avg:latency{*}', ...over });
  const source = createSources([provider(fake.url)], openTestSecret)(m);
  const ask = (from = START, now = NOW, cancelled = new AbortController().signal) =>
    source.ask({ metric: m, from, now, cancelled });
  return { fake, ask };
}

async function failure(reply: Reply | Answering, over: Partial<ThresholdMetric> = {}): Promise<SourceError> {
  const { ask } = await asking(reply, over);
  return ask().then(
    () => expect.fail('an answer came'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(SourceError);
      return error as SourceError;
    },
  );
}

describe('a Datadog answer', () => {
  it('loses its nulls and keeps the source’s clock and bucket length', async () => {
    const points: [number, number | null][] = [
      [START, 1],
      [START + MINUTE, null],
      [START + 2 * MINUTE, 3],
      [START + 3 * MINUTE, null],
    ];
    const { ask } = await asking(answer([series(0, points, { interval: 60 })]));
    expect(await ask(START, NOW + 7 * SECOND)).toEqual({
      query: 'avg:latency{*}',
      points: [
        { at: START, value: 1 },
        { at: START + 2 * MINUTE, value: 3 },
      ],
      bucket: MINUTE,
      at: NOW,
    });
  });

  it.each([
    [60, MINUTE],
    [300, 5 * MINUTE],
    [60_000, MINUTE],
    [1, SECOND],
    [undefined, MINUTE],
  ])('with interval %s has buckets of %i ms', async (interval, bucket) => {
    const { ask } = await asking(
      answer([series(0, [[START, 1]], { interval })]),
      bucket === SECOND ? { resolution: SECOND } : {},
    );
    expect(await ask()).toMatchObject({ bucket });
  });

  it('with series for other queries alone has no point for this one', async () => {
    const { ask } = await asking(answer([series(1, [[START, 5]])]), { watermark: 'sum:hits{*}' });
    expect(await ask()).toMatchObject({ points: [], watermark: [{ at: START, value: 5 }] });
  });

  it.each([
    [
      'an error inside a 200',
      { body: { status: 'error', error: 'Internal timeout' } },
      'transient',
      'Internal timeout',
    ],
    [
      'an unreadable query inside a 200',
      { body: { status: 'error', error: 'Error parsing query: nope' } },
      'refused',
      'Error parsing query',
    ],
    [
      'a series without points of the right shape',
      { body: { status: 'ok', series: [{ pointlist: 'x' }] } },
      'transient',
      'Datadog',
    ],
    ['a list', { body: [] }, 'transient', 'not one of Datadog'],
    ['a page', { body: '<html>' }, 'transient', 'not one of Datadog'],
    ['a cut answer', { body: '{"status": "ok"}', cutAfter: '{"sta' }, 'transient', 'Datadog'],
    ['408', { status: 408, body: {} }, 'transient', '408'],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '9' }, body: {} }, 'transient', '503'],
    [
      '400',
      { status: 400, body: { errors: ["Rule 'scope_expr' didn't match"] } },
      'refused',
      "scope_expr' didn't match",
    ],
    ['401', { status: 401, body: { errors: ['Unauthorized'] } }, 'refused', 'API key'],
    ['403', { status: 403, body: { errors: ['Forbidden'] } }, 'refused', 'application key'],
    ['404', { status: 404, body: 'not here' }, 'refused', 'address'],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }, 'refused', 'address'],
    [
      'several series',
      answer([series(0, [[START, 1]], { scope: 'host:a' }), series(0, [[START, 2]], { scope: 'host:b' })]),
      'refused',
      '2 series for the query ("host:a", "host:b")',
    ],
  ] as [string, Reply, string, string][])('%s is what it is', async (_, reply, kind, words) => {
    const error = await failure(reply);
    expect(error).toMatchObject({ kind });
    expect(error.message).toContain(words);
  });

  it('that does not come within the metric’s time limit is an error that may pass', async () => {
    const error = await failure({ hang: true }, { timeout: 100 });
    expect(error).toMatchObject({ kind: 'transient' });
    expect(error.message).toContain('did not answer within 0.1 s');
  });

  it('to several queries is not asked for', async () => {
    const error = await failure({ body: {} }, { query: 'sum:a{*}, sum:b{*}' });
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain('several queries');
  });

  it('needs keys that can be read', async () => {
    const m = metric();
    const source = createSources([provider('http://127.0.0.1:1')], (ref) => openSecret(ref, {}))(m);
    const cancelled = new AbortController().signal;
    await expect(source.ask({ metric: m, from: START, now: NOW, cancelled })).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(
        /keys of the provider sample-datadog cannot be read.*(datadog-api-key|DATADOG_APPLICATION_KEY)/,
      ) as string,
    });
  });

  it('is asked for with a key that was changed meanwhile', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-keys-'));
    try {
      const file = join(folder, 'key');
      const fake = await startFakeDatadog(
        () => NOW,
        () => answer([]),
      );
      open.push(fake);
      const m = metric();
      const source = createSources([{ ...provider(fake.url), apiKey: { file }, applicationKey: { file } }], (ref) =>
        openSecret(ref, {}),
      )(m);
      for (const key of ['first\n', 'second']) {
        await writeFile(file, key);
        await source.ask({ metric: m, from: START, now: NOW, cancelled: new AbortController().signal });
      }
      expect(fake.heard.map(({ headers }) => headers['dd-api-key'])).toEqual(['first', 'second']);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a key that no request can be made with', () => {
  it.each(['v1', 'v2'] as const)('is told by %s without its value, and needs somebody', async (apiVersion) => {
    const fake = await startFakeDatadog(
      () => NOW,
      () => answer([]),
    );
    open.push(fake);
    const m = metric();
    const source = createSources([{ ...provider(fake.url), apiVersion }], () => Promise.resolve('key\nhidden'))(m);
    const error: unknown = await source
      .ask({ metric: m, from: START, now: NOW, cancelled: new AbortController().signal })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'refused' });
    expect(inspect(error)).toContain('the request cannot be made');
    expect(inspect(error)).not.toContain('hidden');
  });
});

describe('questions to one account', () => {
  it('that are the same are sent once at a time', async () => {
    const { ask, fake } = await asking({ ...answer([series(0, [[START, 1]])]), afterMs: 20 });
    const [one, other] = await Promise.all([ask(START, NOW), ask(START, NOW + SECOND)]);
    expect(one.points).toEqual([{ at: START, value: 1 }]);
    expect(other.points).toEqual(one.points);
    expect(fake.heard).toHaveLength(1);
    await ask();
    expect(fake.heard).toHaveLength(2);
    await Promise.all([ask(), ask(START + MINUTE)]);
    expect(fake.heard).toHaveLength(4);
  });

  it('that are the same do not end with one that is cancelled', async () => {
    const gone = new AbortController();
    const reason = new Error('gone');
    const { ask, fake } = await asking(() => {
      setTimeout(() => gone.abort(reason), 5);
      return { ...answer([series(0, [[START, 1]])]), afterMs: 50 };
    });
    const both = await Promise.allSettled([ask(START, NOW, gone.signal), ask()]);
    expect(both).toMatchObject([
      { status: 'rejected', reason },
      { status: 'fulfilled', value: { points: [{ at: START, value: 1 }] } },
    ]);
    expect(fake.heard).toHaveLength(1);
  });

  it('share its rate limit: after a 429 no metric asks before the period is over', async () => {
    const { ask, fake } = await asking((_, count) =>
      count === 1
        ? { status: 429, headers: { 'x-ratelimit-reset': '30' }, body: { errors: ['Too many'] } }
        : answer([]),
    );
    await expect(ask()).rejects.toMatchObject({ kind: 'transient', notBefore: NOW + 30 * SECOND });
    await expect(ask(START + MINUTE, NOW + 29 * SECOND)).rejects.toMatchObject({
      kind: 'transient',
      notBefore: NOW + 30 * SECOND,
    });
    expect(fake.heard).toHaveLength(1);
    await ask(START, NOW + 30 * SECOND);
    expect(fake.heard).toHaveLength(2);
  });

  it.each([
    ['a Retry-After date', { 'retry-after': new Date(NOW + 90 * SECOND).toUTCString() }, 90 * SECOND],
    ['a Retry-After in seconds', { 'retry-after': '12', 'x-ratelimit-reset': '99' }, 12 * SECOND],
    ['neither', {}, undefined],
    ['nonsense', { 'retry-after': 'soon', 'x-ratelimit-reset': '-3' }, undefined],
  ])('pause after a 429 with %s', async (_, headers, pause) => {
    const error = await failure({ status: 429, headers: headers, body: {} });
    expect(error.notBefore).toBe(pause === undefined ? undefined : NOW + pause);
  });

  it('are spread over the rest of the period when little of the limit remains', async () => {
    const { ask } = await asking({
      ...answer([]),
      headers: { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '5', 'x-ratelimit-reset': '50' },
    });
    await ask();
    await expect(ask(START, NOW + 9 * SECOND)).rejects.toMatchObject({ notBefore: NOW + 10 * SECOND });
    await ask(START, NOW + 10 * SECOND);
  });
});
