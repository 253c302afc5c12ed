import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSources } from '../../activities/metrics/sources.js';
import { SourceError } from '../../activities/metrics/source.js';
import { DAY, HOUR, MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric, START } from '../analysis/support.js';
import {
  answering,
  inWords,
  PROVIDER,
  returned,
  startFakeCloudWatch,
  type FakeCloudWatch,
  type HeardData,
  type Reply,
  type Result,
} from './fake-cloudwatch.js';

const NOW = START + 10 * MINUTE;
const DIMENSIONS = '{LoadBalancer=app/x/123,TargetGroup=targetgroup/green/222}';
const ERRORS = `Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count${DIMENSIONS}`;
const REQUESTS = `Sum:AWS/ApplicationELB.RequestCount${DIMENSIONS}`;
const SHARE = `100 * ${ERRORS} / ${REQUESTS}`;

const open: FakeCloudWatch[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(open.splice(0).map((each) => each.close()));
});

type Answering = (heard: HeardData, count: number) => Reply;

async function asking(data: Reply | Answering, over: Partial<ThresholdMetric> = {}) {
  const fake = await startFakeCloudWatch({ now: () => NOW, data: typeof data === 'function' ? data : () => data });
  open.push(fake);
  const m = metric({ provider: PROVIDER.name, source: 'CLOUDWATCH', query: REQUESTS, ...over });
  const ask = (query = m.query, from = START, now = NOW, cancelled = new AbortController().signal) =>
    fake.sources(m).ask({ metric: { ...m, query }, from, now, cancelled });
  return { fake, ask, source: fake.sources(m), metric: m };
}

function results(all: Partial<Result>[], rest: object = {}): Reply {
  return {
    body: {
      MetricDataResults: all.map((each) => ({ Id: 'm0', StatusCode: 'Complete', Timestamps: [], Values: [], ...each })),
      ...rest,
    },
  };
}

function refused(code: string, message = 'words', status = 400): Reply {
  return { status, body: { __type: `com.amazon.coral.service#${code}`, message } };
}

async function failure(data: Reply | Answering, over: Partial<ThresholdMetric> = {}): Promise<SourceError> {
  const { ask } = await asking(data, over);
  return ask().then(
    () => expect.fail('an answer came'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(SourceError);
      return error as SourceError;
    },
  );
}

describe('a question to CloudWatch', () => {
  it('asks for one metric by itself, in whole buckets up to now', async () => {
    const { ask, fake } = await asking(answering(() => 5));
    const look = await ask(REQUESTS, START + 90 * SECOND, NOW + 7 * SECOND);
    expect(fake.data).toEqual([
      {
        from: START + MINUTE,
        to: NOW + MINUTE,
        scanBy: 'TimestampAscending',
        authorization: expect.stringMatching(/\/eu-central-1\/monitoring\//) as string,
        entries: [
          {
            Id: 'm0',
            MetricStat: {
              Metric: {
                Namespace: 'AWS/ApplicationELB',
                MetricName: 'RequestCount',
                Dimensions: [
                  { Name: 'LoadBalancer', Value: 'app/x/123' },
                  { Name: 'TargetGroup', Value: 'targetgroup/green/222' },
                ],
              },
              Period: 60,
              Stat: 'Sum',
            },
            ReturnData: true,
          },
        ],
      },
    ]);
    expect(look).toMatchObject({ query: REQUESTS, bucket: MINUTE, at: NOW });
    expect(look.points[0]).toEqual({ at: START + MINUTE, value: 5 });
    expect(look.points).toHaveLength(10);
  });

  it('asks for a quotient and its denominator in one call, each metric once', async () => {
    const { ask, fake } = await asking(
      answering((query, at) => (query.includes('/ ') ? (at === START ? 2 : undefined) : 50)),
    );
    const look = await ask(SHARE);
    const [heard] = fake.data;
    expect(heard!.entries).toHaveLength(3);
    expect(
      returned(heard!)
        .map((entry) => inWords(heard!, entry))
        .sort(),
    ).toEqual([SHARE, REQUESTS].sort());
    expect(look).toMatchObject({ query: `${SHARE}; ${REQUESTS}`, absence: 'ZERO', points: [{ at: START, value: 2 }] });
    expect(look.denominator).toHaveLength(10);
  });

  it('asks what FILL fills without it too, and a metric’s own watermark', async () => {
    const { ask, fake } = await asking(answering(() => 1));
    expect(await ask(`FILL(${ERRORS}, 0)`)).toHaveProperty('watermark');
    expect(
      returned(fake.data[0]!)
        .map((entry) => inWords(fake.data[0]!, entry))
        .sort(),
    ).toEqual([ERRORS, `FILL(${ERRORS}, 0)`].sort());
    const own = await asking(
      answering(() => 1),
      { query: ERRORS, watermark: REQUESTS },
    );
    expect((await own.ask()).watermark).toHaveLength(10);
  });

  it('asks Metrics Insights in minutes, one SELECT a call', async () => {
    const { source, fake } = await asking(
      answering(() => 1),
      { resolution: SECOND },
    );
    const select = (name: string) => `SELECT SUM(${name}) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer)`;
    const answer = await source.read({
      wanted: [
        { id: 'a', query: select('RequestCount'), variant: 'canary' },
        { id: 'b', query: select('HTTPCode_ELB_5XX_Count'), variant: 'canary' },
      ],
      from: START,
      now: NOW,
      resolution: SECOND,
      timeout: 5 * SECOND,
      cancelled: new AbortController().signal,
    });
    expect(answer).toMatchObject({ bucket: MINUTE, at: NOW });
    expect(answer.series['a']).toHaveLength(10);
    expect(answer.series['b']).toHaveLength(10);
    expect(fake.data.map(({ entries }) => entries)).toEqual([
      [{ Id: 'e0', Expression: select('RequestCount'), Period: 60, ReturnData: true }],
      [{ Id: 'e0', Expression: select('HTTPCode_ELB_5XX_Count'), Period: 60, ReturnData: true }],
    ]);
  });

  it('for series keeps what FILL made up only where something was measured', async () => {
    const { source } = await asking(
      answering((query, at) => {
        const minute = (at - START) / MINUTE;
        if (query.startsWith('FILL')) return minute === 2 ? 0.5 : 0;
        return minute === 2 || (query === REQUESTS && minute < 4) ? 10 : undefined;
      }),
    );
    const { series } = await source.read({
      wanted: [
        { id: 'share', query: `FILL(${ERRORS}, 0) / ${REQUESTS}`, variant: 'canary' },
        { id: 'errors', query: `FILL(${ERRORS}, 0)`, variant: 'canary' },
        { id: 'requests', query: REQUESTS, variant: 'canary' },
      ],
      from: START,
      now: NOW,
      resolution: MINUTE,
      timeout: 5 * SECOND,
      cancelled: new AbortController().signal,
    });
    const minutes = (id: string) => series[id]!.map(({ at }) => (at - START) / MINUTE);
    expect([minutes('share'), minutes('errors'), minutes('requests')]).toEqual([[0, 1, 2, 3], [2], [0, 1, 2, 3]]);
  });

  it.each([
    ['100 * m1 / m2', {}, /^The query of metrics-0 cannot be read at column 7: m1 names no metric here/],
    [REQUESTS, { watermark: 'Sum:' }, /^The watermark of metrics-0 cannot be read/],
    [`SUM([${Array(600).fill(REQUESTS).join()}])`, {}, /longer than the 2048 characters/],
    [REQUESTS, { resolution: 1500 }, /no buckets of 1500 ms/],
    [REQUESTS, { resolution: SECOND, from: START - 4 * HOUR }, /keeps buckets of 1s for 3h.*resolution: 1m/],
    [REQUESTS, { from: START - 16 * DAY }, /keeps buckets of 1m for 360h.*resolution: 5m/],
  ])(
    'is refused before it is asked: %s',
    async (query, { from = START, ...over }: Partial<ThresholdMetric> & { from?: number }, words) => {
      const { ask, fake } = await asking(
        answering(() => 1),
        over,
      );
      await expect(ask(query, from)).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(words) as string,
      });
      expect(fake.data).toEqual([]);
    },
  );

  it('reads in words as it is sent', async () => {
    const { source, metric: m } = await asking(results([]));
    expect(source.render({ ...m, query: ` ${SHARE.replace(' / ', '\n/\n')} ` })).toBe(`${SHARE}; ${REQUESTS}`);
  });
});

describe('CloudWatch’s answer', () => {
  it('is put together from its pages, without what is no value', async () => {
    const page = (count: number): Reply =>
      count === 1
        ? results([{ StatusCode: 'PartialData', Timestamps: [START / 1000, START / 1000 + 60], Values: [1, 'NaN'] }], {
            NextToken: 't1',
          })
        : count === 2
          ? results([{ StatusCode: 'InternalError' }], { NextToken: 't2' })
          : results([
              {
                Timestamps: [START / 1000 + 120],
                Values: [3],
                Messages: [{ Code: 'ArithmeticError', Value: 'dropped' }],
              },
            ]);
    const { ask, fake } = await asking((_, count) => page(count));
    expect((await ask()).points).toEqual([
      { at: START, value: 1 },
      { at: START + 2 * MINUTE, value: 3 },
    ]);
    expect(fake.data.map(({ token }) => token)).toEqual([undefined, 't1', 't2']);
    expect(new Set(fake.data.map(({ from, to }) => `${from} ${to}`)).size).toBe(1);
  });

  it.each([
    ['a part at its end', results([{ StatusCode: 'PartialData' }]), 'transient', 'only a part'],
    [
      'an error of its own',
      results([{ StatusCode: 'InternalError', Messages: [{ Code: 'x', Value: 'why' }] }]),
      'transient',
      'InternalError (x: why)',
    ],
    ['a metric that it may not show', results([{ StatusCode: 'Forbidden' }]), 'refused', 'cloudwatch:GetMetricData'],
    [
      'less than there is',
      results([{}], { Messages: [{ Code: 'MaxMetricsExceeded', Value: 'too many' }] }),
      'refused',
      'narrow the query',
    ],
    ['several series', results([{ Label: 'a' }, { Label: 'b' }]), 'refused', '2 series for the query ("a", "b")'],
    ['nothing of the query', results([{ Id: 'm9' }]), 'transient', 'says nothing of this query'],
    ['more values than times', results([{ Values: [1] }]), 'transient', 'not as many values as timestamps'],
    ['a page of a proxy', { body: '<html>oops</html>' }, 'transient', 'could not be asked'],
    ['nothing at all', { cut: true }, 'transient', 'could not be asked'],
    ['500', refused('InternalServiceFault', 'oops', 500), 'transient', 'InternalServiceFault: oops'],
    [
      'a query that it cannot read',
      refused('ValidationError', "Error in expression 'e0'"),
      'refused',
      "Error in expression 'e0'",
    ],
    [
      'no right',
      refused('AccessDenied', 'User: arn is not authorized to perform: cloudwatch:GetMetricData'),
      'refused',
      'Allow cloudwatch:GetMetricData to the identity of the provider sample-cloudwatch (deploy/iam-policy.json)',
    ],
    [
      'a wrong key',
      refused('InvalidClientTokenId', 'The security token is invalid', 403),
      'refused',
      'Check the access key of the worker’s environment'.replace('’', "'"),
    ],
    [
      'a role that may not be taken',
      refused('AccessDenied', 'not authorized to perform: sts:AssumeRole', 403),
      'refused',
      'Check the region',
    ],
    ['a token that has run out', refused('ExpiredToken', 'expired', 403), 'transient', 'Renew the credentials'],
  ] as [string, Reply, string, string][])('%s is what it is', async (_, reply, kind, words) => {
    const error = await failure(reply);
    expect(error.message).toContain(words);
    expect(error).toMatchObject({ kind });
  });

  it('that does not come within the metric’s time limit is an error that may pass', async () => {
    const error = await failure({ hang: true }, { timeout: 100 });
    expect(error).toMatchObject({
      kind: 'transient',
      message: 'CloudWatch in eu-central-1 did not answer within 0.1 s.',
    });
  });

  it('that never ends is given up', async () => {
    const { ask, fake } = await asking((_, count) => results([{}], { NextToken: `t${count}` }));
    await ask();
    expect(fake.data).toHaveLength(100);
  });

  it('of a throttled account is waited for, longer each time, by all of its metrics', async () => {
    const { ask, fake } = await asking((heard, count) =>
      count < 3 ? refused('Throttling', 'Rate exceeded') : answering(() => 1)(heard, count),
    );
    await expect(ask()).rejects.toMatchObject({ kind: 'transient', notBefore: NOW + 2 * SECOND });
    await expect(ask(ERRORS, START, NOW + SECOND)).rejects.toMatchObject({
      kind: 'transient',
      notBefore: NOW + 2 * SECOND,
    });
    expect(fake.data).toHaveLength(1);
    await expect(ask(REQUESTS, START, NOW + 2 * SECOND)).rejects.toMatchObject({ notBefore: NOW + 6 * SECOND });
    await ask(REQUESTS, START, NOW + 6 * SECOND);
    await ask(REQUESTS, START, NOW + 6 * SECOND);
    expect(fake.data).toHaveLength(4);
  });
});

it('credentials that were mended are used without a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-cloudwatch-'));
  const credentialsFile = join(folder, 'credentials');
  const write = (key: string) =>
    writeFile(credentialsFile, `[default]\naws_access_key_id = ${key}\naws_secret_access_key = x\n`);
  try {
    const { fake, metric: m } = await asking((heard, count) =>
      heard.authorization.includes('AKIAOLD')
        ? refused('InvalidClientTokenId', 'not known', 403)
        : answering(() => 1)(heard, count),
    );
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    const source = createSources([{ ...PROVIDER, credentialsFile }], () => Promise.reject(new Error('none')))(m);
    const ask = () => source.ask({ metric: m, from: START, now: NOW, cancelled: new AbortController().signal });
    await write('AKIAOLD');
    await expect(ask()).rejects.toMatchObject({ kind: 'refused' });
    await write('AKIANEW');
    expect((await ask()).points).toHaveLength(10);
    expect(fake.data).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('questions that are asked at once', () => {
  it('go in one call, which asks for each metric once', async () => {
    const { ask, fake } = await asking(
      answering((query, at) => (query.includes('RequestCount') ? (at - START) / MINUTE : undefined)),
    );
    const [one, other, third] = await Promise.all([
      ask(SHARE),
      ask(ERRORS, START + 5 * MINUTE),
      ask(REQUESTS, START + 3 * MINUTE),
    ]);
    expect(fake.data).toHaveLength(1);
    expect(fake.data[0]).toMatchObject({ from: START, to: NOW });
    expect(fake.data[0]!.entries.map(({ Id }) => Id).sort()).toEqual(['e0', 'm0', 'm1']);
    expect(one.denominator).toHaveLength(10);
    expect(other.points).toEqual([]);
    expect(third.points.map(({ at }) => at)[0]).toBe(START + 3 * MINUTE);
  });

  it('in other buckets go in calls of their own', async () => {
    const { source, fake, metric: m } = await asking(answering(() => 1));
    const cancelled = new AbortController().signal;
    const ask = (resolution: number) => source.ask({ metric: { ...m, resolution }, from: START, now: NOW, cancelled });
    await Promise.all([ask(MINUTE), ask(5 * MINUTE)]);
    expect(fake.data.map(({ entries }) => entries[0]!.MetricStat!.Period).sort()).toEqual([300, 60]);
  });

  it('and are the same while one is on its way are sent once, until it needs more', async () => {
    const { ask, fake } = await asking((heard) => ({ ...answering(() => 1)(heard, 1), afterMs: 60 }));
    const first = ask();
    await expect.poll(() => fake.data.length).toBe(1);
    const [look, narrower] = await Promise.all([first, ask(REQUESTS, START + MINUTE)]);
    expect(narrower.points).toEqual(look.points.slice(1));
    expect(fake.data).toHaveLength(1);
    const again = ask();
    await expect.poll(() => fake.data.length).toBe(2);
    await Promise.all([again, ask(REQUESTS, START - MINUTE)]);
    expect(fake.data).toHaveLength(3);
  });

  it('do not end with one that is cancelled', async () => {
    const gone = new AbortController();
    const reason = new Error('gone');
    const { ask, fake } = await asking((heard) => {
      setTimeout(() => gone.abort(reason), 5);
      return { ...answering(() => 1)(heard, 1), afterMs: 50 };
    });
    const both = await Promise.allSettled([ask(REQUESTS, START, NOW, gone.signal), ask()]);
    expect(both).toMatchObject([{ status: 'rejected', reason }, { status: 'fulfilled' }]);
    expect(fake.data).toHaveLength(1);
  });

  it('do not fail with one that CloudWatch cannot read', async () => {
    const bad = `NOSUCH(${ERRORS})`;
    const { ask, fake } = await asking((heard, count) =>
      heard.entries.some(({ Expression }) => Expression?.startsWith('NOSUCH'))
        ? refused('ValidationError', 'no function NOSUCH')
        : answering(() => 1)(heard, count),
    );
    const asked = await Promise.allSettled([ask(SHARE), ask(bad), ask(ERRORS), ask(`ABS(${ERRORS})`)]);
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect(asked[1]).toMatchObject({
      reason: { kind: 'refused', message: expect.stringContaining('NOSUCH') as string },
    });
    expect(fake.data.length).toBeLessThan(8);
  });

  it('and are more than one call takes go in several', async () => {
    const { source, fake } = await asking(answering(() => 1));
    const wanted = Array.from({ length: 1200 }, (_, index) => ({
      id: `s${index}`,
      query: `Sum:Shop.errors{n=${index}}`,
      variant: 'canary' as const,
    }));
    const answer = await source.read({
      wanted,
      from: START,
      now: NOW,
      resolution: MINUTE,
      timeout: 9 * SECOND,
      cancelled: new AbortController().signal,
    });
    expect(Object.values(answer.series).every((points) => points.length === 10)).toBe(true);
    expect(Object.keys(answer.series)).toHaveLength(1200);
    expect(fake.data.map(({ entries }) => entries.length).sort((a, b) => a - b)).toEqual([200, 500, 500]);
  });
});
