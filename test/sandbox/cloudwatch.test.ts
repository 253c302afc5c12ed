import {
  CloudWatchClient,
  GetMetricDataCommand,
  ListMetricsCommand,
  type GetMetricDataCommandInput,
  type GetMetricDataCommandOutput,
  type MetricDataQuery,
} from '@aws-sdk/client-cloudwatch';
import { ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BLUE,
  createService,
  createTaskSet,
  GREEN,
  LISTENER,
  register,
  START,
  startBench,
  type Bench,
} from './example.js';

const LB = 'app/sluice-example/50dc6c495c0c9188';
const TG = { blue: 'targetgroup/blue/1111111111111111', green: 'targetgroup/green/2222222222222222' };

let bench: Bench;
let client: CloudWatchClient;
beforeEach(async () => {
  bench = await startBench();
  client = cloudWatch(bench);
  await createService(bench.ecs);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:2'), GREEN, 50);
  bench.pass(120);
  const groups = [
    { TargetGroupArn: BLUE, Weight: 80 },
    { TargetGroupArn: GREEN, Weight: 20 },
  ];
  await bench.elb.send(
    new ModifyListenerCommand({
      ListenerArn: LISTENER,
      DefaultActions: [{ Type: 'forward', ForwardConfig: { TargetGroups: groups } }],
    }),
  );
});
afterEach(() => bench.sandbox.close());

function cloudWatch({ sandbox }: Bench): CloudWatchClient {
  return new CloudWatchClient({
    endpoint: sandbox.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'AKIASANDBOX', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
}

function metric(Id: string, MetricName: string, group?: string, Stat = 'Sum', Period = 60): MetricDataQuery {
  const Dimensions = [
    { Name: 'LoadBalancer', Value: LB },
    ...(group === undefined ? [] : [{ Name: 'TargetGroup', Value: group }]),
  ];
  return { Id, MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName, Dimensions }, Period, Stat } };
}

async function ask(
  queries: MetricDataQuery[],
  over: Partial<GetMetricDataCommandInput> = {},
): Promise<GetMetricDataCommandOutput> {
  const now = Date.parse(bench.sandbox.state().now);
  return await client.send(
    new GetMetricDataCommand({
      MetricDataQueries: queries,
      StartTime: new Date(START),
      EndTime: new Date(Math.ceil((now + 1) / 60_000) * 60_000),
      ScanBy: 'TimestampAscending',
      ...over,
    }),
  );
}

/** By id, the points as [minute since the start, value]. */
function points({ MetricDataResults = [] }: GetMetricDataCommandOutput): Record<string, [number, number][]> {
  return Object.fromEntries(
    MetricDataResults.map(({ Id = '', Timestamps = [], Values = [] }) => [
      Id,
      Timestamps.map((at, index) => [(at.getTime() - START) / 60_000, Values[index]!]),
    ]),
  );
}

async function asked(...queries: MetricDataQuery[]) {
  return points(await ask(queries));
}

describe('GetMetricData', () => {
  it('tells counts of a load balancer and of its groups, late, and nothing where nothing was counted', async () => {
    bench.pass(240);
    const found = await asked(
      metric('all', 'RequestCount'),
      metric('green', 'RequestCount', TG.green),
      metric('ok', 'HTTPCode_Target_2XX_Count', TG.green),
      metric('errors', 'HTTPCode_Target_5XX_Count', TG.green),
      metric('elb', 'HTTPCode_ELB_5XX_Count'),
      metric('none', 'RequestCount', 'targetgroup/gren/2'),
    );
    // Six minutes passed; what is older than two has arrived.
    expect(found).toEqual({
      all: [
        [0, 2000],
        [1, 3000],
        [2, 3000],
        [3, 3000],
      ],
      green: [
        [2, 600],
        [3, 600],
      ],
      ok: [
        [2, 600],
        [3, 600],
      ],
      errors: [],
      // Before a task was there, and healthy.
      elb: [[0, 1500]],
      none: [],
    });
  });

  it('has a metric only with its own dimensions', async () => {
    bench.pass(240);
    const wrong = await asked(
      metric('hosts', 'HealthyHostCount'),
      metric('elb', 'HTTPCode_ELB_5XX_Count', TG.blue),
      {
        Id: 'alone',
        MetricStat: {
          Metric: {
            Namespace: 'AWS/ApplicationELB',
            MetricName: 'RequestCount',
            Dimensions: [{ Name: 'TargetGroup', Value: TG.blue }],
          },
          Period: 60,
          Stat: 'Sum',
        },
      },
      {
        Id: 'elsewhere',
        MetricStat: { Metric: { Namespace: 'AWS/ELB', MetricName: 'RequestCount' }, Period: 60, Stat: 'Sum' },
      },
    );
    expect(Object.values(wrong)).toEqual([[], [], [], []]);
  });

  it('tells errors, hosts and response times of a version by its group', async () => {
    await bench.panel('POST', '/faults', {
      kind: 'version',
      image: 'web:2',
      errorRate: 0.1,
      clientErrorRate: 0.05,
      responseMillis: 200,
    });
    bench.pass(300);
    const found = await asked(
      metric('e5', 'HTTPCode_Target_5XX_Count', TG.green),
      metric('e4', 'HTTPCode_Target_4XX_Count', TG.green),
      metric('hosts', 'HealthyHostCount', TG.blue, 'Average'),
      metric('sick', 'UnHealthyHostCount', TG.blue, 'Maximum'),
      metric('mean', 'TargetResponseTime', TG.green, 'Average'),
      metric('p50', 'TargetResponseTime', TG.green, 'p50'),
      metric('p99', 'TargetResponseTime', TG.green, 'p99'),
      metric('tm99', 'TargetResponseTime', TG.green, 'tm99'),
      metric('most', 'TargetResponseTime', TG.green, 'Maximum'),
      metric('count', 'TargetResponseTime', TG.green, 'SampleCount'),
      metric('blue', 'TargetResponseTime', TG.blue, 'p50'),
      metric('both', 'TargetResponseTime', undefined, 'Average'),
    );
    const at = (id: string) => found[id]!.find(([minute]) => minute === 3)?.[1];
    expect(at('e5')).toBe(60);
    expect(at('e4')).toBe(30);
    expect([at('hosts'), at('sick')]).toEqual([2, 0]);
    expect(at('mean')).toBeCloseTo(0.2, 6);
    expect(at('p50')).toBeCloseTo(0.2 * Math.LN2, 6);
    expect(at('p99')).toBeCloseTo(0.2 * Math.log(100), 6);
    expect(at('tm99')).toBeLessThan(0.2);
    expect(at('most')).toBeGreaterThan(at('p99')!);
    expect(at('count')).toBe(600);
    expect(at('blue')).toBeCloseTo(0.02 * Math.LN2, 6);
    expect(at('both')).toBeCloseTo(0.8 * 0.02 + 0.2 * 0.2, 6);
  });

  it('adds up over longer periods, and gives the newest first unless asked otherwise', async () => {
    bench.pass(240);
    const queries = [metric('m', 'RequestCount', undefined, 'Sum', 120)];
    expect(points(await ask(queries))).toEqual({
      m: [
        [0, 5000],
        [2, 6000],
      ],
    });
    expect(points(await ask(queries, { ScanBy: undefined }))).toEqual({
      m: [
        [2, 6000],
        [0, 5000],
      ],
    });
  });

  it('does metric math, where both sides have a point', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:2', errorRate: 0.5 });
    bench.pass(240);
    const hidden = [
      metric('e', 'HTTPCode_Target_5XX_Count', TG.green),
      metric('r', 'RequestCount', TG.green),
      metric('all', 'RequestCount'),
    ].map((each) => ({ ...each, ReturnData: false }));
    const found = await asked(
      ...hidden,
      { Id: 'share', Expression: '100 * e / r' },
      { Id: 'filled', Expression: 'FILL(e, 0) / all' },
      { Id: 'repeated', Expression: 'FILL(r, REPEAT)' },
      { Id: 'chosen', Expression: 'IF(all > 2500 AND all <= 3000, 1, -all ^ 1)' },
      { Id: 'added', Expression: 'SUM([e, r, 1])' },
      { Id: 'twice', Expression: 'share * 2' },
    );
    expect(found).toMatchObject({
      share: [
        [2, 50],
        [3, 50],
      ],
      filled: [
        [0, 0],
        [1, 0],
        [2, 0.1],
        [3, 0.1],
      ],
      repeated: [
        [2, 600],
        [3, 600],
        [4, 600],
        [5, 600],
        [6, 600],
      ],
      chosen: [
        [0, -2000],
        [1, 1],
        [2, 1],
        [3, 1],
      ],
      twice: [
        [2, 100],
        [3, 100],
      ],
    });
    expect(found['added']!.filter(([minute]) => minute < 4)).toEqual([
      [0, 1],
      [1, 1],
      [2, 901],
      [3, 901],
    ]);
  });

  it('says what fell out of a division by zero', async () => {
    bench.pass(240);
    const { MetricDataResults } = await ask([
      { ...metric('m', 'RequestCount'), ReturnData: false },
      { Id: 'e', Expression: 'm / (m - m)' },
    ]);
    expect(MetricDataResults).toMatchObject([
      { Id: 'e', Values: [], StatusCode: 'Complete', Messages: [{ Code: 'ArithmeticError' }] },
    ]);
  });

  it('answers a SELECT of Metrics Insights', async () => {
    bench.pass(240);
    const select = async (Expression: string) => points(await ask([{ Id: 'q', Expression, Period: 60 }]))['q'];
    const from = 'FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup)';
    expect(await select(`SELECT SUM(RequestCount) ${from}`)).toEqual([
      [0, 2000],
      [1, 3000],
      [2, 3000],
      [3, 3000],
    ]);
    expect(await select(`SELECT SUM(RequestCount) ${from} WHERE TargetGroup = '${TG.green}'`)).toEqual([
      [2, 600],
      [3, 600],
    ]);
    expect(
      await select(`select max(RequestCount) ${from} where TargetGroup != '${TG.green}' AND LoadBalancer = '${LB}'`),
    ).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
    const { MetricDataResults } = await ask([
      { Id: 'q', Expression: `SELECT AVG(TargetResponseTime) ${from} GROUP BY TargetGroup`, Period: 60 },
    ]);
    expect(MetricDataResults?.map(({ Label }) => Label)).toEqual([TG.blue, TG.green]);
  });

  it.each([
    [[metric('M', 'RequestCount')], {}, /M for parameter/],
    [[metric('m', 'RequestCount'), metric('m', 'RequestCount')], {}, /not unique/],
    [[{ Id: 'm' }], {}, /either MetricStat or Expression/],
    [[{ ...metric('m', 'RequestCount'), ReturnData: false }], {}, /ReturnData/],
    [[metric('m', 'RequestCount')], { EndTime: new Date(START) }, /StartTime must be less/],
    [[metric('m', 'RequestCount', undefined, 'Sum', 61)], {}, /Period must be/],
    [[metric('m', 'RequestCount', undefined, 'Median')], {}, /Median/],
    [[{ Id: 'e', Expression: 'm1 / 2' }], {}, /Unknown or circular id m1/],
    [[{ Id: 'e', Expression: 'e + 1' }], {}, /circular/],
    [[metric('m', 'RequestCount'), { Id: 'e', Expression: 'm /' }], {}, /Error in expression 'e': Syntax error/],
    [[metric('m', 'RequestCount'), { Id: 'e', Expression: 'NOSUCH(m)' }], {}, /Unsupported function NOSUCH/],
    [[metric('m', 'RequestCount'), { Id: 'e', Expression: 'SUM(m)' }], {}, /no time series/],
  ] as [MetricDataQuery[], Partial<GetMetricDataCommandInput>, RegExp][])(
    'refuses %j %j',
    async (queries, over, words) => {
      await expect(ask(queries, over)).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(words) as string,
        $metadata: { httpStatusCode: 400 },
      });
    },
  );

  it('gives many points page by page', async () => {
    bench.pass(240);
    const queries = [metric('a', 'RequestCount'), metric('b', 'RequestCount', TG.blue)];
    const first = await ask(queries, { MaxDatapoints: 5 });
    expect(first.MetricDataResults?.map(({ StatusCode, Values }) => [StatusCode, Values?.length])).toEqual([
      ['Complete', 4],
      ['PartialData', 1],
    ]);
    const second = await ask(queries, { MaxDatapoints: 5, NextToken: first.NextToken });
    expect(second.MetricDataResults?.map(({ StatusCode, Values }) => [StatusCode, Values?.length])).toEqual([
      ['Complete', 0],
      ['Complete', 3],
    ]);
    expect(second.NextToken).toBeUndefined();
  });
});

describe('a fault', () => {
  const one = () => ask([metric('m', 'RequestCount')]);

  it.each([
    [{ kind: 'metrics', delaySeconds: 0 }, 7],
    [{ kind: 'metrics', delaySeconds: 300 }, 2],
    [{ kind: 'metrics', nullTail: 1 }, 4],
    [{ kind: 'metrics', emptySeries: true }, 0],
  ])('%j leaves %i points', async (fault, count) => {
    bench.pass(241);
    await bench.panel('POST', '/faults', fault);
    expect(points(await one())['m']).toHaveLength(count);
  });

  it('of silence lets nothing arrive any more', async () => {
    bench.pass(240);
    await bench.panel('POST', '/faults', { kind: 'metrics', silence: true });
    bench.pass(600);
    expect(points(await one())['m']).toHaveLength(6);
  });

  it('gives half of the points, with a way to the rest or without', async () => {
    bench.pass(240);
    await bench.panel('POST', '/faults', { kind: 'metrics', partial: 'paged', times: 1 });
    const paged = await one();
    expect(paged.MetricDataResults).toMatchObject([{ StatusCode: 'PartialData', Values: [2000, 3000] }]);
    expect((await ask([metric('m', 'RequestCount')], { NextToken: paged.NextToken })).MetricDataResults).toMatchObject([
      { StatusCode: 'Complete', Values: [3000, 3000] },
    ]);
    await bench.panel('POST', '/faults', { kind: 'metrics', partial: 'cut', times: 1 });
    const cut = await one();
    expect(cut.MetricDataResults).toMatchObject([{ StatusCode: 'PartialData', Values: [2000, 3000] }]);
    expect(cut.NextToken).toBeUndefined();
  });

  it.each([
    [{ kind: 'metrics', status: 429 }, 'Throttling', 400],
    [{ kind: 'metrics', status: 500 }, 'InternalServiceFault', 500],
    [{ kind: 'metrics', refuseKey: true }, 'AccessDenied', 400],
    [{ kind: 'api', operation: 'GetMetricData', mode: 'throttle' }, 'Throttling', 400],
  ])('%j is %s', async (fault, name, status) => {
    await bench.panel('POST', '/faults', fault);
    await expect(one()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  it('inside a 200 is InternalError', async () => {
    await bench.panel('POST', '/faults', { kind: 'metrics', statusError: true });
    expect((await one()).MetricDataResults).toMatchObject([{ StatusCode: 'InternalError', Values: [] }]);
  });
});

it('ListMetrics has what was counted, with its dimensions', async () => {
  bench.pass(60);
  const listed = async (input: object) => (await client.send(new ListMetricsCommand(input))).Metrics;
  const namespace = { Namespace: 'AWS/ApplicationELB' };
  expect(await listed({ ...namespace, MetricName: 'RequestCount' })).toEqual([
    { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCount', Dimensions: [{ Name: 'LoadBalancer', Value: LB }] },
    {
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCount',
      Dimensions: [
        { Name: 'LoadBalancer', Value: LB },
        { Name: 'TargetGroup', Value: TG.blue },
      ],
    },
    {
      Namespace: 'AWS/ApplicationELB',
      MetricName: 'RequestCount',
      Dimensions: [
        { Name: 'LoadBalancer', Value: LB },
        { Name: 'TargetGroup', Value: TG.green },
      ],
    },
  ]);
  expect(await listed({ ...namespace, MetricName: 'HTTPCode_Target_5XX_Count' })).toEqual([]);
  expect(await listed({ ...namespace, Dimensions: [{ Name: 'TargetGroup', Value: TG.green }] })).not.toEqual([]);
  expect(await listed({ Namespace: 'Shop' })).toEqual([]);
});

it('runs as much faster as the sandbox', async () => {
  await bench.sandbox.close();
  bench = await startBench({ speed: 20 });
  client = cloudWatch(bench);
  await createService(bench.ecs);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
  bench.pass(30);
  const now = new Date(START + 30_000);
  const { MetricDataResults } = await ask([metric('m', 'RequestCount', undefined, 'Sum', 3)], { EndTime: now });
  const { Timestamps = [], Values = [] } = MetricDataResults![0]!;
  expect(Timestamps.at(-1)!.getTime() - Timestamps.at(-2)!.getTime()).toBe(3_000);
  expect(Values.at(-1)).toBe(150);
});
