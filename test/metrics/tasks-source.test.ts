import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTasksSource } from '../../activities/metrics/tasks/client.js';
import type { MetricSourceClient, WantedSeries } from '../../activities/metrics/source.js';
import type { TasksProvider } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import type { Point } from '../../model/evidence.js';
import type { TaskSetPlace } from '../../model/metric.js';
import { metric, START } from '../analysis/support.js';
import { fleet, manualClock, place, tasksProvider, type Fleet, type ManualClock } from './tasks-support.js';

const REQUESTS = 'http_requests_total';
const never = new AbortController().signal;

let tasks: Fleet;
let clock: ManualClock;

beforeEach(async () => {
  tasks = await fleet();
  clock = manualClock(START);
});

afterEach(async () => {
  await tasks.close();
});

function sourceOf(over: Partial<TasksProvider> = {}): MetricSourceClient {
  return createTasksSource(tasksProvider({ port: tasks.port, ...over }), { findTasks: tasks.findTasks, clock });
}

/** Asks for one query of the canary, with the buckets since START. */
async function pointsOf(source: MetricSourceClient, query: string, where: TaskSetPlace = place()): Promise<Point[]> {
  const wanted: WantedSeries[] = [{ id: 'it', query, variant: 'canary', place: where }];
  const { series } = await source.read({
    wanted,
    from: START,
    now: clock.now(),
    resolution: 10 * SECOND,
    timeout: 5 * SECOND,
    cancelled: never,
  });
  return [...(series['it'] ?? [])];
}

function at(seconds: number): number {
  return START + seconds * SECOND;
}

/** Seconds since START → value. */
function seen(points: readonly Point[]): Record<number, number> {
  return Object.fromEntries(points.map((point) => [(point.at - START) / SECOND, Math.round(point.value * 1e6) / 1e6]));
}

function counter(...series: [labels: string, value: number][]): string {
  return [
    '# TYPE http_requests_total counter',
    ...series.map(([labels, value]) => `${REQUESTS}${labels} ${value}`),
  ].join('\n');
}

/** Counts so many requests a second. */
function steady(perSecond: number, labels = '{status="200"}'): () => string {
  return () => counter([labels, 1000 + ((clock.now() - START) / SECOND) * perSecond]);
}

describe('counters', () => {
  it('tells how much they grew in each bucket, over all tasks, as soon as it is over', async () => {
    tasks.add(steady(2));
    tasks.add(steady(3));
    const source = sourceOf();
    expect(await pointsOf(source, REQUESTS)).toEqual([]);
    await clock.advanceTo(at(9));
    expect(await pointsOf(source, REQUESTS)).toEqual([]);
    await clock.advanceTo(at(30));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 50, 10: 50, 20: 50 });
    expect(seen(await pointsOf(source, `rate(${REQUESTS}) * 60`))).toEqual({ 0: 300, 10: 300, 20: 300 });
    await clock.advanceTo(at(40));
    expect(seen(await pointsOf(source, `rate(${REQUESTS})`))).toEqual({ 0: 5, 10: 5, 20: 5, 30: 5 });
  });

  it('begins at once with a query that comes later: its first bucket has a beginning', async () => {
    tasks.add(steady(2));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    expect(await pointsOf(source, `${REQUESTS}{status="200"}`)).toEqual([]);
    await clock.advanceTo(at(10));
    expect(seen(await pointsOf(source, `${REQUESTS}{status="200"}`))).toEqual({ 0: 20 });
  });

  it('counts a value that fell from 0, in each task and series by itself', async () => {
    let [ok, bad, other] = [100, 10, 1000];
    tasks.add(() => counter(['{status="200"}', ok], ['{status="500"}', bad]));
    tasks.add(() => counter(['{status="200"}', other]));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await pointsOf(source, `${REQUESTS}{status="500"}`);
    await clock.advanceTo(at(4));
    [ok, bad, other] = [7, 12, 1001];
    await clock.advanceTo(at(10));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 7 + 2 + 1 });
    expect(seen(await pointsOf(source, `${REQUESTS}{status="500"}`))).toEqual({ 0: 2 });
  });

  it('takes a series that is new in a known task as grown from 0, and none of a metric that is there as 0', async () => {
    let text = steady(10);
    tasks.add(() => text());
    const source = sourceOf();
    const errors = `${REQUESTS}{status=~"5.."}`;
    await pointsOf(source, errors);
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(13));
    text = () => counter(['{status="200"}', 1130], ['{status="503"}', 4]);
    await clock.advanceTo(at(20));
    expect(seen(await pointsOf(source, errors))).toEqual({ 0: 0, 10: 4 });
    expect(seen(await pointsOf(source, `${errors} / ${REQUESTS}`))).toEqual({ 0: 0, 10: 0.117647 });
  });

  it('has no point of a metric that was never shown, and none before it is', async () => {
    let more = '';
    const requests = steady(1);
    tasks.add(() => `${requests()}${more}`);
    const source = sourceOf();
    await pointsOf(source, 'errors_total');
    await clock.advanceTo(at(12));
    expect(await pointsOf(source, 'errors_total')).toEqual([]);
    more = '\nerrors_total 2';
    await clock.advanceTo(at(20));
    expect(seen(await pointsOf(source, 'errors_total'))).toEqual({ 10: 2 });
  });

  it('gives no point for nothing divided by nothing', async () => {
    tasks.add(() => counter(['{status="200"}', 5]));
    const source = sourceOf();
    const query = `${REQUESTS}{status=~"5.."} / ${REQUESTS}`;
    await pointsOf(source, query);
    await clock.advanceTo(at(10));
    expect(await pointsOf(source, query)).toEqual([]);
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 0 });
  });
});

describe('tasks that come and go', () => {
  it('counts one that comes within a bucket from its first scrape', async () => {
    tasks.add(steady(1));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(3));
    tasks.add(steady(100));
    await clock.advanceTo(at(20));
    // Listed anew at 10 s: from then on it counts.
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 10, 10: 1010 });
  });

  it('counts one that goes until its last scrape, and loses nothing of the others', async () => {
    tasks.add(steady(1));
    const dying = tasks.add(steady(100));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(17));
    dying.answer = () => 503;
    tasks.listed = tasks.listed.filter((task) => task !== dying);
    await clock.advanceTo(at(30));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 1010, 10: 10 + 500, 20: 10 });
  });

  it('believes ECS a little later that a silent task had died', async () => {
    tasks.add(steady(1));
    const dying = tasks.add(steady(100));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(16));
    dying.answer = () => 500;
    await clock.advanceTo(at(21));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 1010, 10: 510 });
    await clock.advanceTo(at(27));
    tasks.listed = tasks.listed.filter((task) => task !== dying);
    await clock.advanceTo(at(40));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 1010, 10: 510, 20: 10, 30: 10 });
  });

  it('gives no point while a task that runs cannot be scraped, and says why', async () => {
    tasks.add(steady(1));
    const hidden = tasks.add(steady(1));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(11));
    hidden.answer = () => 404;
    await clock.advanceTo(at(22));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 20 });
    await clock.advanceTo(at(60));
    await expect(pointsOf(source, REQUESTS)).rejects.toMatchObject({
      kind: 'transient',
      message: '1 of 2 tasks of the task set 1111111111111111111 could not be scraped: it answered 404 (task 0002).',
    });
  });

  it('bridges one lost scrape: what it would have told comes with the next', async () => {
    let lost = false;
    const text = steady(1);
    tasks.add(() => (lost ? 500 : text()));
    tasks.add(steady(1));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(8));
    lost = true;
    await clock.advanceTo(at(12));
    lost = false;
    await clock.advanceTo(at(20));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 0: 5 + 10, 10: 15 + 10 });
  });

  it('does not begin anew with one that is missing from the list for a moment', async () => {
    tasks.add(steady(1));
    tasks.add(steady(10));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    await clock.advanceTo(at(25));
    const all = tasks.listed;
    tasks.listed = all.slice(0, 1);
    await clock.advanceTo(at(35));
    tasks.listed = all;
    await clock.advanceTo(at(60));
    const points = await pointsOf(source, REQUESTS);
    expect(points.every(({ value }) => value >= 10 && value <= 110)).toBe(true);
    expect(points.at(-1)).toEqual({ at: at(50), value: 110 });
  });
});

describe('gauges and histograms', () => {
  it('takes what gauges were within a bucket', async () => {
    tasks.add(
      () => `# TYPE memory gauge\nmemory{area="heap"} ${clock.now() < at(5) ? 10 : 30}\nmemory{area="else"} NaN`,
    );
    tasks.add(() => '# TYPE memory gauge\nmemory{area="heap"} 100');
    const source = sourceOf();
    const all = ['avg(memory)', 'sum(memory)', 'max(memory)', 'min(memory)', 'max(memory{area="disk"})'];
    for (const query of all) await pointsOf(source, query);
    await clock.advanceTo(at(10));
    const values = await Promise.all(all.map((query) => pointsOf(source, query)));
    expect(values.map(seen)).toEqual([{ 0: 60 }, { 0: 120 }, { 0: 100 }, { 0: 10 }, {}]);
  });

  it('estimates quantiles as Prometheus does', async () => {
    let seconds = 0;
    tasks.add(() =>
      [
        '# TYPE d histogram',
        `d_bucket{le="0.1"} ${seconds * 50}`,
        `d_bucket{le="0.5"} ${seconds * 90}`,
        `d_bucket{le="+Inf"} ${seconds * 100}`,
        `d_count ${seconds * 100}`,
      ].join('\n'),
    );
    const source = sourceOf();
    const quantiles = [0, 0.25, 0.5, 0.7, 0.95].map((q) => `histogram_quantile(${q}, d_bucket)`);
    for (const query of quantiles) await pointsOf(source, query);
    await clock.advanceTo(at(7));
    seconds = 10;
    await clock.advanceTo(at(20));
    const values = await Promise.all(quantiles.map((query) => pointsOf(source, query)));
    // Nothing was observed in the second bucket.
    expect(values.map(seen)).toEqual([{ 0: 0 }, { 0: 0.05 }, { 0: 0.1 }, { 0: 0.3 }, { 0: 0.5 }]);
  });

  it('refuses to ask gauges how much they grew, and counters what they are', async () => {
    tasks.add(() => '# TYPE memory gauge\nmemory 1\n# TYPE http_requests_total counter\nhttp_requests_total 1');
    const source = sourceOf();
    await expect(pointsOf(source, 'memory')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('Write avg(memory)') as string,
    });
    await expect(pointsOf(source, 'sum(http_requests_total)')).rejects.toMatchObject({ kind: 'refused' });
  });
});

describe('what goes wrong', () => {
  const cases: [string, () => string | number | undefined, RegExp][] = [
    ['a status', () => 404, /it answered 404/],
    ['a page', () => 'ok\n<html>', /is no Prometheus exposition \(line 1: no value: ok\)/],
    ['nothing', () => '', /holds no metric/],
    ['a hanging task', () => undefined, /no answer within 0.1 s/],
  ];
  it.each(cases)('says so of %s', async (_, answer, message) => {
    tasks.add(answer);
    await expect(pointsOf(sourceOf({ timeout: 100 }), REQUESTS)).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringMatching(message) as string,
    });
  });

  it('says so of a refused connection, with the task', async () => {
    tasks.add(() => '');
    await expect(pointsOf(sourceOf({ port: 1 }), REQUESTS)).rejects.toMatchObject({
      kind: 'transient',
      message:
        'The only task of the task set 1111111111111111111 could not be scraped: connection refused (task 0001).',
    });
  });

  it('says so of a task without an address, of no tasks, and of a list that cannot be had', async () => {
    await expect(pointsOf(sourceOf(), REQUESTS)).rejects.toMatchObject({ message: /No task of .* runs/ });
    clock.scrapers = 2;
    tasks.listed = [{ taskArn: 'a/b', answer: () => '', scrapes: 0 }];
    await expect(pointsOf(sourceOf(), REQUESTS)).rejects.toMatchObject({ message: /no private address/ });
    tasks.problem = 'ECS said no.';
    await expect(pointsOf(sourceOf(), REQUESTS)).rejects.toMatchObject({
      kind: 'transient',
      message: 'The tasks of the task set 1111111111111111111 could not be listed: ECS said no.',
    });
  });

  it('refuses what cannot work: no task set, no such query, a bucket shorter than the interval', async () => {
    const source = sourceOf({ scrapeInterval: 15 * SECOND });
    await expect(pointsOf(source, REQUESTS)).rejects.toMatchObject({
      kind: 'refused',
      message: /shorter than the scrapeInterval/,
    });
    await expect(pointsOf(sourceOf(), 'rate(a[1m])')).rejects.toMatchObject({
      kind: 'refused',
      message: /character 7/,
    });
    const asked = { metric: metric({ query: REQUESTS }), from: START, now: START, cancelled: never };
    await expect(sourceOf().ask(asked)).rejects.toMatchObject({ kind: 'refused', message: /canary has no task set/ });
    expect(tasks.lists).toBe(0);
  });

  it('ends with the cancellation', async () => {
    tasks.add(() => undefined);
    const cancel = new AbortController();
    const wanted: WantedSeries[] = [{ id: 'it', query: REQUESTS, variant: 'canary', place: place() }];
    const common = { wanted, from: START, now: START, resolution: 10 * SECOND, timeout: 5 * SECOND };
    const asked = sourceOf().read({ ...common, cancelled: cancel.signal });
    cancel.abort(new Error('stopped'));
    await expect(asked).rejects.toThrow('stopped');
  });

  it('gives up a question that takes too long', async () => {
    tasks.add(() => undefined);
    const wanted: WantedSeries[] = [{ id: 'it', query: REQUESTS, variant: 'canary', place: place() }];
    const asked = { wanted, from: START, now: START, resolution: 10 * SECOND, timeout: 50, cancelled: never };
    await expect(sourceOf().read(asked)).rejects.toMatchObject({ kind: 'transient', message: /within 0.05 s/ });
  });
});

describe('the scraping', () => {
  it('ends when nobody has asked for 90 s, and begins anew', async () => {
    const task = tasks.add(steady(1));
    const source = sourceOf();
    await pointsOf(source, REQUESTS);
    clock.scrapers = 0;
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (let second = 5; second <= 200; second += 5) {
      await clock.advanceTo(at(second));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const before = task.scrapes;
    expect(before).toBeLessThanOrEqual(19);
    await clock.advanceTo(at(300));
    expect(task.scrapes).toBe(before);
    clock.scrapers = 1;
    expect(await pointsOf(source, REQUESTS)).toEqual([]);
    await clock.advanceTo(at(310));
    expect(seen(await pointsOf(source, REQUESTS))).toEqual({ 300: 10 });
  });

  it('asks ECS seldom, and remembers a quarter of an hour', async () => {
    tasks.add(steady(1));
    const source = sourceOf();
    for (let second = 0; second < 1200; second += 60) {
      await pointsOf(source, REQUESTS);
      await clock.advanceTo(at(second + 60));
    }
    expect(tasks.lists).toBeLessThanOrEqual(121);
    const points = await pointsOf(source, REQUESTS);
    expect(points.at(-1)?.at).toBe(at(1190));
    expect(points.length).toBeGreaterThanOrEqual(89);
    expect(points.length).toBeLessThanOrEqual(91);
  });
});

describe('one metric of a stage', () => {
  it('gives a quotient its denominator, whose absence of errors is zero', async () => {
    tasks.add(steady(2));
    const source = sourceOf();
    const query = `${REQUESTS}{status=~"5.."} / ${REQUESTS}`;
    const m = metric({ source: 'TASKS', provider: 'tasks', query, resolution: 10 * SECOND });
    const places = { taskSets: { canary: place() } };
    await source.ask({ metric: m, from: START, now: START, cancelled: never, places });
    await clock.advanceTo(at(10));
    expect(await source.ask({ metric: m, from: START, now: at(10), cancelled: never, places })).toEqual({
      query,
      points: [{ at: START, value: 0 }],
      denominator: [{ at: START, value: 20 }],
      absence: 'ZERO',
      bucket: 10 * SECOND,
      at: at(10),
    });
    expect(source.render(m)).toBe(query);
    expect(await source.confirm({ metric: m, now: at(10), cancelled: never, places })).toBeUndefined();
  });

  it('denies names and labels that the tasks do not show, with near ones', async () => {
    tasks.add(steady(2));
    const source = sourceOf();
    const confirm = (query: string) => source.confirm({ metric: metric({ query }), now: START, cancelled: never });
    await expect(confirm(REQUESTS)).rejects.toMatchObject({ kind: 'transient' });
    await pointsOf(source, `${REQUESTS}{stauts=~"5.."}`);
    await expect(confirm('http_request_total')).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('(near: http_requests_total)') as string,
    });
    await expect(confirm(`${REQUESTS}{stauts=~"5.."}`)).rejects.toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('has a label stauts (it has status)') as string,
    });
    expect(await confirm(`${REQUESTS}{status!~"2..",zone=""}`)).toBeUndefined();
  });
});
