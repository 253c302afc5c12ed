import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineAnalysisProvider } from '../../activities/doctor/analysis-provider.js';
import type { Clock } from '../../activities/context.js';
import { createMeasure } from '../../activities/metrics/measure.js';
import { createSources } from '../../activities/metrics/sources.js';
import type { SourceError } from '../../activities/metrics/source.js';
import { judgeWindow } from '../../analysis/judge.js';
import { alignUp, planWindows } from '../../analysis/windows.js';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import type { Point } from '../../model/evidence.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric } from '../analysis/support.js';
import { grammarMistake } from '../../spec/promql-grammar.js';
import { hasPrometheus, startPrometheus, startTarget, type RealPrometheus } from './real-prometheus.js';
import { openTestSecret, prometheusProvider } from './support.js';

const cancelled = new AbortController().signal;

function sourceAt(url: string, over: Partial<ThresholdMetric> = {}) {
  const m = metric({ provider: 'prom', source: 'PROMETHEUS', interval: MINUTE, ...over });
  const source = createSources([prometheusProvider(url)], openTestSecret)(m);
  return {
    m,
    source,
    ask: (from: number, now: number) => source.ask({ metric: m, from, now, cancelled }),
    confirm: (now: number) => source.confirm({ metric: m, now, cancelled }),
  };
}

async function refusal(promise: Promise<unknown>): Promise<SourceError> {
  return promise.then(
    (answer) => expect.fail(`an answer came: ${JSON.stringify(answer)}`),
    (error: unknown) => error as SourceError,
  );
}

function values(points: readonly Point[] | undefined): number[] {
  return (points ?? []).map(({ value }) => value);
}

describe.skipIf(!hasPrometheus)('a real Prometheus with a history', () => {
  /** The start of the window: the canary gets its traffic here. */
  const FROM = alignUp(Date.now() - 2 * HOUR, MINUTE);
  let prometheus: RealPrometheus;
  const open: RealPrometheus[] = [];

  beforeAll(async () => {
    // Scraped each 15 s. Before FROM half of the requests fail, from then on one in ten; nothing is counted twice or lost.
    const lines: Record<'all' | 'bad' | 'up', string[]> = { all: [], bad: [], up: [] };
    let [all, bad] = [0, 0];
    for (let at = FROM - 10 * MINUTE; at <= FROM + 10 * MINUTE; at += 15 * SECOND) {
      lines.all.push(`http_requests_total{job="shop",code="200"} ${all - bad} ${at / 1000}`);
      lines.bad.push(`http_requests_total{job="shop",code="500"} ${bad} ${at / 1000}`);
      if (at < FROM + 2 * MINUTE) lines.up.push(`queue_length{job="shop"} 7 ${at / 1000}`);
      all += 100;
      bad += at < FROM ? 50 : 10;
    }
    const history = [
      '# TYPE http_requests counter',
      ...lines.all,
      ...lines.bad,
      '# TYPE queue_length gauge',
      ...lines.up,
      '# EOF\n',
    ].join('\n');
    prometheus = await startPrometheus({ history });
    open.push(prometheus);
  }, 60_000);
  afterAll(() => Promise.all(open.map((each) => each.close())));

  const share = (range: string): string =>
    `sum(rate(http_requests_total{job="shop",code="500"}[${range}])) / sum(rate(http_requests_total{job="shop"}[${range}]))`;

  it('names a value by the start of the bucket that it tells of: none of the window’s holds what was before', async () => {
    const { ask } = sourceAt(prometheus.url, { query: share('1m') });
    const look = await ask(FROM, FROM + 3 * MINUTE + 20 * SECOND);
    expect(look.points.map(({ at }) => (at - FROM) / MINUTE)).toEqual([0, 1, 2]);
    for (const value of values(look.points)) expect(value).toBeCloseTo(0.1, 10);
    const before = await ask(FROM - MINUTE, FROM + MINUTE);
    expect(before.points[0]).toEqual({ at: FROM - MINUTE, value: expect.closeTo(0.5, 10) as number });
  });

  it('leaves out values that look back behind the window’s start', async () => {
    const { ask } = sourceAt(prometheus.url, { query: share('3m'), interval: 5 * MINUTE });
    const look = await ask(FROM, FROM + 5 * MINUTE);
    expect(look.points.map(({ at }) => (at - FROM) / MINUTE)).toEqual([2, 3, 4]);
    for (const value of values(look.points)) expect(value).toBeCloseTo(0.1, 10);
  });

  it('tells several series of one moment in one answer', async () => {
    const { source } = sourceAt(prometheus.url);
    const increase = (code: string): string => `sum(increase(http_requests_total{code=~"${code}"}[1m]))`;
    const answer = await source.read({
      wanted: [
        { id: 'canary.errors', query: `${increase('5..')} # failed`, variant: 'canary' },
        { id: 'canary.requests', query: increase('.+'), variant: 'canary' },
        { id: 'reference.errors', query: increase('4..'), variant: 'primary' },
        { id: 'reference.requests', query: increase('.+'), variant: 'primary' },
        { id: 'reference.watermark', query: `${increase('4..')} or vector(0)`, variant: 'primary' },
      ],
      from: FROM,
      now: FROM + 2 * MINUTE,
      resolution: MINUTE,
      timeout: 10 * SECOND,
      cancelled,
    });
    expect(values(answer.series['canary.errors'])).toEqual([40, 40].map((value) => expect.closeTo(value, 6) as number));
    expect(values(answer.series['canary.requests'])).toEqual([400, 400].map((v) => expect.closeTo(v, 6) as number));
    expect(answer.series['reference.errors']).toEqual([]);
    expect(answer.series['reference.watermark']).toEqual([]);
    expect(answer.series['reference.requests']).toEqual(answer.series['canary.requests']);
    expect(answer.bucket).toBe(MINUTE);
  });

  it('takes a quotient without errors as zero where there are requests, once its labels are seen to be right', async () => {
    const query = share('1m').replace('code="500"', 'code=~"503|504"');
    const { ask, confirm, m } = sourceAt(prometheus.url, { query, expected: { max: 0.01 } });
    const look = await ask(FROM, FROM + 2 * MINUTE);
    expect(look).toMatchObject({ points: [], absence: 'ZERO' });
    expect(values(look.denominator)).toHaveLength(2);
    const window = { window: 1, from: FROM, to: FROM + MINUTE };
    expect(judgeWindow(m, window, { look, query, judgedAt: 0 })).toMatchObject({
      outcome: 'PASS',
      value: 0,
      filled: 1,
    });
    expect(await confirm(Date.now())).toBeUndefined();
  });

  it.each([
    ['a metric', share('1m').replace('requests_total', 'request_total'), 'known no metric http_request_total'],
    ['a label', share('1m').replace('code=', 'cdoe='), 'has no label cdoe (it has code, job)'],
  ])('denies %s that is mistyped', async (_, query, words) => {
    const error = await refusal(sourceAt(prometheus.url, { query }).confirm(Date.now()));
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain(words);
  });

  it('does not confirm a value that no series ever had', async () => {
    const query = share('1m').replace('code="500"', 'code="5xx"');
    expect(await sourceAt(prometheus.url, { query }).confirm(Date.now())).toContain('Nothing shows that code="5xx"');
  });

  it('carries a gauge on for 5 minutes after its last sample, and not longer', async () => {
    const { ask } = sourceAt(prometheus.url, { query: 'queue_length' });
    const { points } = await ask(FROM, FROM + 10 * MINUTE);
    expect((points.at(-1)!.at - FROM) / MINUTE).toBe(5);
  });

  it('keeps 0/0 and x/0 out', async () => {
    const none = 'sum(rate(http_requests_total{code="404"}[1m]) or vector(0)) * 0';
    const { ask } = sourceAt(prometheus.url, { query: `${none} / (${none})` });
    expect((await ask(FROM, FROM + 2 * MINUTE)).points).toEqual([]);
    const infinite = sourceAt(prometheus.url, { query: `sum(queue_length) / (sum(queue_length) * 0)` });
    expect((await infinite.ask(FROM, FROM + 2 * MINUTE)).points).toEqual([]);
  });

  it('refuses several series, and says which', async () => {
    const error = await refusal(
      sourceAt(prometheus.url, { query: 'rate(http_requests_total[1m])' }).ask(FROM, FROM + MINUTE),
    );
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain('2 series for the query ({code="200", job="shop"}, {code="500", job="shop"})');
  });

  it.each([
    ['rate(queue_length[1m]', '1:22: parse error: unclosed left parenthesis'],
    ['nosuch(queue_length)', 'unknown function with name "nosuch"'],
    ['sum(rate(http_requests_total{code="500"}[1m])) + on(job) rate(http_requests_total[1m])', 'many-to-many'],
  ])('passes on why it cannot read %s', async (query, words) => {
    const error = await refusal(sourceAt(prometheus.url, { query }).ask(FROM, FROM + MINUTE));
    expect(error).toMatchObject({ kind: 'refused' });
    expect(error.message).toContain(words);
  });

  it.each([
    ['sum(\nrate(queue_length[1m])) +', 'at the end of sum(\nrate(queue_length[1m])) +: parse error'],
    ['queue_length\n+ )', 'line 2, column 3 of queue_length\n+ ): parse error'],
  ])('says in which of several queries an error is: %s', async (watermark, words) => {
    const error = await refusal(
      sourceAt(prometheus.url, { query: 'queue_length', watermark }).ask(FROM, FROM + MINUTE),
    );
    expect(error.message).toContain(words);
  });

  it.each([
    'sum(ratee(queue_length[1m]))',
    'sum by () rate(queue_length[1m])',
    'sum(rate(queue_length{code=500}[1m]))',
    'sum(rate(queue_length[1mm]))',
    'sum(rate(queue_length))',
    'sum(queue_length[1m])',
    'queue_length[1m] / 2',
    'sum(queue_length) +',
    'sum(queue_length) sum(queue_length)',
    'sum(rate((queue_length offset 5m)[5m:1m]))',
    'max(max_over_time(rate(queue_length[1m])[5m:]))',
    'sum(quantile_over_time(0.9, (queue_length[5m])))',
    'sum(rate(queue_length[1m] offset 5m))',
    'histogram_quantile(0.9, sum by (le) (rate(queue_length[1h30m])))',
    'sum(queue_length) > bool 2 or on () vector(0)',
    'predict_linear(queue_length[5m], 60)',
    'sum(queue_length) # and a comment )',
    '-sum(queue_length) ^ 2 % 1e3 * Inf',
    'absent(queue_length{job!~"a|b"})',
    'label_replace(queue_length, "a", "$1", "job", "(.*)")',
  ])('refuses what the lint warns of, and nothing else: %s', async (query) => {
    const parameters = new URLSearchParams({ query, start: `${FROM / 1000}`, end: `${FROM / 1000 + 60}`, step: '60' });
    const answer = await fetch(`${prometheus.url}/api/v1/query_range?${parameters.toString()}`);
    expect(answer.status).toBe(grammarMistake(query) ? 400 : 200);
  });

  it('refuses more than 11,000 points in its own words', async () => {
    const { ask } = sourceAt(prometheus.url, { query: 'queue_length', resolution: 10 });
    expect((await refusal(ask(FROM, FROM + MINUTE * 2))).message).toContain('11,000 points');
  });
});

describe.skipIf(!hasPrometheus)('a real Prometheus that scrapes a canary', () => {
  const began = Date.now();
  let down = false;
  let prometheus: RealPrometheus;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    const target = await startTarget(() => {
      if (down) return undefined;
      const seconds = (Date.now() - began) / 1000;
      return [
        '# TYPE http_requests_total counter',
        `http_requests_total{version="canary",code="200"} ${Math.floor(seconds * 80)}`,
        `http_requests_total{version="canary",code="500"} ${Math.floor(seconds * 20)}`,
        `http_requests_total{version="primary",code="200"} ${Math.floor(seconds * 400)}`,
        'temperature NaN',
        '# TYPE jobs_failed_total counter',
        'jobs_failed_total 0\n',
      ].join('\n');
    });
    open.push(target);
    prometheus = await startPrometheus({
      config: JSON.stringify({
        global: { scrape_interval: '500ms', scrape_timeout: '500ms' },
        scrape_configs: [{ job_name: 'canary', static_configs: [{ targets: [target.address] }] }],
      }),
    });
    open.push(prometheus);
    // A Prometheus begins to scrape up to 5 s after it is ready (its discovery gathers changes), and a busy machine adds to it.
    const scraped = async (): Promise<boolean> => {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=count_over_time(temperature[1m])>2`);
      return JSON.stringify(await answer.json()).includes('"job":"canary"');
    };
    while (!(await scraped())) await sleep(200);
  }, 60_000);
  afterAll(() => Promise.all(open.map((each) => each.close())));

  const share = (version: string): string =>
    `sum(rate(http_requests_total{version="${version}",code=~"5.."}[3s])) / sum(rate(http_requests_total{version="${version}"}[3s]))`;
  const over = { resolution: 3 * SECOND, delay: 2 * SECOND, interval: 6 * SECOND };

  it(
    'is measured window by window: the canary errs, the primary does not, nobody else is there',
    { timeout: 60_000 },
    async () => {
      const from = alignUp(Date.now() + 2 * SECOND, 3 * SECOND);
      const window = { window: 1, from, to: from + 6 * SECOND };
      await sleep(window.to + 2.2 * SECOND - Date.now());
      const judged = async (query: string, rest: Partial<ThresholdMetric> = {}) => {
        const { m, ask } = sourceAt(prometheus.url, { ...over, query, ...rest });
        const now = Date.now();
        return judgeWindow(m, window, { look: await ask(from, now), query, judgedAt: now });
      };

      const canary = await judged(share('canary'));
      expect(canary).toMatchObject({ outcome: 'FAIL' });
      expect(canary.value).toBeCloseTo(0.2, 1);
      expect(canary.points.map(({ at }) => at - from)).toEqual([0, 3 * SECOND]);
      expect(await judged(share('primary'))).toMatchObject({ outcome: 'PASS', value: 0, filled: 2 });
      expect(await judged(share('nobody'))).toMatchObject({ outcome: 'NO_DATA' });
      expect(await judged('temperature')).toMatchObject({ outcome: 'NO_DATA', points: [] });
      expect(await judged('sum(increase(jobs_failed_total[3s])) or vector(0)')).toMatchObject({
        outcome: 'PASS',
        value: 0,
      });
      expect(await judged('sum(increase(jobs_broken_total[3s])) or vector(0)', { watermark: 'sum(up)' })).toMatchObject(
        {
          outcome: 'PASS',
          value: 0,
        },
      );
      await expect(judged('sum(increase(jobs_broken_total[3s])) or vector(0)')).rejects.toMatchObject({
        kind: 'transient',
        message: expect.stringContaining('made up by its "or vector(…)"') as string,
      });
      const unknown = sourceAt(prometheus.url, { ...over, query: 'sum(increase(jobs_broken_total[3s])) or vector(0)' });
      await expect(unknown.confirm(Date.now())).rejects.toMatchObject({ kind: 'refused' });
    },
  );

  it('is judged by the activity, names and all', { timeout: 60_000 }, async () => {
    const clock: Clock = { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }) };
    const measure = createMeasure({
      sources: createSources([prometheusProvider(prometheus.url)], openTestSecret),
      observe: () => Promise.resolve({ detail: '', log: [], changes: [] }),
      readEvidence: () => Promise.resolve(undefined),
      context: () => ({
        clock,
        attempt: 1,
        scheduledAt: clock.now(),
        lastHeartbeat: undefined,
        heartbeat: () => undefined,
        fence: () => Promise.resolve(),
        cancelled,
      }),
    });
    const from = alignUp(Date.now(), 3 * SECOND);
    const judged = async (query: string, rest: Partial<ThresholdMetric> = {}) => {
      const { measurements } = await measure({
        deployment: 'shop-1',
        stage: 'stage-2',
        metric: metric({ provider: 'prom', source: 'PROMETHEUS', ...over, query, ...rest }),
        windows: planWindows(from, 6 * SECOND, 6 * SECOND),
        before: { failures: 0, consecutiveFailures: 0, errors: 0 },
      });
      return measurements[0]!;
    };
    const errors = 'sum(increase(http_requests_total{version="primary",code="500"}[3s]))';
    const sparse = { emptyValue: 0, watermark: 'sum(up)' };
    const [primary, canary, silent, mistyped] = await Promise.all([
      judged(share('primary')),
      judged(share('canary')),
      judged(errors, sparse),
      judged(errors.replace('requests', 'request'), sparse),
    ]);
    expect(primary).toMatchObject({ outcome: 'PASS', value: 0, filled: 2 });
    expect(canary).toMatchObject({ outcome: 'FAIL' });
    expect(silent).toMatchObject({ outcome: 'PASS', value: 0, filled: 2 });
    expect(mistyped).toMatchObject({ outcome: 'ERROR' });
    expect(mistyped.reason).toContain('known no metric http_request_total');
  });

  it('is examined by the doctor with a question of its own', async () => {
    const provider = prometheusProvider(prometheus.url);
    const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
    // The first bucket that the doctor sees ends a minute from the start; until then it sees no data.
    const checks = await examineAnalysisProvider(provider, createSources([provider], openTestSecret), clock);
    expect(checks).toEqual([
      {
        name: 'prom: query',
        ok: true,
        detail: expect.stringMatching(
          /^Prometheus \(http:\/\/127\.0\.0\.1:\d+\) answers, with(out)? data of targets that it scrapes in the last 15 minutes\.$/,
        ) as string,
      },
    ]);
  });

  it('has no points of a target that is gone, though Prometheus goes on', { timeout: 60_000 }, async () => {
    down = true;
    const from = alignUp(Date.now() + 4 * SECOND, 3 * SECOND);
    await sleep(from + 3.5 * SECOND - Date.now());
    const gauge = await sourceAt(prometheus.url, { ...over, query: 'sum(jobs_failed_total)' }).ask(from, Date.now());
    expect(gauge.points).toEqual([]);
    const alive = await sourceAt(prometheus.url, { ...over, query: 'sum(up)' }).ask(from, Date.now());
    expect(alive.points).toEqual([{ at: from, value: 0 }]);
  });
});
