import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readChain } from '../../api/temporal/chains.js';
import type { CommitToDeploy, FoundChained } from '../../activities/repository.js';
import type { ChainDocument, ChainMatcher } from '../../model/chain.js';
import type { Notice } from '../../model/notification.js';
import type { CommitDeployed } from '../../model/repository.js';
import type { HistoryEntry } from '../../model/wire.js';
import { cancelChainUpdate, chainNodeEndedSignal, chainQuery } from '../../workflows/messages.js';
import type { ChainInput } from '../../workflows/messages.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { endQuietly } from '../support/end-quietly.js';
import { until } from '../support/processes.js';
import { timeSkippingTemporal } from '../support/temporal.js';

interface Host {
  found: (matcher: ChainMatcher, not: string[]) => FoundChained;
  deployed: (asked: CommitToDeploy) => CommitDeployed;
  look: (id: string) => { open: boolean; ended?: HistoryEntry };
  asked: CommitToDeploy[];
  notices: Notice[];
  not: string[][];
}

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let host: Host;
let handle: WorkflowHandle<(input: ChainInput) => Promise<ChainDocument>>;
let count = 0;

const of = (...apps: string[]): FoundChained => ({
  applications: apps.map((app) => ({ app, repoId: 'r', path: `${app}/app.pipecd.yaml`, commit: { hash: 'c1' } })),
});
const entry = (id: string, over: Partial<HistoryEntry> = {}): HistoryEntry => ({
  ...{ id, status: 'SUCCEEDED', startedAt: '', completedAt: '', reason: 'It runs.' },
  ...over,
});

beforeAll(async () => {
  env = await timeSkippingTemporal();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowBundle: await workflowBundle(),
    activities: {
      findChained: ({ matcher, not }: { matcher: ChainMatcher; not: string[] }) => {
        host.not.push(not);
        return Promise.resolve(host.found(matcher, not));
      },
      deployCommit: (asked: CommitToDeploy) => {
        host.asked.push(asked);
        return Promise.resolve(host.deployed(asked));
      },
      lookAtDeployment: (id: string) => Promise.resolve(host.look(id)),
      notify: (notice: Notice) => {
        host.notices.push(notice);
        return Promise.resolve({ delivered: true });
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
beforeEach(() => {
  host = {
    found: ({ name }) => (name === 'both' ? of('b1', 'b2') : of('c')),
    deployed: ({ app }) => ({ outcome: 'DEPLOYED', deployment: `${app}-1` }),
    look: () => ({ open: true }),
    asked: [],
    notices: [],
    not: [],
  };
});
afterEach(async ({ task }) => {
  if (isRecording) await record(env.client, handle.workflowId, task.name);
  await endQuietly(handle);
});

async function start(...names: string[]): Promise<void> {
  handle = await env.client.workflow.start('chain', {
    workflowId: `chain:a-${++count}`,
    taskQueue: 'test',
    args: [
      {
        id: 'a-1',
        app: 'a',
        blocks: names.map((name) => ({ name })),
        audience: { labels: { team: 'x' }, mentions: [{ event: '*', users: ['U1'], groups: [] }] },
      },
    ],
  });
}
const state = (): Promise<ChainDocument> => handle.query(chainQuery);
const asked = (): string[] => host.asked.map(({ app, chain }) => `${app} of ${chain ?? 'none'}`);
const tell = (id: string, over?: Partial<HistoryEntry>): Promise<void> =>
  handle.signal(chainNodeEndedSignal, entry(id, over));

test('a block is deployed side by side, and the next one when all of it succeeded', async () => {
  await start('both', 'last');
  await until('the first block', () => host.asked.length === 2);
  expect(asked().sort()).toEqual(['b1 of a-1', 'b2 of a-1']);
  await tell('b1-1');
  await env.sleep('1 minute');
  expect(host.asked).toHaveLength(2);
  await tell('b2-1');
  await until('the second block', () => host.asked.length === 3);
  expect(host.not).toEqual([['a'], ['a', 'b1', 'b2']]);
  await tell('c-1');
  expect(await handle.result()).toMatchObject({
    status: 'SUCCEEDED',
    blocks: [
      { status: 'SUCCEEDED', nodes: [{ app: 'b1', deployment: 'b1-1', status: 'SUCCEEDED' }, { app: 'b2' }] },
      { status: 'SUCCEEDED', nodes: [{ app: 'c', deployment: 'c-1', status: 'SUCCEEDED', reason: 'It runs.' }] },
    ],
  });
});

test.each(['ROLLED_BACK', 'CANCELLED', 'FAILED', 'SUPERSEDED'] as const)(
  'a deployment that ends %s stops the chain when its block has ended',
  async (status) => {
    await start('both', 'last');
    await until('the first block', () => host.asked.length === 2);
    await tell('b1-1', { status, reason: 'It was bad.' });
    await env.sleep('1 minute');
    expect((await state()).status).toBe('RUNNING');
    await tell('b2-1');
    const ended = await handle.result();
    expect(ended.blocks.map((block) => block.status)).toEqual([
      status === 'CANCELLED' ? 'CANCELLED' : 'FAILED',
      'NOT_STARTED',
    ]);
    expect(ended.reason).toContain(`b1 ended ${status}`);
    // A person did it, and knows.
    expect(host.notices.map(({ event }) => event)).toEqual(status === 'CANCELLED' ? [] : ['CHAIN_FAILED']);
    expect(host.asked).toHaveLength(2);
  },
);

test('nothing that fits is a failure, not a success', async () => {
  host.found = () => ({ problem: 'Nothing to deploy for typo' });
  await start('typo', 'last');
  expect(await handle.result()).toMatchObject({
    status: 'FAILED',
    reason: 'Block 1 of 2 did not succeed: Nothing to deploy for typo. No further deployment was begun.',
    blocks: [{ status: 'FAILED', nodes: [] }, { status: 'NOT_STARTED' }],
  });
  expect(host.notices).toMatchObject([
    {
      event: 'CHAIN_FAILED',
      app: 'a',
      deployment: 'a-1',
      labels: { team: 'x' },
      mention: { users: ['U1'] },
      reason: expect.stringContaining('Nothing to deploy for typo') as string,
      link: '/api/v1/chains/a-1',
      page: '/deployments/a-1',
    },
  ]);
});

test('a held application is tried again, and fails the chain after ten minutes', async () => {
  host.deployed = () => ({ outcome: 'WAITS', problem: 'c is held by ada' });
  await start('last');
  const ended = await handle.result();
  expect(ended).toMatchObject({
    status: 'FAILED',
    blocks: [{ nodes: [{ status: 'FAILED', reason: 'c is held by ada' }] }],
  });
  expect(host.asked.length).toBeGreaterThan(15);
  expect(host.asked.length).toBeLessThan(25);
  // What is as it was is not said again: the history of a chain of many would grow with their square.
  const { events = [] } = await handle.fetchHistory();
  const said = (events ?? []).filter((one) => one.workflowPropertiesModifiedEventAttributes);
  expect(said.length).toBeLessThan(8);
});

test('one that goes on for days is looked after ever less often', async () => {
  let looks = 0;
  host.look = () => {
    looks += 1;
    return { open: true };
  };
  await start('last');
  await until('the deployment', () => host.asked.length === 1);
  await env.sleep('72 hours');
  expect(looks).toBeGreaterThan(30);
  expect(looks).toBeLessThan(42);
  await tell('c-1');
  expect(await handle.result()).toMatchObject({ status: 'SUCCEEDED' });
});

test('a block of more than a hundred is refused before one of them is deployed', async () => {
  host.found = () => of(...Array.from({ length: 101 }, (_, i) => `app-${i}`));
  await start('all');
  expect(await handle.result()).toMatchObject({
    status: 'FAILED',
    reason: expect.stringContaining('101 applications fit, and a block deploys 100 at most') as string,
  });
  expect(host.asked).toEqual([]);
});

test('one that was ended in Temporal is not shown as running', async () => {
  await start('last');
  await until('the deployment', () => host.asked.length === 1);
  await until('its state', async () => (await readChain(env.client, `a-${count}`))?.blocks[0]?.nodes[0] !== undefined);
  await endQuietly(handle);
  expect(await readChain(env.client, `a-${count}`)).toMatchObject({
    status: 'CANCELLED',
    reason: 'Its workflow was ended in Temporal (TERMINATED). No further deployment was begun.',
  });
});

test('a held application that is let go is deployed', async () => {
  host.deployed = () =>
    host.asked.length < 3
      ? { outcome: 'WAITS', problem: 'c is held by ada' }
      : { outcome: 'DEPLOYED', deployment: 'c-1' };
  await start('last');
  await env.sleep('5 minutes');
  await tell('c-1');
  expect(await handle.result()).toMatchObject({ status: 'SUCCEEDED' });
});

test('an end that was not told is found by looking', async () => {
  await start('both');
  host.look = (id) => (id === 'b1-1' ? { open: false, ended: entry('b1-1') } : { open: false });
  const ended = await handle.result();
  expect(ended.blocks[0]?.nodes).toEqual([
    { app: 'b1', deployment: 'b1-1', status: 'SUCCEEDED', reason: 'It runs.' },
    { app: 'b2', deployment: 'b2-1', status: 'FAILED', reason: 'b2-1 is gone.' },
  ]);
});

test('a cancelled chain begins nothing more, and waits for what runs', async () => {
  await start('both', 'last');
  await until('the first block', () => host.asked.length === 2);
  await handle.executeUpdate(cancelChainUpdate, { args: [{ by: 'ada', reason: 'enough' }] });
  await expect(handle.executeUpdate(cancelChainUpdate, { args: [{ by: 'ada', reason: 'again' }] })).rejects.toThrow();
  await tell('b1-1');
  await tell('b2-1');
  expect(await handle.result()).toMatchObject({
    status: 'CANCELLED',
    reason: 'Cancelled by ada: enough',
    blocks: [{ status: 'SUCCEEDED' }, { status: 'NOT_STARTED' }],
  });
  expect(host.asked).toHaveLength(2);
});

test('a signal without a payload harms nothing', async () => {
  await start('last');
  await until('the deployment', () => host.asked.length === 1);
  await handle.signal('chainNodeEnded');
  await tell('c-1');
  expect(await handle.result()).toMatchObject({ status: 'SUCCEEDED' });
});
