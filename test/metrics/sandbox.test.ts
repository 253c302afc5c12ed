import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Clock } from '../../activities/context.js';
import { createMeasure } from '../../activities/metrics/measure.js';
import { createSources } from '../../activities/metrics/sources.js';
import { planWindows } from '../../analysis/windows.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import { metric } from '../analysis/support.js';
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
  type Bench,
} from '../sandbox/example.js';
import { provider } from './support.js';

const SCOPE = `{env:prd,hostname:${HOSTNAME}}`;
/** The seed user's query, with its line breaks; on the targets' errors, which the fault panel makes. */
const SHARE = `sum:aws.applicationelb.httpcode_target_5xx${SCOPE}.as_count()\n/\nsum:aws.applicationelb.request_count${SCOPE}.as_count()\n`;

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
  await createService(bench.ecs);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:2'), GREEN, 50);
  bench.pass(120);
  await bench.elb.send(
    new ModifyListenerCommand({
      ListenerArn: LISTENER,
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: BLUE, Weight: 80 },
              { TargetGroupArn: GREEN, Weight: 20 },
            ],
          },
        },
      ],
    }),
  );
});
afterEach(() => bench.sandbox.close());

async function measured(over: Partial<ThresholdMetric> = {}, apiVersion: 'v1' | 'v2' = 'v1') {
  const now = () => Date.parse(bench.sandbox.state().now);
  const clock: Clock = {
    now,
    async sleep(ms) {
      bench.pass(ms / SECOND);
      await setImmediate();
    },
  };
  const keys = {
    apiKey: { base64: 'sandbox-api-key' },
    applicationKey: { base64: 'sandbox-application-key' },
  };
  const m = metric({ query: SHARE, interval: MINUTE, ...over });
  const measure = createMeasure({
    readEvidence: () => Promise.resolve(undefined),
    sources: createSources([{ ...provider(bench.sandbox.url), ...keys, apiVersion }], (ref) =>
      Promise.resolve('base64' in ref ? ref.base64 : ''),
    ),
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
  const { measurements } = await measure({
    deployment: 'shop-1',
    stage: 'stage-2',
    metric: m,
    windows: planWindows(START + 3 * MINUTE, 3 * m.interval, m.interval),
    before: { failures: 0, consecutiveFailures: 0, errors: 0 },
  });
  return measurements;
}

it('measures a service without errors on the sandbox as zero', async () => {
  const measurements = await measured();
  expect(measurements.map(({ outcome, value, filled }) => [outcome, value, filled])).toEqual([
    ['PASS', 0, 1],
    ['PASS', 0, 1],
    ['PASS', 0, 1],
  ]);
});

it('measures the seed user’s own query on the load balancer’s 5xx as zero and passes without any', async () => {
  const query = SHARE.replace('httpcode_target_5xx', 'httpcode_elb_5xx');
  const measurements = await measured({ query });
  expect(measurements.map(({ outcome, value }) => [outcome, value])).toEqual(Array(3).fill(['PASS', 0]));
});

it.each([
  [
    'metric',
    SHARE.replace('target_5xx', 'target_5x'),
    'ERROR',
    'knows no metric aws.applicationelb.httpcode_target_5x:',
  ],
  [
    'metric under a default',
    `default_zero(${SHARE.replace('5xx', '5x').replace('\n/', ') /')}`,
    'ERROR',
    'knows no metric',
  ],
  ['tag', SHARE.replace('env:prd', 'env:prod'), 'NO_DATA', 'under other tags'],
])('never passes a version that errs when a %s of the numerator is mistyped', async (_, query, outcome, words) => {
  await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 1 });
  const measurements = await measured({ query, errorLimit: 9 });
  expect(measurements.map((each) => each.outcome)).toEqual(Array(3).fill(outcome));
  expect(measurements[0]!.reason).toContain(words);
});

it('fails a version that errs, at the share of the traffic that it gets', async () => {
  await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 0.5 });
  const [first, ...others] = await measured();
  expect(others).toEqual([]);
  expect(first).toMatchObject({ outcome: 'FAIL' });
  expect(first!.value).toBeCloseTo(0.1, 2);
});

it('judges data that is 12 minutes late, and none of silence', async () => {
  await bench.panel('POST', '/faults', { kind: 'metrics', delaySeconds: 720, nullTail: 1 });
  expect((await measured()).map(({ outcome }) => outcome)).toEqual(['PASS', 'PASS', 'PASS']);
  await bench.panel('POST', '/faults', { kind: 'metrics', emptySeries: true });
  expect((await measured()).map(({ outcome }) => outcome)).toEqual(['NO_DATA', 'NO_DATA', 'NO_DATA']);
});

it('tells a wrong key and a query that the source cannot read from a verdict', async () => {
  await bench.panel('POST', '/faults', { kind: 'metrics', refuseKey: true });
  expect((await measured({ errorLimit: 0 }))[0]).toMatchObject({ outcome: 'ERROR' });
  await bench.panel('DELETE', '/faults');
  const [unreadable] = await measured({ query: 'sum:(', errorLimit: 0 });
  expect(unreadable).toMatchObject({ outcome: 'ERROR' });
  expect(unreadable!.reason).toContain('Datadog cannot read the query');
});

it('measures no errors as zero by the second version of Datadog’s API', async () => {
  expect((await measured({}, 'v2')).map(({ outcome, value }) => [outcome, value])).toEqual(Array(3).fill(['PASS', 0]));
  const defaulted = `100 * default_zero(${SHARE.replace('\n/', ') /')}`;
  expect((await measured({ query: defaulted }, 'v2')).map(({ outcome, value }) => [outcome, value])).toEqual(
    Array(3).fill(['PASS', 0]),
  );
});

it('fails a version that errs by the second version of the API, and no other trouble', async () => {
  await bench.panel('POST', '/faults', { kind: 'version', image: 'example/web:2', errorRate: 0.5 });
  const [failed] = await measured({}, 'v2');
  expect(failed).toMatchObject({ outcome: 'FAIL' });
  expect(failed!.value).toBeCloseTo(0.1, 2);
  await bench.panel('POST', '/faults', { kind: 'metrics', statusError: true });
  expect((await measured({ errorLimit: 0 }, 'v2'))[0]).toMatchObject({
    outcome: 'ERROR',
    reason: expect.stringContaining('Internal error while running the query') as string,
  });
});
