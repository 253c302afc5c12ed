import type { Client } from '@temporalio/client';
import { afterEach, expect, it } from 'vitest';
import { createTaskSetLooks } from '../../api/temporal/task-sets.js';
import type { ApplicationDocument } from '../../model/wire.js';
import { startApi } from './support/api-server.js';
import type { ApiServer } from './support/api-server.js';
import { liveDeployment, deploymentDocument } from './support/fake-gateway.js';

let server: ApiServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const SERVICE = { cluster: 'main', name: 'web', provider: 'prod' };
const NOTHING = { app: 'web', at: '2026-11-23T08:00:00.000Z', cluster: 'main', service: 'web', taskSets: [] };
const application = (over: Partial<ApplicationDocument>): ApplicationDocument => ({
  ...{ app: 'web', state: 'IDLE', labels: {}, history: [], links: {} },
  ...over,
});

async function get(over: Partial<ApplicationDocument> | undefined): Promise<{ status: number; asked: unknown[] }> {
  const asked: unknown[] = [];
  server = await startApi({
    application: () => Promise.resolve(over && application(over)),
    deployment: () => Promise.resolve(liveDeployment({ document: deploymentDocument({ service: SERVICE }) })),
    taskSets: (what) => {
      asked.push(what);
      return Promise.resolve(NOTHING);
    },
  });
  const { status } = await server.get('/api/v1/applications/web/task-sets', { authorization: 'Bearer viewer-key' });
  return { status, asked };
}

it('the application’s own service is looked at', async () => {
  const { status, asked } = await get({ service: SERVICE });
  expect([status, asked]).toEqual([200, [{ app: 'web', provider: 'prod', cluster: 'main', service: 'web' }]]);
});

it('during the first deployment, that one’s', async () => {
  expect(await get({ running: 'web-1' })).toMatchObject({ status: 200, asked: [{ service: 'web' }] });
});

it('an application without a service, or that is not known, has none', async () => {
  expect(await get({})).toEqual({ status: 404, asked: [] });
  await server?.close();
  const task = { cluster: 'main', family: 'job', provider: 'prod' };
  expect(await get({ task, running: 'web-1' })).toEqual({ status: 404, asked: [] });
  await server?.close();
  expect(await get(undefined)).toEqual({ status: 404, asked: [] });
});

it('many who ask at once are one look, and a failed one is not kept', async () => {
  let started = 0;
  let fails = false;
  const client = {
    withDeadline: (_at: number, work: () => Promise<unknown>) => work(),
    workflow: {
      start: () => {
        started += 1;
        return Promise.resolve({
          result: () => (fails ? Promise.reject(new Error('no worker')) : Promise.resolve(NOTHING)),
          terminate: () => Promise.resolve(),
        });
      },
    },
  } as unknown as Client;
  let now = 0;
  const look = createTaskSetLooks(client, () => now);
  const ask = (app: string): Promise<unknown> => look({ app, provider: 'prod', cluster: 'main', service: app });
  await Promise.all([ask('web'), ask('web'), ask('web'), ask('api')]);
  expect(started).toBe(2);
  now = 4_999;
  await ask('web');
  expect(started).toBe(2);
  now = 5_000;
  fails = true;
  await expect(ask('web')).rejects.toThrow(/No worker answered/);
  fails = false;
  await ask('web');
  expect(started).toBe(4);
});
