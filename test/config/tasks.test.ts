import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECOND } from '../../model/duration.js';
import { loadWhole as load, refusal, sluice, temporaryFolder } from './support.js';

let folder = '';
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

describe('a provider of type TASKS', () => {
  const WRITTEN =
    '{path: /internal/metrics, port: 9100, scrapeInterval: 2s, timeout: 1s, resolution: 4s, maxDelay: 20s}';
  const READ = {
    type: 'TASKS',
    path: '/internal/metrics',
    port: 9100,
    scrapeInterval: 2 * SECOND,
    timeout: SECOND,
    resolution: 4 * SECOND,
    maxDelay: 20 * SECOND,
  };

  it('is read in Sluice’s own document, besides the one that is always there', async () => {
    const { analysisProviders } = await load(folder, [
      sluice(`analysisProviders: [{name: mine, type: TASKS, ${WRITTEN.slice(1)}]`),
    ]);
    expect(analysisProviders).toEqual([{ name: 'mine', ...READ }, expect.objectContaining({ name: 'tasks' })]);
  });

  it('may stand in a Piped document, and take the place of the one that is always there', async () => {
    const { analysisProviders } = await load(folder, [
      `apiVersion: pipecd.dev/v1beta1\nkind: Piped\nspec:\n  analysisProviders: [{name: tasks, type: tasks, config: ${WRITTEN}}]`,
    ]);
    expect(analysisProviders).toEqual([{ name: 'tasks', ...READ }]);
  });

  it.each([
    ['path: metrics', 'path', /must be a path/],
    ['port: 0', 'port', /./],
    ['scrapeInterval: 11s', 'scrapeInterval', /longer than resolution/],
    ['delay: 2m', 'delay', /longer than maxDelay/],
  ])('is refused for %s', async (field, at, message) => {
    expect(await refusal(folder, [sluice(`analysisProviders: [{name: t, type: TASKS, ${field}}]`)])).toContainEqual(
      expect.objectContaining({
        field: `spec.analysisProviders[0].${at}`,
        message: expect.stringMatching(message) as string,
      }),
    );
  });
});
