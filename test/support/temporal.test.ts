import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectTemporal, timeSkippingTemporal, type TestTemporal } from './temporal.js';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await connectTemporal();
});
afterAll(() => temporal.close());

test('a fresh namespace takes a workflow at once', async () => {
  const workflowsPath = new URL('./sleeper.ts', import.meta.url).pathname;
  const worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: 'support',
    workflowsPath,
  });
  const result: unknown = await worker.runUntil(
    temporal.client.workflow.execute('sleeper', { taskQueue: 'support', workflowId: 'one', args: [10] }),
  );
  expect(result).toBe('slept 10 ms');
});

test('the time-skipping server passes a day in a moment', async () => {
  const environment = await timeSkippingTemporal();
  const workflowsPath = new URL('./sleeper.ts', import.meta.url).pathname;
  const worker = await Worker.create({ connection: environment.nativeConnection, taskQueue: 'support', workflowsPath });
  const began = Date.now();
  const result: unknown = await worker.runUntil(
    environment.client.workflow.execute('sleeper', { taskQueue: 'support', workflowId: 'day', args: [86_400_000] }),
  );
  expect(result).toBe('slept 86400000 ms');
  expect(Date.now() - began).toBeLessThan(30_000);
  await environment.teardown();
});
