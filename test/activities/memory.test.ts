import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemory } from '../../activities/memory/memory.js';
import { connectTemporal, type TestTemporal } from '../support/temporal.js';

let temporal: TestTemporal;
beforeAll(async () => {
  temporal = await connectTemporal();
});
afterAll(() => temporal.close());

test('an analysis that was stopped before it began had measured nothing', async () => {
  const memory = createMemory({ client: temporal.client, readRunning: () => Promise.resolve(undefined) });
  expect(await memory.recallAnalysis({ deployment: 'shop-1', stage: 'stage-2' })).toEqual([]);
});
