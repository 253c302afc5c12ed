import { afterEach, describe, expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import type { MeasureHeartbeat } from '../../activities/measure.js';
import type { Traffic as Wanted } from '../../model/delivery.js';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import { FAILURE } from '../../model/failure.js';
import { QUOTIENT, START } from '../analysis/support.js';
import { albAnswering, answer, series, startFakeDatadog, type Answering, type FakeDatadog } from './fake-datadog.js';
import { bench, fakeClock, input } from './support.js';

const open: FakeDatadog[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function datadog(clock: ReturnType<typeof fakeClock>, answering: Answering): Promise<FakeDatadog> {
  const fake = await startFakeDatadog(() => clock.now(), answering);
  open.push(fake);
  return fake;
}

/** A service with 100 requests a minute, of which `errors` fail. */
function steady(errors: number) {
  return () => ({ requests: 100, errors });
}

describe('measure', () => {
  it('fails the seed user’s failing case (30m/10m, max 0.01) at its first window and asks for no other', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(steady(34), 2 * MINUTE, () => clock.now()),
    );
    const { measure } = bench(fake.url, clock);
    const { measurements } = await measure(input({ interval: 10 * MINUTE, count: 3, maxDelay: 20 * MINUTE }));
    expect(measurements).toHaveLength(1);
    expect(measurements[0]).toMatchObject({ window: 1, outcome: 'FAIL', value: 0.34, newest: START + 10 * MINUTE });
    expect(measurements[0]!.points).toHaveLength(10);
    expect(clock.now()).toBeLessThan(START + 15 * MINUTE);
  });

  it('asks the quotient with its denominator in one call, from the window’s start up to now, with both keys', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 0, () => clock.now()),
    );
    await bench(fake.url, clock).measure(input({ query: `\n ${QUOTIENT.replace(' / ', '\n /\n ')}\n` }));
    const asked = fake.heard.at(-1)!;
    expect(asked.path).toBe('/api/v1/query');
    expect(asked.queries).toEqual([QUOTIENT, QUOTIENT.split(' / ')[1]]);
    expect(asked).toMatchObject({
      from: START,
      headers: { 'dd-api-key': 'api-key-value', 'dd-application-key': 'application-key-value' },
    });
    expect(asked.to).toBeLessThanOrEqual(asked.at);
  });

  it('measures a service without any error as zero: all windows pass', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 2 * MINUTE, () => clock.now()),
    );
    const { measurements } = await bench(fake.url, clock).measure(input({ count: 10 }));
    expect(measurements.map(({ outcome, value, filled }) => [outcome, value, filled])).toEqual(
      Array(10).fill(['PASS', 0, 1]),
    );
  });

  it.each([0, 1, 3])(
    'judges all ten 1m windows of data that is 12 minutes late, with %i nulls at its end',
    async (nullTail) => {
      const clock = fakeClock(START);
      const fake = await datadog(
        clock,
        albAnswering(steady(1), 12 * MINUTE, () => clock.now(), nullTail),
      );
      const { measurements } = await bench(fake.url, clock).measure(input({ count: 10, expected: { max: 0.02 } }));
      expect(measurements.map(({ outcome, value }) => [outcome, value])).toEqual(Array(10).fill(['PASS', 0.01]));
      for (const { delaySeconds } of measurements) {
        expect(delaySeconds).toBeGreaterThanOrEqual(13 * 60);
        expect(delaySeconds).toBeLessThanOrEqual(14.5 * 60);
      }
      // The delay is remembered: one look at each window after the first.
      expect(fake.heard.length).toBeLessThan(35);
      expect(clock.now()).toBeLessThan(START + 26 * MINUTE);
    },
  );

  it('sees the one bad minute in late data, and only that', async () => {
    const clock = fakeClock(START);
    const bad = (at: number) => ({ requests: 100, errors: at === START + 6 * MINUTE ? 50 : 0 });
    const fake = await datadog(
      clock,
      albAnswering(bad, 12 * MINUTE, () => clock.now()),
    );
    const { measurements } = await bench(fake.url, clock).measure(input({ count: 10, failureLimit: 5 }));
    expect(measurements.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(6).fill('PASS'),
      'FAIL',
      'PASS',
      'PASS',
      'PASS',
    ]);
  });

  it.each([
    ['an empty list of series', answer([])],
    ['a series without a point', answer([series(0, []), series(1, [])])],
    [
      'nothing but nulls',
      answer([
        series(0, [[START, null]]),
        series(1, [
          [START, null],
          [START + MINUTE, null],
        ]),
      ]),
    ],
    ['no series at all', { body: { status: 'ok', series: null } }],
  ])('ends in NO_DATA after maxDelay on %s, for all windows in one maxDelay', async (_, reply) => {
    const clock = fakeClock(START);
    const fake = await datadog(clock, () => reply);
    const { measurements } = await bench(fake.url, clock).measure(input({ count: 10 }));
    expect(measurements.map(({ outcome }) => outcome)).toEqual(Array(10).fill('NO_DATA'));
    expect(measurements[0]).not.toHaveProperty('delaySeconds');
    expect(measurements[0]!.reason).toBe("Datadog gave no point within 20m of the window's end.");
    expect(clock.now()).toBe(START + 30 * MINUTE);
  });

  it('ends in NO_DATA at once where data shows that the window had no request', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(
        (at) => (at < START + MINUTE ? undefined : { requests: 9, errors: 0 }),
        0,
        () => clock.now(),
      ),
    );
    const { measurements } = await bench(fake.url, clock).measure(input());
    expect(measurements[0]).toMatchObject({ outcome: 'NO_DATA' });
    expect(measurements[0]!.reason).toContain('data after it (newest bucket 08:01:00)');
    expect(clock.now()).toBeLessThan(START + 4 * MINUTE);
  });

  it('gives a window that never is complete as NOT_ENOUGH_DATA, or as FAIL when a complete bucket is outside', async () => {
    for (const [errors, outcome] of [
      [0, 'NOT_ENOUGH_DATA'],
      [50, 'FAIL'],
    ] as const) {
      const clock = fakeClock(START);
      // The source stops after the fourth minute.
      const stops = (at: number) => (at < START + 4 * MINUTE ? { requests: 100, errors } : undefined);
      const fake = await datadog(
        clock,
        albAnswering(stops, 0, () => clock.now()),
      );
      const { measurements } = await bench(fake.url, clock).measure(input({ interval: 10 * MINUTE }));
      expect(measurements[0]).toMatchObject({ outcome, newest: START + 3 * MINUTE });
    }
  });

  it('tries again after a 500 and judges then', async () => {
    const clock = fakeClock(START);
    const good = albAnswering(steady(0), 0, () => clock.now());
    const fake = await datadog(clock, (heard, count) =>
      count < 4 ? { status: 500, body: '<html>oops</html>' } : good(heard, count),
    );
    const { measurements, log } = await bench(fake.url, clock).measure(input());
    expect(measurements[0]!.outcome).toBe('PASS');
    expect(log.filter(({ level }) => level === 'warning').map(({ text }) => text)).toEqual([
      'metrics-0: Datadog answered 500: oops.',
    ]);
  });

  it('asks not before Retry-After is over', async () => {
    const clock = fakeClock(START);
    const good = albAnswering(steady(0), 0, () => clock.now());
    const fake = await datadog(clock, (heard, count) =>
      count === 1
        ? { status: 429, headers: { 'retry-after': '240', 'x-ratelimit-reset': '3' }, body: { errors: ['Rate limit'] } }
        : good(heard, count),
    );
    const { measurements, log } = await bench(fake.url, clock).measure(input());
    expect(measurements[0]!.outcome).toBe('PASS');
    expect(fake.heard[1]!.at - fake.heard[0]!.at).toBeGreaterThanOrEqual(240 * SECOND);
    expect(fake.heard[1]!.at - fake.heard[0]!.at).toBeLessThan(245 * SECOND);
    expect(log[0]!.text).toContain('rate limit is used up (429). It may be asked again in 240 s.');
  });

  it('ends in ERROR, not in a verdict, when the rate limit outlasts maxDelay', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(clock, () => ({
      status: 429,
      headers: { 'x-ratelimit-reset': '3600' },
      body: { errors: [] },
    }));
    const { measurements } = await bench(fake.url, clock).measure(input({ count: 2, errorLimit: 9 }));
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['ERROR', 'ERROR']);
    expect(fake.heard).toHaveLength(1);
    expect(measurements[1]!.reason).toContain('rate limit leaves no question');
    // Nothing is gained by waiting for a moment at which the source may not be asked either.
    expect(clock.now()).toBe(START + 2 * MINUTE);
  });

  it('waits for the next period when an answer says that nothing remains', async () => {
    const clock = fakeClock(START);
    const good = albAnswering(steady(0), 0, () => clock.now());
    const fake = await datadog(clock, (heard, count) => ({
      ...good(heard, count),
      headers: { 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '300' },
    }));
    const { measurements } = await bench(fake.url, clock).measure(input());
    expect(measurements[0]!.outcome).toBe('PASS');
    expect(fake.heard[1]!.at - fake.heard[0]!.at).toBeGreaterThanOrEqual(300 * SECOND);
  });

  it('ends in ERROR with the last error in words when the connection is refused for maxDelay', async () => {
    const clock = fakeClock(START);
    const fake = await startFakeDatadog(
      () => clock.now(),
      () => ({}),
    );
    await fake.close();
    const { measurements } = await bench(fake.url, clock).measure(input({ errorLimit: 0, count: 3 }));
    expect(measurements).toHaveLength(1);
    expect(measurements[0]).toMatchObject({ outcome: 'ERROR', query: QUOTIENT + ', ' + QUOTIENT.split(' / ')[1]! });
    expect(measurements[0]!.reason).toContain(`Datadog (${fake.url}) could not be reached: connect ECONNREFUSED`);
    expect(clock.now()).toBe(START + 21 * MINUTE);
  });

  it('ends in ERROR at once for a wrong key, names where it is and never its value', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(clock, () => ({ status: 403, body: { errors: ['Forbidden'] } }));
    const { measurements, log } = await bench(fake.url, clock).measure(input({ count: 2 }));
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['ERROR', 'ERROR']);
    expect(fake.heard).toHaveLength(2);
    expect(measurements[0]!.reason).toMatch(
      /403: Forbidden.*sample-datadog.*the file datadog-api-key.*DATADOG_APPLICATION_KEY/,
    );
    expect(JSON.stringify([measurements, log])).not.toContain('key-value');
    expect(clock.now()).toBe(START + 2 * MINUTE);
  });

  it('ends in ERROR for a provider that is not configured', async () => {
    const clock = fakeClock(START);
    const { measurements } = await bench('http://127.0.0.1:1', clock).measure(
      input({ provider: 'rf-sandbox-datadog' }),
    );
    expect(measurements[0]!.outcome).toBe('ERROR');
    expect(measurements[0]!.reason).toContain('No analysis provider rf-sandbox-datadog');
    expect(measurements[0]!.reason).toContain('sample-datadog');
  });

  it('judges a window that ended while the worker was down by one look, and does not take the hour for the delay', async () => {
    const clock = fakeClock(START + HOUR);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 2 * MINUTE, () => clock.now()),
    );
    const { measurements } = await bench(fake.url, clock).measure(input({ count: 3 }));
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS', 'PASS']);
    expect(fake.heard).toHaveLength(3);
    expect(measurements[0]!.delaySeconds).toBeLessThanOrEqual(4 * 60);
  });

  it('gives a source that errs right after that hour a minute before it ends in ERROR', async () => {
    const clock = fakeClock(START + HOUR);
    const good = albAnswering(steady(0), 0, () => clock.now());
    const fake = await datadog(clock, (heard, count) => (count === 1 ? { status: 502 } : good(heard, count)));
    const { measurements } = await bench(fake.url, clock).measure(input());
    expect(measurements[0]!.outcome).toBe('PASS');
  });

  it('tells the server of each verdict before it goes on, and a later attempt judges none of them again', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 0, () => clock.now()),
    );
    const first = bench(fake.url, clock, {
      fence: () => {
        const judged = (first.told.at(-1) as MeasureHeartbeat).measurements.length;
        first.told.push('fence');
        return judged < 2 ? Promise.resolve() : Promise.reject(new Error('the worker was cut off'));
      },
    });
    await expect(first.measure(input({ interval: 20 * SECOND, resolution: 10 * SECOND, count: 4 }))).rejects.toThrow(
      'cut off',
    );
    const last = first.told.filter((each): each is MeasureHeartbeat => each !== 'fence').at(-1)!;
    expect(last.measurements.map(({ window }) => window)).toEqual([1, 2]);

    const second = bench(fake.url, clock, { attempt: 2, lastHeartbeat: JSON.parse(JSON.stringify(last)) });
    const asked = fake.heard.length;
    const { measurements } = await second.measure(input({ interval: 20 * SECOND, resolution: 10 * SECOND, count: 4 }));
    expect(measurements.map(({ window }) => window)).toEqual([1, 2, 3, 4]);
    expect(measurements.slice(0, 2)).toEqual(last.measurements);
    expect(fake.heard.slice(asked).every(({ from }) => from >= START + 40 * SECOND)).toBe(true);
    expect((second.told[0] as MeasureHeartbeat).measurements).toHaveLength(2);
  });

  it('takes nothing from a heartbeat that is not its own or not readable', async () => {
    const clock = fakeClock(START + 5 * MINUTE);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 0, () => clock.now()),
    );
    const own = (await bench(fake.url, clock).measure(input())).measurements[0]!;
    for (const lastHeartbeat of [
      null,
      'x',
      { measurements: [{ ...own, metric: 'other' }], log: [] },
      { measurements: [{ ...own, outcome: 'GOOD' }], log: [] },
    ]) {
      const asked = fake.heard.length;
      const { measurements } = await bench(fake.url, clock, { lastHeartbeat }).measure(input());
      expect(measurements).toHaveLength(1);
      expect(fake.heard.length).toBe(asked + 1);
    }
  });

  it('heartbeats every second or so while it waits, and says what for', async () => {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 3 * MINUTE, () => clock.now()),
    );
    const { measure, told } = bench(fake.url, clock);
    await measure(input());
    expect(told.filter((each) => each !== 'fence').length).toBeGreaterThan(200);
    const details = told.flatMap((each) => (each === 'fence' ? [] : [each.detail]));
    expect(
      details.some((detail) => /its data is not complete yet \(looked \d+ times, next look at 08:0\d/.test(detail)),
    ).toBe(true);
  });

  it('stops when it is cancelled, while it waits and while an answer is on its way', async () => {
    const reason = new Error('cancelled by the workflow');
    const waiting = fakeClock(START);
    const one = bench('http://127.0.0.1:1', waiting);
    const stopped = one.measure(input());
    one.cancel.abort(reason);
    await expect(stopped).rejects.toBe(reason);

    const clock = fakeClock(START + HOUR);
    const fake = await datadog(clock, () => {
      setTimeout(() => two.cancel.abort(reason), 20);
      return { hang: true };
    });
    const two = bench(fake.url, clock);
    await expect(two.measure(input())).rejects.toBe(reason);
  });

  it('keeps its result small however many points and windows there are', async () => {
    const clock = fakeClock(START + 2 * HOUR);
    const points = Array.from({ length: 7200 }, (_, i): [number, number] => [
      START + i * SECOND,
      i === 1234 ? 0.009 : 0.001,
    ]);
    const fake = await datadog(clock, () => answer([series(0, points, { interval: 1 })]));
    const query = `avg:latency{${'tag:value,'.repeat(1000)}}`;
    const wide = await bench(fake.url, clock).measure(input({ query, interval: HOUR, resolution: SECOND }));
    expect(wide.measurements[0]!.points.length).toBeLessThanOrEqual(500);
    expect(wide.measurements[0]).toMatchObject({ outcome: 'PASS', value: 0.009 });
    expect(wide.measurements[0]!.points).toContainEqual({ at: START + 1234 * SECOND, value: 0.009 });
    const many = await bench(fake.url, clock).measure(
      input({ query, interval: 10 * SECOND, resolution: SECOND, count: 60 }),
    );
    expect(many.measurements).toHaveLength(60);
    expect(JSON.stringify(many.measurements).length).toBeLessThan(256 * 1024);
  });
});

describe('measure, and the traffic', () => {
  const traffic = { deployment: 'shop-1', wanted: { primary: 80, canary: 20 } } as Wanted;
  const moved = () => Promise.reject(ApplicationFailure.nonRetryable('The rule says 50/50.', FAILURE.changedByOthers));
  const seen = { detail: '', log: [], changes: [] };

  async function run(observe: (count: number) => Promise<typeof seen>) {
    const clock = fakeClock(START);
    const fake = await datadog(
      clock,
      albAnswering(steady(0), 0, () => clock.now()),
    );
    let count = 0;
    const result = bench(fake.url, clock, { observe: () => observe((count += 1)) }).measure(
      input({ count: 2 }, { traffic }),
    );
    return { result, looks: () => count };
  }

  it('is looked at once for each window that goes well', async () => {
    const { result, looks } = await run(() => Promise.resolve(seen));
    expect((await result).measurements.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS']);
    expect(looks()).toBe(2);
  });

  it('spoils the window in which it was moved and came back', async () => {
    const { result } = await run((count) => (count < 3 ? moved() : Promise.resolve(seen)));
    const { measurements } = await result;
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['NOT_ENOUGH_DATA', 'PASS']);
    expect(measurements[0]!.reason).toBe('The traffic was not as this deployment set it. The rule says 50/50.');
  });

  it('stops the deployment when it does not come back', async () => {
    const { result } = await run(moved);
    await expect(result).rejects.toMatchObject({ type: FAILURE.changedByOthers, nonRetryable: true });
  });

  it.each([
    new Error('Throttling: Rate exceeded'),
    ApplicationFailure.nonRetryable('AccessDenied: Rate exceeded', FAILURE.stage),
  ])('is not doubted because AWS did not answer: %s', async (error) => {
    const { result } = await run(() => Promise.reject(error));
    const { measurements, log } = await result;
    expect(measurements.map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS']);
    expect(log.some(({ text }) => text.includes('Rate exceeded'))).toBe(true);
  });
});
