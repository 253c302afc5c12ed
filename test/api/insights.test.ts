import type { Client } from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import { afterEach, expect, it } from 'vitest';
import { readInsights } from '../../api/temporal/insights.js';
import { insightLines } from '../../cli/commands/insights.js';
import { DAY, HOUR } from '../../model/duration.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { insightsAnswer } from '../../spec/http-answers.js';
import { SluiceLabels } from '../../workflows/search-attributes.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';
import { deploymentDocument } from './support/fake-gateway.js';

let server: ApiServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const TO = Date.UTC(2026, 10, 28);
const at = (before: number): string => new Date(TO - before).toISOString();

function row(id: string, labels: string[], over: Partial<DeploymentDocument>) {
  const document = deploymentDocument({
    id,
    app: id.split('-')[0] ?? '',
    trigger: { by: 'ci', at: at(2 * HOUR) },
    ...over,
  });
  return {
    workflowId: `deployment:${id}`,
    memo: { document },
    startTime: new Date(TO - 2 * HOUR),
    status: { name: 'COMPLETED' },
    typedSearchAttributes: new TypedSearchAttributes([{ key: SluiceLabels, value: labels }]),
  };
}

function clientOf(...rows: unknown[]): { client: Client; asked: string[] } {
  const asked: string[] = [];
  const list = ({ query }: { query: string }) => {
    asked.push(query);
    return (async function* () {
      yield* await Promise.resolve(rows);
    })();
  };
  return { client: { workflow: { list } } as unknown as Client, asked };
}

const ROWS = [
  row('web-1', ['team=a'], { status: 'SUCCEEDED', completedAt: at(HOUR) }),
  row('web-2', ['team=a'], { status: 'ROLLED_BACK', startedAt: at(HOUR), completedAt: at(HOUR / 2) }),
  row('api-1', ['team=b', 'team2=b'], { status: 'SUCCEEDED', completedAt: at(HOUR) }),
  row('api-2', [], { status: 'RUNNING' }),
];

it('what Temporal knows is measured by application', async () => {
  const { client, asked } = clientOf(...ROWS);
  const found = await readInsights(client, { days: 7 }, TO);
  expect(asked[0]).toContain(`StartTime >= '${at(8 * DAY)}'`);
  expect(insightsAnswer.parse(found)).toEqual(found);
  expect(found.groups.map(({ group, changes, bad }) => [group, changes, bad])).toEqual([
    ['all', 3, 1],
    ['web', 2, 1],
    ['api', 1, 0],
  ]);
  expect(insightLines(found)).toEqual([
    '2026-11-21 to 2026-11-28',
    '         changes  per day  bad       lead time (90 %)      restored (90 %)',
    '  all          3      0.3  1 (33 %)  1h (1h)               30m (30m)',
    '  web          2      0.1  1 (50 %)  1h (1h)               30m (30m)',
    '  api          1      0.1  0 (0 %)   1h (1h)               –',
  ]);
});

it('and by the values of a label', async () => {
  const { groups } = await readInsights(clientOf(...ROWS).client, { days: 7, label: 'team' }, TO);
  expect(groups.map(({ group, changes }) => [group, changes])).toEqual([
    ['all', 3],
    ['team=a', 2],
    ['team=b', 1],
  ]);
});

it('more than can be read is said', async () => {
  const many = Array.from({ length: 5_001 }, (_, i) =>
    row(`web-${i + 1}`, [], { status: 'SUCCEEDED', completedAt: at(HOUR) }),
  );
  const found = await readInsights(clientOf(...many).client, { days: 1 }, TO);
  expect(found.groups[0]?.changes).toBe(5_000);
  expect(insightLines(found).at(-1)).toContain('There were more');
});

it('nothing is told as nothing', async () => {
  const found = await readInsights(clientOf().client, { days: 30 }, TO);
  expect(insightLines(found)).toEqual(['2026-10-29 to 2026-11-28: no deployment came to its end.']);
});

it('the route takes days and a label, and a viewer’s key', async () => {
  const asked: unknown[] = [];
  server = await startApi({
    insights: (query) => {
      asked.push(query);
      return Promise.resolve({ from: at(DAY), to: at(0), groups: [] });
    },
  });
  const viewer = { authorization: 'Bearer viewer-key' };
  expect((await server.get('/api/v1/insights', viewer)).status).toBe(200);
  expect((await server.get('/api/v1/insights?days=7&label=team', viewer)).status).toBe(200);
  expect((await server.get('/api/v1/insights?days=0', viewer)).status).toBe(400);
  expect((await server.get('/api/v1/insights?day=7', viewer)).status).toBe(400);
  expect(asked).toEqual([{ days: 30 }, { days: 7, label: 'team' }]);
});
