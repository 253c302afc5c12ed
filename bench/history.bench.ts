import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, test, type TestContext } from 'vitest';
import { HOUR, MINUTE, SECOND, type Millis } from '../model/duration.js';
import { analysisWorkflowId, deploymentWorkflowId } from '../model/workflow-id.js';
import { workflowBundle } from '../test/support/bundle.js';
import { analysisStage, canaryPipeline, thresholdMetric } from '../test/support/release.js';
import { timeSkippingTemporal } from '../test/support/temporal.js';
import { registerSearchAttributes } from '../worker/namespace.js';
import { goSignal } from '../workflows/messages.js';
import type { DeploymentInput } from '../workflows/messages.js';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.js';
import type { Figure } from './figure.js';
import { fullRelease, measurement, progress, QUERY, scriptedActivities } from './scripted.js';

const { History } = temporal.api.history.v1;
/** Of the source, as the seed's: ALB's metrics are one point a minute. */
const BUCKET = MINUTE;

let env: TestWorkflowEnvironment;
const workers: Worker[] = [];
let running: Promise<void>[];

beforeAll(async () => {
  env = await timeSkippingTemporal();
  await registerSearchAttributes(env.nativeConnection, 'default', SEARCH_ATTRIBUTES);
  const common = { connection: env.nativeConnection };
  workers.push(
    await Worker.create({
      ...common,
      taskQueue: 'sluice',
      workflowBundle: await workflowBundle(),
      activities: scriptedActivities(),
    }),
    await Worker.create({
      ...common,
      taskQueue: 'plain',
      workflowsPath: new URL('./baseline-workflows.ts', import.meta.url).pathname,
      activities: {
        deliver: () => Promise.resolve(progress(20)),
        judge: (window: number) => {
          const from = Date.now();
          const metric = { name: 'metrics-0', resolution: BUCKET };
          return Promise.resolve(measurement({ window, from, to: from + BUCKET }, metric));
        },
      },
    }),
  );
  running = workers.map((worker) => worker.run());
});
afterAll(async () => {
  for (const worker of workers) worker.shutdown();
  await Promise.all(running);
  await env.teardown();
});

interface Size {
  events: number;
  bytes: number;
}

/** The history of a workflow and of the runs that it continued as. */
async function sizeOf(client: Client, workflowId: string): Promise<Size> {
  const size = { events: 0, bytes: 0 };
  for (let runId: string | undefined = await firstRun(client, workflowId); runId;) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    size.events += history.events?.length ?? 0;
    size.bytes += History.encode(history).finish().length;
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return size;
}

async function firstRun(client: Client, workflowId: string): Promise<string | undefined> {
  const history = await client.workflow.getHandle(workflowId).fetchHistory();
  return history.events?.[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? undefined;
}

/** A whole canary of the product, to its promotion: the deployment and its analysis together. */
async function canary(id: string, duration: Millis, interval: Millis): Promise<Size> {
  const resolution = Math.min(BUCKET, interval);
  const metric = thresholdMetric({ interval, resolution, query: QUERY });
  const stage = analysisStage({ timeout: 2 * duration, duration, maxDuration: duration, metrics: [metric] });
  const input: DeploymentInput = {
    id,
    app: 'shop',
    n: 1,
    uid: '0c6f6d32-6de9-41cf-af1f-c996dabbec0e',
    release: fullRelease({ pipeline: canaryPipeline(stage), timeout: 3 * duration }),
    strategy: 'AUTO',
    trigger: { by: 'ci', at: Date.now() },
    adopt: false,
  };
  const handle = await env.client.workflow.start('deployment', {
    taskQueue: 'sluice',
    workflowId: deploymentWorkflowId(id),
    args: [input],
  });
  await handle.signal(goSignal);
  const { status } = (await handle.result()) as { status: string };
  if (status !== 'SUCCEEDED') throw new Error(`The measured canary ended ${status}.`);
  const sizes = [
    await sizeOf(env.client, deploymentWorkflowId(id)),
    await sizeOf(env.client, analysisWorkflowId(id, 'stage-2')),
  ];
  return {
    events: sizes.reduce((sum, { events }) => sum + events, 0),
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** The same canary as a plain loop. */
async function plain(id: string, duration: Millis, interval: Millis): Promise<Size> {
  const options = { taskQueue: 'plain', workflowId: id, args: [{ windows: duration / interval, interval }] };
  await env.client.workflow.execute('plainCanary', options);
  return sizeOf(env.client, id);
}

function figures(name: string, ours: Size, theirs: Size, aim: number): Figure[] {
  const loop = 'a timer and an activity for each window, nothing to watch';
  return [
    {
      name: `events of ${name}`,
      unit: 'events',
      value: ours.events,
      runs: [ours.events],
      aim,
      baseline: { name: loop, value: theirs.events },
    },
    {
      name: `bytes of ${name}`,
      unit: 'bytes',
      value: ours.bytes,
      runs: [ours.bytes],
      baseline: { name: loop, value: theirs.bytes },
    },
  ];
}

async function measure(
  { task }: TestContext,
  name: string,
  duration: Millis,
  interval: Millis,
  aim: number,
): Promise<void> {
  const ours = await canary(`shop-${interval}`, duration, interval);
  const theirs = await plain(`plain-${interval}`, duration, interval);
  task.meta.figures = figures(name, ours, theirs, aim);
}

test('the history of a canary of 30 minutes in windows of 10', (context) =>
  measure(context, 'a 30m/10m canary, deployment and analysis', 30 * MINUTE, 10 * MINUTE, 150));

test('the history of a canary of 6 hours in windows of 30 seconds', (context) =>
  measure(context, 'a 6h/30s canary, deployment and analysis', 6 * HOUR, 30 * SECOND, 4_000));
