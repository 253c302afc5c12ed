import { randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActivityContext } from '../../activities/context.js';
import type { MeasureInput, MeasureResult } from '../../activities/measure.js';
import { createMeasure } from '../../activities/metrics/measure.js';
import type { MetricSourceClient, SeriesQuestion } from '../../activities/metrics/source.js';
import { HOUR, MINUTE, SECOND } from '../../model/duration.js';
import type { AnalysisResult, Point } from '../../model/evidence.js';
import type { ComparedMetric, Metric } from '../../model/metric.js';
import type { AnalysisInput } from '../../workflows/messages.js';
import { fakeClock } from '../metrics/support.js';
import { workflowBundle } from '../support/bundle.js';
import { analysisStage, thresholdMetric } from '../support/release.js';
import { timeSkippingTemporal } from '../support/temporal.js';

// Issue: a stage of 24 hours with windows of 10 seconds and five metrics. The judging is the real one; the source answers from memory.
const INTERVAL = 10 * SECOND;
const DURATION = 24 * HOUR;
const WINDOWS = DURATION / INTERVAL;

/** Where Temporal begins to warn, and what a run must stay under. */
const EVENTS_WARNED = 10_240;
const BYTES_WARNED = 10 * 1024 * 1024;
const CARRIED_AT_MOST = 256 * 1024;

const common = {
  interval: INTERVAL,
  resolution: INTERVAL,
  maxDelay: MINUTE,
  source: 'TASKS',
  provider: 'tasks',
} as const;

function compared(name: string, over: Partial<ComparedMetric>): ComparedMetric {
  const { failureLimit, skipOnNoData, timeout, minMeasured, errorLimit, dryRun } = thresholdMetric();
  return {
    ...common,
    ...{ failureLimit, skipOnNoData, timeout, minMeasured, errorLimit, dryRun },
    name,
    query: name,
    strategy: 'CANARY_PRIMARY',
    test: 'SEQUENTIAL',
    kind: 'COUNTS',
    canary: { errors: 'errors of the canary', requests: 'requests of the canary' },
    reference: {
      variant: 'primary',
      queries: { errors: 'errors of the primary', requests: 'requests of the primary' },
    },
    deviation: 'HIGH',
    tolerance: 1,
    alpha: 0.025,
    ...over,
  };
}

const values = {
  kind: 'VALUE',
  canary: { value: 'latency of the canary' },
  reference: { variant: 'primary', queries: { value: 'latency of the primary' } },
} as const;

const METRICS: Metric[] = [
  thresholdMetric({ ...common, name: 'cpu', query: 'cpu', expected: { max: 90 } }),
  compared('errors', {}),
  compared('latency', values),
  thresholdMetric({ ...common, name: 'memory', query: 'memory', expected: { min: 1, max: 90 } }),
  compared('slo', { strategy: 'THRESHOLD', expected: { max: 0.05 } }),
];

/** The same for every bucket and question, and no line: a good version under steady traffic. */
function noise(at: number, salt: string): number {
  let hash = 2166136261;
  for (const character of `${at}${salt}`) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return (hash >>> 0) / 2 ** 32;
}

function valueOf(query: string, at: number): number {
  if (query.startsWith('errors')) return noise(at, query) < 0.1 ? 1 : 0;
  if (query.startsWith('requests')) return 90 + Math.floor(20 * noise(at, query));
  return 50 + 20 * noise(at, query);
}

/** Whole buckets from the one that holds `from` to now. */
function pointsOf(query: string, from: number, now: number): Point[] {
  const points: Point[] = [];
  for (let at = Math.floor(from / INTERVAL) * INTERVAL; at + INTERVAL <= now; at += INTERVAL) {
    points.push({ at, value: valueOf(query, at) });
  }
  return points;
}

const source: MetricSourceClient = {
  render: ({ query }) => query,
  ask: ({ metric, from, now }) =>
    Promise.resolve({ query: metric.query, points: pointsOf(metric.query, from, now), bucket: INTERVAL, at: now }),
  read: ({ wanted, from, now }: SeriesQuestion) =>
    Promise.resolve({
      series: Object.fromEntries(wanted.map(({ id, query }) => [id, pointsOf(query, from, now)])),
      bucket: INTERVAL,
      at: now,
    }),
  confirm: () => Promise.resolve(undefined),
};

/** Time within an activity passes as in the fake clock, so that a chunk of five minutes is judged at once. */
function skippingContext(): ActivityContext {
  const { info, cancellationSignal } = Context.current();
  return {
    clock: fakeClock(info.currentAttemptScheduledTimestampMs),
    attempt: 1,
    scheduledAt: info.scheduledTimestampMs,
    lastHeartbeat: undefined,
    heartbeat: () => undefined,
    fence: () => Promise.resolve(),
    cancelled: cancellationSignal,
  };
}

/** What is looked at of a history's events. */
interface Event {
  workflowExecutionContinuedAsNewEventAttributes?: {
    newExecutionRunId?: string;
    input?: { payloads?: { data?: Uint8Array }[] };
  };
}

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
const judgedWindows = new Map<string, number[]>();
let largestResult = 0;
/** Bytes of the worker's JavaScript heap after a collection, every two hours of the analysis. */
const heap: number[] = [];
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

beforeAll(async () => {
  env = await timeSkippingTemporal();
  const measure = createMeasure({
    sources: () => source,
    observe: () => Promise.resolve({ detail: '', log: [], changes: [] }),
    readEvidence: () => Promise.resolve(undefined),
    context: skippingContext,
  });
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowBundle: await workflowBundle(),
    activities: {
      async measure(input: MeasureInput): Promise<MeasureResult> {
        const result = await measure(input);
        const windows = judgedWindows.get(input.metric.name) ?? [];
        windows.push(...result.measurements.map(({ window }) => window));
        judgedWindows.set(input.metric.name, windows);
        largestResult = Math.max(largestResult, Buffer.byteLength(JSON.stringify(result)));
        if (windows.length % 720 === 0 && input.metric.name === 'cpu') {
          collect();
          heap.push(process.memoryUsage().heapUsed);
        }
        return result;
      },
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});

test('24 hours of 10-second windows and five metrics are judged window by window, in histories that stay small', async () => {
  const stage = analysisStage({ duration: DURATION, maxDuration: DURATION, timeout: 30 * HOUR, metrics: METRICS });
  const input: AnalysisInput = { app: 'shop', deployment: 'shop-1', stage, beganAt: await env.currentTimeMs() };
  const workflowId = `analysis:${randomUUID()}`;
  const handle = await env.client.workflow.start<(input: AnalysisInput) => Promise<AnalysisResult>>('analysis', {
    workflowId,
    taskQueue: 'test',
    args: [input],
  });
  const first = handle.firstExecutionRunId;
  const result = await handle.result();
  expect(result.metrics.map(({ metric, verdict }) => [metric, verdict])).toEqual(
    METRICS.map(({ name }) => [name, 'PASS']),
  );
  const all = Array.from({ length: WINDOWS }, (_, index) => index + 1);
  for (const { name } of METRICS) expect(judgedWindows.get(name)).toEqual(all);

  const runs: { events: number; bytes: number; carried: number }[] = [];
  for (let runId: string | undefined = first; runId !== undefined;) {
    const { events } = (await env.client.workflow.getHandle(workflowId, runId).fetchHistory()) as { events: Event[] };
    const next = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
    const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0);
    const carried = next?.input?.payloads?.[0]?.data?.length ?? 0;
    runs.push({ events: events.length, bytes, carried });
    runId = next?.newExecutionRunId;
  }
  const largest = (of: keyof (typeof runs)[number]): number => Math.max(...runs.map((run) => run[of]));
  expect(runs.length).toBeGreaterThan(5);
  expect(largest('events')).toBeLessThan(EVENTS_WARNED);
  expect(largest('bytes')).toBeLessThan(BYTES_WARNED);
  // What goes on from run to run does not grow with them.
  expect(largest('carried')).toBeLessThan(CARRIED_AT_MOST);
  expect(largest('carried')).toBeLessThan(1.1 * (runs[0]?.carried ?? 0));
  expect(largestResult).toBeLessThan(CARRIED_AT_MOST);
  expect(heap.length).toBe(12);
  expect(Math.max(...heap.slice(6))).toBeLessThan(1.25 * Math.max(...heap.slice(0, 6)));
}, 300_000);
