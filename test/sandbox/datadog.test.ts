import { ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QueryError, parseQueries } from '../../sandbox/datadog/query.js';
import {
  BLUE,
  GREEN,
  HOSTNAME,
  LISTENER,
  START,
  createService,
  createTaskSet,
  register,
  startBench,
} from './example.js';
import type { Bench } from './example.js';

const SCOPE = `{env:prd,hostname:${HOSTNAME}}`;
const REQUESTS = `sum:aws.applicationelb.request_count${SCOPE}.as_count()`;
const ERRORS = `sum:aws.applicationelb.httpcode_elb_5xx${SCOPE}.as_count()`;
/** The seed user's query, with its line breaks. */
const SHARE = `${ERRORS}\n/\n${REQUESTS}\n`;
const KEYS = { 'DD-API-KEY': 'sandbox-api-key', 'DD-APPLICATION-KEY': 'sandbox-application-key' };

interface Answer {
  status: string;
  error?: string;
  series: {
    pointlist: [number, number | null][];
    tag_set: string[];
    query_index: number;
    interval: number;
    scope: string;
  }[];
}

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  await createService(bench.ecs);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:2'), GREEN, 50);
  bench.pass(120);
});
afterEach(() => bench.sandbox.close());

async function ask(query: string, headers: Record<string, string> = KEYS): Promise<Response> {
  const { now } = bench.sandbox.state();
  const to = Math.floor(Date.parse(now) / 1000);
  const parameters = new URLSearchParams({ from: String(START / 1000), to: String(to), query });
  return fetch(`${bench.sandbox.url}/api/v1/query?${parameters.toString()}`, { headers });
}

/** Points as [minute since the start, value]. */
async function points(query: string): Promise<[number, number | null][][]> {
  const answer = (await (await ask(query)).json()) as Answer;
  return answer.series.map(({ pointlist }) => pointlist.map(([time, value]) => [(time - START) / 60_000, value]));
}

async function route(blue: number, green: number): Promise<void> {
  const groups = [
    { TargetGroupArn: BLUE, Weight: blue },
    { TargetGroupArn: GREEN, Weight: green },
  ];
  await bench.elb.send(
    new ModifyListenerCommand({
      ListenerArn: LISTENER,
      DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: groups } }],
    }),
  );
}

describe('a query', () => {
  it('sees whole minutes late, the newest one in part, and nothing where there were no requests', async () => {
    bench.pass(150);
    // Four and a half minutes; what is older than two minutes has arrived. The first requests met no target: they are not counted.
    const [series] = await points(REQUESTS);
    expect(series).toEqual([
      [0, 2000],
      [1, 3000],
      [2, 1500],
      [3, null],
    ]);
    bench.pass(30);
    expect((await points(REQUESTS))[0]).toContainEqual([2, 3000]);
  });

  it('of errors has points only where there were errors', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:2', badGatewayRate: 0.5 });
    bench.pass(180);
    expect(await points(`sum:aws.applicationelb.httpcode_elb_5xx{hostname:${HOSTNAME},!env:prd}.as_count()`)).toEqual(
      [],
    );
    await route(90, 10);
    bench.pass(180);
    const [errors] = await points(ERRORS);
    expect(errors!.filter(([minute]) => minute > 0)).toEqual([
      [5, 150],
      [6, null],
    ]);
    const [share] = await points(SHARE);
    expect(share!.find(([minute]) => minute === 5)).toEqual([5, 0.05]);
    expect(share!.some(([minute]) => minute === 3)).toBe(false);
  });

  it('is divided by tags, and several are answered in their order', async () => {
    await route(80, 20);
    bench.pass(240);
    const answer = (await (
      await ask(
        `sum:aws.applicationelb.request_count{*} by {targetgroup}.as_count(), ${ERRORS}, avg:aws.applicationelb.healthy_host_count{targetgroup:targetgroup/green/*}`,
      )
    ).json()) as Answer;
    expect(answer.series.map(({ query_index, tag_set }) => [query_index, tag_set])).toEqual([
      [0, ['targetgroup:targetgroup/blue/1111111111111111']],
      [0, ['targetgroup:targetgroup/green/2222222222222222']],
      [1, []],
      [2, []],
    ]);
    const minuteThree = answer.series.map(({ pointlist }) => pointlist.find(([time]) => time === START + 180_000)?.[1]);
    expect(minuteThree).toEqual([2400, 600, undefined, 1]);
    expect(answer).toMatchObject({
      status: 'ok',
      res_type: 'time_series',
      from_date: START,
      series: [{ interval: 60 }, {}, {}, {}],
    });
  });

  it('does arithmetic with numbers and zeros', async () => {
    bench.pass(180);
    const at = async (query: string) => (await points(query))[0]?.find(([minute]) => minute === 1)?.[1];
    expect(await at(`(${REQUESTS} - 1000) / 100 + 2 * 3`)).toBe(26);
    expect(await at(`default_zero(${ERRORS}) / ${REQUESTS} * 100`)).toBe(0);
    expect(await at(`sum:aws.applicationelb.request_count{*}.as_rate()`)).toBe(50);
    expect(await at('avg:aws.applicationelb.target_response_time.average{*}')).toBe(0.02);
  });
});

describe('metadata', () => {
  async function metadata(metric: string, headers: Record<string, string> = KEYS): Promise<[number, unknown]> {
    const answer = await fetch(`${bench.sandbox.url}/api/v1/metrics/${metric}`, { headers });
    return [answer.status, await answer.json()];
  }

  it('is told of the metrics that there are, with or without a point, and of no other', async () => {
    expect(await metadata('aws.applicationelb.httpcode_elb_5xx')).toEqual([
      200,
      { type: 'gauge', integration: 'amazon_web_services', short_name: 'httpcode elb 5xx' },
    ]);
    expect((await metadata('aws.applicationelb.target_response_time.average'))[0]).toBe(200);
    for (const name of ['aws.applicationelb.httpcode_elb_5xxx', 'toString']) {
      expect(await metadata(name)).toEqual([404, { errors: ['metric_name not found'] }]);
    }
  });

  it('needs both keys', async () => {
    const name = 'aws.applicationelb.request_count';
    expect((await metadata(name, { ...KEYS, 'DD-APPLICATION-KEY': 'other' }))[0]).toBe(403);
    expect((await metadata(name, {}))[0]).toBe(401);
  });
});

describe('the keys', () => {
  it('are asked for', async () => {
    expect((await ask(REQUESTS, {})).status).toBe(401);
    const wrong = await ask(REQUESTS, { ...KEYS, 'DD-APPLICATION-KEY': 'wrong' });
    expect([wrong.status, await wrong.json()]).toEqual([403, { errors: ['Forbidden'] }]);
    const validate = await fetch(`${bench.sandbox.url}/api/v1/validate`, { headers: KEYS });
    expect([validate.status, await validate.json()]).toEqual([200, { valid: true }]);
  });
});

describe('a malformed query', () => {
  it.each(['sum:aws.applicationelb.request_count', 'sum:a{*} /', '(sum:a{*}', 'sum:a{*} sum:b{*}', 'sum:a{}', ''])(
    '%j is refused',
    async (query) => {
      expect((await ask(query)).status).toBe(400);
    },
  );

  it('is refused with its place', () => {
    expect(() => parseQueries('sum:a{*}\n/\nsum:b')).toThrow(QueryError);
    expect(() => parseQueries('sum:a{*}\n/\nsum:b')).toThrow('line 3, column 6');
  });
});

describe('faults of the source', () => {
  beforeEach(() => bench.pass(180));

  it('makes data later, without a trace in the time of the sandbox', async () => {
    await bench.panel('POST', '/faults', { kind: 'metrics', delaySeconds: 720 });
    expect(await points(REQUESTS)).toEqual([]);
    bench.pass(600);
    expect((await points(REQUESTS))[0]).toContainEqual([1, 3000]);
  });

  it('is silent from now on', async () => {
    await bench.panel('POST', '/faults', { kind: 'metrics', silence: true });
    bench.pass(600);
    const [series] = await points(REQUESTS);
    expect(series!.at(-1)).toEqual([5, null]);
  });

  it('answers with null tails, empty series, what is not JSON, and an error in a 200', async () => {
    await bench.panel('POST', '/faults', { id: 'f', kind: 'metrics', nullTail: 2 });
    expect((await points(REQUESTS))[0]!.slice(-3).map(([, value]) => value)).toEqual([null, null, null]);
    await bench.panel('POST', '/faults', { id: 'f', kind: 'metrics', emptySeries: true });
    expect(await points(REQUESTS)).toEqual([[]]);
    await bench.panel('POST', '/faults', { id: 'f', kind: 'metrics', malformed: true });
    await expect(points(REQUESTS)).rejects.toThrow(SyntaxError);
    await bench.panel('POST', '/faults', { id: 'f', kind: 'metrics', statusError: true });
    expect(await (await ask(REQUESTS)).json()).toMatchObject({ status: 'error' });
    await bench.panel('DELETE', '/faults/f');
    expect((await ask(REQUESTS)).status).toBe(200);
  });

  it('refuses for some calls, with the headers that say when to come again', async () => {
    await bench.panel('POST', '/faults', { kind: 'metrics', status: 429, retryAfter: 7, skip: 1, times: 2 });
    const statuses = [];
    for (let call = 0; call < 4; call += 1) {
      const answer = await ask(REQUESTS);
      statuses.push(answer.status);
      if (answer.status === 429) {
        expect(answer.headers.get('x-ratelimit-reset')).toBe('7');
        expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
      }
    }
    expect(statuses).toEqual([200, 429, 429, 200]);
    await bench.panel('POST', '/faults', { kind: 'metrics', refuseConnection: true, times: 1 });
    await expect(ask(REQUESTS)).rejects.toThrow();
    await bench.panel('POST', '/faults', { kind: 'metrics', refuseKey: true, times: 1 });
    expect((await ask(REQUESTS)).status).toBe(403);
  });

  it('tells its limits, and keeps to them', async () => {
    const { world } = bench.sandbox.state();
    world.datadog.rateLimit = 2;
    await bench.panel('PUT', '/world', world);
    const answers = [await ask(REQUESTS), await ask(REQUESTS), await ask(REQUESTS)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(answers[0]!.headers.get('x-ratelimit-remaining')).toBe('1');
    expect(answers[0]!.headers.get('x-ratelimit-period')).toBe('3600');
  });
});

describe('query/timeseries of v2', () => {
  interface Timeseries {
    errors?: string | string[];
    data?: {
      attributes: {
        series: { query_index: number; group_tags: string[] }[];
        times: number[];
        values: (number | null)[][];
      };
    };
  }

  async function timeseries(attributes: object): Promise<{ status: number; answer: Timeseries }> {
    const { now } = bench.sandbox.state();
    const body = {
      data: { type: 'timeseries_request', attributes: { from: START, to: Date.parse(now), ...attributes } },
    };
    const response = await fetch(`${bench.sandbox.url}/api/v2/query/timeseries`, {
      method: 'POST',
      headers: KEYS,
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Timeseries };
  }

  const requests = { data_source: 'metrics', name: 'a', query: REQUESTS };

  it('answers formulas over named queries: times once, for each series its values or null', async () => {
    bench.pass(150);
    const { answer } = await timeseries({
      queries: [requests],
      formulas: [{ formula: 'a' }, { formula: '(a + a) / 2e0 - default_zero(a)' }],
    });
    const { series, times, values } = answer.data!.attributes;
    expect(series.map(({ query_index }) => query_index)).toEqual([0, 1]);
    expect(times.map((time) => (time - START) / 60_000)).toEqual([0, 1, 2, 3]);
    expect(values).toEqual([
      [2000, 3000, 1500, null],
      [0, 0, 0, null],
    ]);
  });

  it('answers the queries alone, and a series for each group', async () => {
    bench.pass(150);
    const by = REQUESTS.replace('}.', '} by {targetgroup}.');
    const { answer } = await timeseries({ queries: [{ data_source: 'metrics', query: by }] });
    const { series } = answer.data!.attributes;
    expect(series.map(({ group_tags }) => group_tags)).toEqual([
      [expect.stringContaining('targetgroup:targetgroup/blue')],
    ]);
  });

  it.each([
    [{ queries: [] }, 'queries'],
    [{ queries: [{ ...requests, query: SHARE }] }, 'A query must name one metric'],
    [{ queries: [requests], formulas: [{ formula: 'a / b' }] }, "didn't match at 'b'"],
    [{ queries: [requests], to: START }, 'from must be before to'],
  ])('refuses %j', async (attributes, words) => {
    const { status, answer } = await timeseries(attributes);
    expect(status).toBe(400);
    expect(String(answer.errors)).toContain(words);
  });

  it('meets the faults of a metrics source', async () => {
    await bench.panel('POST', '/faults', { kind: 'metrics', statusError: true, times: 1 });
    const first = await timeseries({ queries: [requests] });
    expect(first).toMatchObject({
      status: 200,
      answer: { errors: expect.stringContaining('Internal error') as string },
    });
    await bench.panel('POST', '/faults', { kind: 'metrics', status: 429, retryAfter: 5, times: 1 });
    expect(await timeseries({ queries: [requests] })).toMatchObject({ status: 429 });
  });
});
