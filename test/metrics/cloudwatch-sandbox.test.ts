import { setImmediate } from 'node:timers/promises';
import { ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Clock } from '../../activities/context.js';
import { createMeasure } from '../../activities/metrics/measure.js';
import { createSources } from '../../activities/metrics/sources.js';
import { planWindows } from '../../analysis/windows.js';
import type { CloudWatchProvider } from '../../config/server.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric } from '../analysis/support.js';
import {
  BLUE,
  GREEN,
  LISTENER,
  START,
  createService,
  createTaskSet,
  register,
  startBench,
  type Bench,
} from '../sandbox/example.js';

const LB = 'LoadBalancer=app/sluice-example/50dc6c495c0c9188';
const TG = {
  blue: 'TargetGroup=targetgroup/blue/1111111111111111',
  green: 'TargetGroup=targetgroup/green/2222222222222222',
};
const GREEN_ONLY = `{${LB},${TG.green}}`;
const SHARE = `Sum:AWS/ApplicationELB.HTTPCode_Target_5XX_Count${GREEN_ONLY}\n/\nSum:AWS/ApplicationELB.RequestCount${GREEN_ONLY}\n`;
const PROVIDER: CloudWatchProvider = {
  name: 'cw',
  type: 'CLOUDWATCH',
  region: 'eu-central-1',
  maxDelay: 10 * MINUTE,
  resolution: MINUTE,
};

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  vi.stubEnv('AWS_ENDPOINT_URL', bench.sandbox.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', '123456789012');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
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
afterEach(async () => {
  vi.unstubAllEnvs();
  await bench.sandbox.close();
});

function now(): number {
  return Date.parse(bench.sandbox.state().now);
}

function measuring(provider: CloudWatchProvider = PROVIDER) {
  const clock: Clock = {
    now,
    async sleep(ms) {
      bench.pass(ms / SECOND);
      await setImmediate();
    },
  };
  const sources = createSources([provider], () => Promise.reject(new Error('CloudWatch has no secret')));
  const measure = createMeasure({
    readEvidence: () => Promise.resolve(undefined),
    sources,
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
  const measured = async (over: Partial<ThresholdMetric> = {}) => {
    const m = metric({
      provider: provider.name,
      source: 'CLOUDWATCH',
      query: SHARE,
      interval: MINUTE,
      maxDelay: provider.maxDelay,
      ...over,
    });
    const { measurements } = await measure({
      deployment: 'shop-1',
      stage: 'stage-2',
      metric: m,
      windows: planWindows(START + 3 * MINUTE, 3 * m.interval, m.interval),
      before: { failures: 0, consecutiveFailures: 0, errors: 0 },
    });
    return measurements;
  };
  return { sources, measured };
}

/** How many GetMetricData and ListMetrics there were. */
async function calls(operation: string): Promise<number> {
  const { calls: all } = await bench.panel<{ calls: { operation: string }[] }>('GET', '/calls');
  return all.filter((call) => call.operation === operation).length;
}

describe('a share of errors in CloudWatch', () => {
  it('is zero for a version without errors, whose count is reported only when it is not zero', async () => {
    const measurements = await measuring().measured();
    expect(measurements.map(({ outcome, value, filled }) => [outcome, value, filled])).toEqual(
      Array(3).fill(['PASS', 0, 1]),
    );
    expect(measurements[0]!.query).toBe(`${SHARE.trim().replaceAll('\n', ' ')}; ${SHARE.split('\n')[2]!}`);
    expect(measurements[0]!.delaySeconds).toBeGreaterThanOrEqual(120);
    expect(measurements[0]!.delaySeconds).toBeLessThan(240);
    expect(await calls('ListMetrics')).toBe(0);
  });

  it('is the version’s own, whatever the others do', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 0.5 });
    const [first, ...others] = await measuring().measured();
    expect(others).toEqual([]);
    expect(first).toMatchObject({ outcome: 'FAIL', value: 0.5 });
    const old = await measuring().measured({ query: SHARE.replaceAll(TG.green, TG.blue) });
    expect(old.map(({ outcome, value }) => [outcome, value])).toEqual(Array(3).fill(['PASS', 0]));
  });

  it('is judged by FILL too, though that makes points up before the data is there', async () => {
    const query = SHARE.replace(/^(Sum:\S+)/, 'FILL($1, 0)');
    expect((await measuring().measured({ query })).map(({ outcome, value }) => [outcome, value])).toEqual(
      Array(3).fill(['PASS', 0]),
    );
    await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 0.5 });
    bench.pass(600);
    const late = `FILL(${SHARE.split('\n')[0]!}, 0)`;
    const measurements = await measuring().measured({
      query: late,
      expected: { max: 100 },
      interval: 5 * MINUTE,
      errorLimit: 9,
    });
    expect(measurements.map(({ outcome }) => outcome)).toContain('FAIL');
  });

  it.each([
    [
      'metric',
      SHARE.replace('5XX', '5X'),
      'ERROR',
      'CloudWatch knows no metric HTTPCode_Target_5X_Count in AWS/ApplicationELB',
    ],
    [
      'metric under FILL',
      SHARE.replace(/^(Sum:\S+)/, 'FILL($1, 0)').replace('5XX', '5X'),
      'ERROR',
      'CloudWatch knows no metric',
    ],
    ['namespace', SHARE.replace('AWS/ApplicationELB', 'AWS/ApplicationElb'), 'NO_DATA', 'under other dimensions'],
    ['dimension', SHARE.replace('green/222', 'gren/222'), 'NO_DATA', 'under other dimensions'],
    [
      'group’s metric of the whole load balancer',
      SHARE.replace('Target_5XX', 'ELB_5XX'),
      'ERROR',
      'counted for the whole load balancer',
    ],
  ])('never passes a version that errs when a %s is mistyped', async (_, query, outcome, words) => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 1 });
    const measurements = await measuring().measured({ query, errorLimit: 9 });
    expect(measurements.map((each) => each.outcome)).toEqual(Array(3).fill(outcome));
    expect(measurements[0]!.reason).toContain(words);
  });

  it('is judged from data that is late, in pages, and at its end in part, and never from a part alone', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 0.5 });
    await bench.panel('POST', '/faults', { kind: 'metrics', delaySeconds: 480, partial: 'paged' });
    expect((await measuring().measured())[0]).toMatchObject({ outcome: 'FAIL', value: 0.5 });
    await bench.panel('DELETE', '/faults');
    await bench.panel('POST', '/faults', { kind: 'metrics', partial: 'cut' });
    const [cut] = await measuring().measured({ errorLimit: 0 });
    expect(cut).toMatchObject({ outcome: 'ERROR' });
    expect(cut!.reason).toContain('CloudWatch gave only a part of the data');
  });

  it('has no verdict in silence', async () => {
    await bench.panel('POST', '/faults', { kind: 'metrics', silence: true });
    const measurements = await measuring().measured();
    expect(measurements.map(({ outcome }) => outcome)).toEqual(Array(3).fill('NO_DATA'));
    expect(measurements[0]!.reason).toBe("CloudWatch gave no point within 10m of the window's end.");
  });
});

it.each([
  ['Average:AWS/ApplicationELB.TargetResponseTime', { max: 0.2001, min: 0.1999 }],
  ['p99:AWS/ApplicationELB.TargetResponseTime', { max: 0.922, min: 0.92 }],
  ['Maximum:AWS/ApplicationELB.UnHealthyHostCount', { max: 0 }],
  ['Minimum:AWS/ApplicationELB.HealthyHostCount', { min: 1 }],
])('%s of a slow version is measured', async (name, expected) => {
  await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', responseMillis: 200 });
  const measurements = await measuring().measured({ query: `${name}${GREEN_ONLY}`, expected });
  expect(measurements.map(({ outcome }) => outcome)).toEqual(Array(3).fill('PASS'));
});

it('a SELECT of Metrics Insights is measured, and one of several series is refused', async () => {
  const select = 'SELECT SUM(RequestCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup)';
  expect(
    await measuring().measured({
      query: `${select} WHERE TargetGroup = 'targetgroup/green/2222222222222222'`,
      expected: { min: 600, max: 600 },
    }),
  ).toHaveLength(3);
  const [several] = await measuring().measured({ query: `${select} GROUP BY TargetGroup`, errorLimit: 0 });
  expect(several).toMatchObject({ outcome: 'ERROR' });
  expect(several!.reason).toContain('2 series for the query');
});

it('several series of both versions come in one call, as does all that is asked at the same moment', async () => {
  await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 0.1 });
  bench.pass(360);
  const { sources } = measuring();
  const source = sources({ provider: 'cw', source: 'CLOUDWATCH' });
  const count = (name: string, group: string) => `Sum:AWS/ApplicationELB.${name}{${group},${LB}}`;
  const sides = [
    ['canary', TG.green],
    ['primary', TG.blue],
  ] as const;
  const wanted = sides.flatMap(([variant, group]) => [
    { id: `${variant}.errors`, query: count('HTTPCode_Target_5XX_Count', group), variant },
    { id: `${variant}.requests`, query: count('RequestCount', group), variant },
  ]);
  const cancelled = new AbortController().signal;
  const question = { wanted, from: START + 3 * MINUTE, now: now(), resolution: MINUTE, timeout: 5 * SECOND, cancelled };
  const [answer] = await Promise.all([
    source.read(question),
    source.ask({
      metric: metric({ source: 'CLOUDWATCH', query: SHARE }),
      from: START + 5 * MINUTE,
      now: now(),
      cancelled,
    }),
  ]);
  expect(answer).toMatchObject({ bucket: MINUTE, at: now() });
  const minute = (id: string) => answer.series[id]?.find(({ at }) => at === START + 4 * MINUTE)?.value;
  expect(wanted.map(({ id }) => minute(id))).toEqual([60, 600, undefined, 2400]);
  expect(await calls('GetMetricData')).toBe(1);
});

it('tells what CloudWatch refuses from a verdict, and waits for what may pass', async () => {
  await bench.panel('POST', '/faults', { kind: 'metrics', refuseKey: true });
  const [denied] = await measuring().measured({ errorLimit: 0 });
  expect(denied).toMatchObject({ outcome: 'ERROR' });
  expect(denied!.reason).toContain('Allow cloudwatch:GetMetricData to the identity of the provider cw');
  await bench.panel('DELETE', '/faults');
  const [unreadable] = await measuring().measured({ query: `NOSUCH(${SHARE})`, errorLimit: 0 });
  expect(unreadable).toMatchObject({ outcome: 'ERROR' });
  expect(unreadable!.reason).toContain('Unsupported function NOSUCH');
  await bench.panel('POST', '/faults', { kind: 'metrics', status: 429, times: 2 });
  expect((await measuring().measured()).map(({ outcome }) => outcome)).toEqual(Array(3).fill('PASS'));
});

it('assumes a role, in a session of its own', async () => {
  const roleArn = 'arn:aws:iam::210987654321:role/metrics';
  const measurements = await measuring({ ...PROVIDER, roleArn }).measured();
  expect(measurements[0]).toMatchObject({ outcome: 'PASS' });
  const { calls: all } = await bench.panel<{ calls: { operation: string; parameters: object }[] }>('GET', '/calls');
  expect(all).toContainEqual(
    expect.objectContaining({
      operation: 'AssumeRole',
      parameters: expect.objectContaining({ RoleArn: roleArn, RoleSessionName: 'sluice-metrics' }) as object,
    }),
  );
});
