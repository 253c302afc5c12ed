import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWhole, sluice, temporaryFolder } from './support.js';

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

const tasksOf = async (spec: string) =>
  (await loadWhole(folder, [sluice(spec)])).analysisProviders.filter(({ type }) => type === 'TASKS');

describe('the tasks as a source', () => {
  it('are there without any configuration', async () => {
    expect(await tasksOf('ecsProviders: []')).toEqual([
      { name: 'tasks', type: 'TASKS', path: '/metrics', timeout: 2_000, resolution: 10_000, maxDelay: 60_000 },
    ]);
  });

  it('are as they are configured, and once', async () => {
    const spec =
      'analysisProviders: [{name: tasks, type: TASKS, path: /stats, port: 9100, scrapeInterval: 1s, resolution: 5s}]';
    expect(await tasksOf(spec)).toMatchObject([
      { name: 'tasks', path: '/stats', port: 9100, scrapeInterval: 1_000, resolution: 5_000 },
    ]);
  });

  it('leave their name to another provider that has it', async () => {
    const spec = 'analysisProviders: [{name: tasks, type: PROMETHEUS, address: "http://127.0.0.1:9090"}]';
    expect(await tasksOf(spec)).toEqual([]);
  });
});
