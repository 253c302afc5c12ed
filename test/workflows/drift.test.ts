import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DriftActivities } from '../../activities/drift.js';
import type { DriftLook } from '../../model/drift.js';
import { driftQuery, lookForDriftUpdate } from '../../workflows/messages.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { timeSkippingTemporal } from '../support/temporal.js';

const SYNCED: DriftLook = { status: 'SYNCED', reason: 'All is well.', deployment: 'web-1', differences: [] };
const MOVED: DriftLook = {
  status: 'OUT_OF_SYNC',
  reason: 'The weights differ.',
  deployment: 'web-1',
  differences: [{ path: 'listener[rule 1].weights', deployed: '100/0', running: '90/10' }],
};

interface Cloud {
  sees: () => DriftLook;
  looks: number;
}

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let cloud: Cloud;
let handle: WorkflowHandle;
let count = 0;
let app = '';

const activities: DriftActivities = {
  lookForDrift: () => {
    cloud.looks += 1;
    return Promise.resolve(cloud.sees());
  },
};

beforeAll(async () => {
  env = await timeSkippingTemporal();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowBundle: await workflowBundle(),
    activities,
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});
beforeEach(async () => {
  cloud = { sees: () => SYNCED, looks: 0 };
  app = `web${++count}`;
  handle = await env.client.workflow.start('drift', {
    taskQueue: 'test',
    workflowId: `drift:${app}`,
    args: [{ app }],
  });
});
afterEach(async ({ task }) => {
  if (isRecording) await record(env.client, `drift:${app}`, `drift ${task.name}`);
  await handle.terminate();
});

const look = (): Promise<unknown> => handle.executeUpdate(lookForDriftUpdate);

test('one who asks hears what is seen now, and it is remembered', async () => {
  expect(await look()).toMatchObject({ app, ...SYNCED });
  cloud.sees = () => MOVED;
  expect(await look()).toMatchObject({ app, ...MOVED, lookedAt: expect.stringMatching(/Z$/) as string });
  expect(await handle.query(driftQuery)).toMatchObject({ last: MOVED });
  const { memo } = await handle.describe();
  expect(memo).toMatchObject({ drift: { app, ...MOVED } });
});

test('those who ask at once share one look', async () => {
  const answers = await Promise.all([look(), look(), look()]);
  expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
});

test('a look that fails is UNKNOWN, with the reason, and never in sync', async () => {
  await look();
  cloud.sees = () => {
    throw ApplicationFailure.nonRetryable('AWS refused: ClusterNotFoundException', 'Stage');
  };
  expect(await look()).toMatchObject({
    status: 'UNKNOWN',
    reason: 'The look at AWS failed: AWS refused: ClusterNotFoundException',
    differences: [],
  });
  cloud.looks = 0;
  cloud.sees = () => {
    throw new Error('throttled');
  };
  expect(await look()).toMatchObject({ status: 'UNKNOWN', reason: 'The look at AWS failed: throttled' });
  expect(cloud.looks).toBe(3);
});
