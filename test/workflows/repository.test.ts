import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CommitToDeploy, FileToRename, RepositoryActivities } from '../../activities/repository.js';
import { MINUTE } from '../../model/duration.js';
import type { CommitDeployed, FileRenamed, RepositoryState, SeenFile } from '../../model/repository.js';
import { pokeSignal, repositoryQuery } from '../../workflows/messages.js';
import type { Notice } from '../../model/notification.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { until } from '../support/processes.js';
import { timeSkippingTemporal } from '../support/temporal.js';

interface Host {
  head: string;
  files: SeenFile[];
  problem?: string;
  configured: boolean;
  deployed: (asked: CommitToDeploy) => CommitDeployed;
  renamed: (asked: FileToRename) => FileRenamed;
  looks: number;
  reads: { head: string; considered: Record<string, string> }[];
  asked: string[];
  notices: Notice[];
}

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let host: Host;
let handle: WorkflowHandle;
let count = 0;

const web = (over: Partial<SeenFile> = {}): SeenFile => ({
  path: 'web/app.pipecd.yaml',
  app: 'web',
  status: 'WATCHED',
  ...over,
});

const activities: RepositoryActivities & { notify: (notice: Notice) => Promise<{ delivered: boolean }> } = {
  lookAtRepository: () => {
    host.looks += 1;
    if (!host.configured) return Promise.resolve(undefined);
    const common = { remote: 'git@host:repo.git', branch: 'main', interval: MINUTE };
    return Promise.resolve(
      host.problem === undefined ? { ...common, head: host.head } : { ...common, problem: host.problem },
    );
  },
  readRepository: ({ head, considered }) => {
    host.reads.push({ head, considered });
    return Promise.resolve({ commit: { hash: head, message: 'words' }, files: host.files });
  },
  deployCommit: (asked) => {
    host.asked.push(`${asked.app} ${asked.commit.hash}`);
    return Promise.resolve(host.deployed(asked));
  },
  renameApplication: (asked) => {
    host.asked.push(`${asked.from} → ${asked.to}`);
    return Promise.resolve(host.renamed(asked));
  },
  findChained: () => Promise.resolve({ problem: 'no chains here' }),
  readRelease: () => Promise.resolve({ findings: [] }),
  notify: (notice) => {
    host.notices.push(notice);
    return Promise.resolve({ delivered: true });
  },
};

// A server for each test: what one of them leaves open or cut off may hold the server's clock still for the next.
beforeEach(async () => {
  env = await timeSkippingTemporal();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowBundle: await workflowBundle(),
    activities,
  });
  running = worker.run();
  host = {
    head: 'c1',
    files: [web()],
    configured: true,
    renamed: () => ({ outcome: 'RENAMED' }),
    deployed: ({ app, commit }) => ({ outcome: 'DEPLOYED', deployment: `${app}-${commit.hash}` }),
    looks: 0,
    reads: [],
    asked: [],
    notices: [],
  };
  handle = await env.client.workflow.start('repository', {
    workflowId: `repository:r${++count}`,
    taskQueue: 'test',
    args: [{ repoId: 'r' }],
  });
  await until('the first look', () => host.reads.length > 0);
});
afterEach(async ({ task }) => {
  if (isRecording) await record(env.client, handle.workflowId, task.name);
  worker.shutdown();
  await running;
  await env.teardown();
});

const state = (): Promise<RepositoryState> => handle.query(repositoryQuery);
const poke = (everything?: boolean): Promise<void> => handle.signal(pokeSignal, everything);
async function looked(): Promise<void> {
  const before = host.looks;
  await poke();
  await until('one more look', () => host.looks > before);
}

test('looks once an interval, and reads only when the branch has moved', async () => {
  await until('to be at rest', async () => (await state()).head?.hash === 'c1');
  await env.sleep('10 minutes');
  expect(host.looks).toBeGreaterThanOrEqual(10);
  expect(host.looks).toBeLessThanOrEqual(12);
  expect(host.reads).toEqual([{ head: 'c1', considered: {} }]);
  host.head = 'c2';
  await env.sleep('2 minutes');
  expect(host.reads[1]).toEqual({ head: 'c2', considered: { 'web/app.pipecd.yaml': 'c1' } });
  expect(host.asked).toEqual([]);
});

test('has a due commit deployed once, and counts changes from it', async () => {
  host.files = [web({ due: 'Changed: web/a.' })];
  host.head = 'c2';
  await looked();
  await until('the deployment', async () => (await state()).applications[0]?.deployment === 'web-c2');
  await env.sleep('5 minutes');
  expect(host.asked).toEqual(['web c2']);
  expect((await state()).applications).toEqual([
    { path: 'web/app.pipecd.yaml', app: 'web', status: 'WATCHED', considered: 'c2', deployment: 'web-c2' },
  ]);
  expect(host.notices).toEqual([]);
});

test('tries a held application’s commit again with each look, says so once, and deploys it when it is let go', async () => {
  host.deployed = () => ({ outcome: 'WAITS', problem: 'web is held by ada' });
  host.files = [web({ due: 'Changed: web/a.' })];
  host.head = 'c2';
  await looked();
  await until('the refusal', async () => (await state()).applications[0]?.status === 'WAITING');
  await env.sleep('3 minutes');
  expect(host.asked.length).toBeGreaterThanOrEqual(3);
  expect(host.notices).toMatchObject([
    { event: 'DEPLOYMENT_TRIGGER_FAILED', app: 'web', reason: 'web is held by ada' },
  ]);
  expect(host.notices).toHaveLength(1);
  host.deployed = () => ({ outcome: 'DEPLOYED', deployment: 'web-9' });
  await looked();
  await until('the deployment', async () => (await state()).applications[0]?.deployment === 'web-9');
  expect((await state()).applications[0]).toMatchObject({ status: 'WATCHED', considered: 'c2' });
});

test('counts from the last good commit while a file cannot be loaded, and says what is wrong with it once', async () => {
  const audience = {
    labels: { team: 'a' },
    mentions: [{ event: 'DEPLOYMENT_TRIGGER_FAILED' as const, users: ['U1'], groups: [] }],
  };
  host.files = [
    web({ status: 'INVALID', problem: 'web/app.pipecd.yaml:3 kind: is wrong', audience }),
    { path: 'api.pipecd.yaml', app: 'api', status: 'WATCHED', due: 'Changed: all.' },
  ];
  host.head = 'c2';
  await looked();
  await until('the other one to be deployed', () => host.asked.length === 1);
  host.head = 'c3';
  host.files = [host.files[0]!, { path: 'api.pipecd.yaml', app: 'api', status: 'WATCHED' }];
  await looked();
  await until('the third commit', () => host.reads.length === 3);
  expect(host.reads[2]?.considered).toEqual({ 'web/app.pipecd.yaml': 'c1', 'api.pipecd.yaml': 'c2' });
  await until('to be told', () => host.notices.length > 0);
  expect(host.notices).toMatchObject([
    {
      app: 'web',
      reason: 'web/app.pipecd.yaml:3 kind: is wrong',
      labels: { team: 'a' },
      mention: { users: ['U1'], groups: [] },
    },
  ]);
  expect(host.notices).toHaveLength(1);
  expect(host.asked).toEqual(['api c2']);
});

test('one that does not answer is told once and asked less often, then goes on', async () => {
  host.problem = 'The host does not answer.';
  await looked();
  await until('the problem', async () => (await state()).problem === 'The host does not answer.');
  const before = host.looks;
  await env.sleep('60 minutes');
  expect(host.looks - before).toBeLessThan(20);
  expect(host.looks - before).toBeGreaterThan(8);
  expect(host.notices).toMatchObject([
    { event: 'DEPLOYMENT_TRIGGER_FAILED', repository: 'r', reason: 'The host does not answer.' },
  ]);
  delete host.problem;
  await looked();
  await until('the answer', async () => (await state()).problem === undefined);
});

test('a file that is gone is shown as removed, and comes back', async () => {
  host.files = [];
  host.head = 'c2';
  await looked();
  await until('the removal', async () => (await state()).applications[0]?.status === 'REMOVED');
  host.files = [web()];
  host.head = 'c3';
  await looked();
  await until('the return', async () => (await state()).applications[0]?.status === 'WATCHED');
});

test('reads anew when asked for all of it, and ends when it is not configured any more', async () => {
  await poke(true);
  await until('a second reading', () => host.reads.length === 2);
  host.configured = false;
  await looked();
  await handle.result();
});

test('knows the same after its history is continued as new', { timeout: 180_000 }, async () => {
  const first = (await handle.describe()).runId;
  await env.sleep('8 hours');
  await until(
    'a new run',
    async () => (await env.client.workflow.getHandle(handle.workflowId).describe()).runId !== first,
  );
  expect(host.reads).toHaveLength(1);
  expect((await state()).applications).toMatchObject([{ app: 'web', considered: 'c1' }]);
});

const shop = (over: Partial<SeenFile> = {}): SeenFile => web({ app: 'shop', ...over });
async function push(head: string, files: SeenFile[]): Promise<void> {
  await until('to be at rest', async () => (await state()).head?.hash === host.head);
  Object.assign(host, { head, files });
  await looked();
  await until('the commit', async () => (await state()).head?.hash === head);
}

test('a file that got another name has its application renamed before it is deployed under it', async () => {
  await push('c2', [shop({ due: 'Changed: web/app.pipecd.yaml.' })]);
  await until('the deployment', async () => (await state()).applications[0]?.deployment === 'shop-c2');
  expect(host.asked).toEqual(['web → shop', 'shop c2']);
  expect((await state()).applications).toEqual([
    { path: 'web/app.pipecd.yaml', app: 'shop', status: 'WATCHED', considered: 'c2', deployment: 'shop-c2' },
  ]);
  await env.sleep('3 minutes');
  expect(host.asked).toHaveLength(2);
});

test('a rename that has to wait is tried again with each look, said once, and followed by its commit', async () => {
  host.renamed = () => ({ outcome: 'WAITS', problem: 'web-1 is under way' });
  await push('c2', [shop({ due: 'Changed: web/app.pipecd.yaml.' })]);
  await until('it to wait', async () => (await state()).applications[0]?.status === 'WAITING');
  await env.sleep('3 minutes');
  expect(host.asked.length).toBeGreaterThanOrEqual(3);
  expect(new Set(host.asked)).toEqual(new Set(['web → shop']));
  expect((await state()).applications[0]).toMatchObject({
    was: 'web',
    considered: 'c1',
    problem: 'web-1 is under way',
  });
  expect(host.notices.map(({ reason }) => reason)).toEqual(['web-1 is under way']);
  host.renamed = () => ({ outcome: 'RENAMED' });
  await looked();
  await until('the deployment', async () => (await state()).applications[0]?.deployment === 'shop-c2');
  expect(host.asked.slice(-2)).toEqual(['web → shop', 'shop c2']);
  expect((await state()).applications[0]).not.toHaveProperty('was');
});

test('a name that is refused is said, deploys nothing, and is asked for again with the next commit alone', async () => {
  host.renamed = () => ({ outcome: 'REFUSED', problem: 'shop is an application of its own' });
  await push('c2', [shop({ due: 'Changed: web/app.pipecd.yaml.' })]);
  await until('the refusal', async () => (await state()).applications[0]?.status === 'REFUSED');
  await env.sleep('5 minutes');
  expect(host.asked).toEqual(['web → shop']);
  host.renamed = () => ({ outcome: 'RENAMED' });
  await push('c3', [shop({ app: 'store', due: 'Changed: web/app.pipecd.yaml.' })]);
  await until('the deployment', async () => (await state()).applications[0]?.deployment === 'store-c3');
  expect(host.asked).toEqual(['web → shop', 'web → store', 'store c3']);
});

test('a name that goes back before it was taken is none, and one that another file has is that one’s', async () => {
  host.renamed = () => ({ outcome: 'WAITS', problem: 'web-1 is under way' });
  await push('c2', [shop()]);
  await until('it to wait', async () => (await state()).applications[0]?.status === 'WAITING');
  await push('c3', [web()]);
  expect((await state()).applications[0]).toEqual({
    path: 'web/app.pipecd.yaml',
    app: 'web',
    status: 'WATCHED',
    considered: 'c3',
  });
  const asked = host.asked.length;
  await push('c4', [shop(), web({ path: 'other/app.pipecd.yaml' })]);
  await env.sleep('3 minutes');
  expect(host.asked).toHaveLength(asked);
  expect((await state()).applications.map(({ was }) => was)).toEqual([undefined, undefined]);
});

test('a file that cannot be loaded keeps the name that it has to leave, and one that was gone has left it', async () => {
  await push('c2', [{ path: 'web/app.pipecd.yaml', status: 'INVALID', problem: 'broken' }]);
  await push('c3', [shop({ status: 'ON_REQUEST' })]);
  await until('the rename', () => host.asked.length > 0);
  expect(host.asked).toEqual(['web → shop']);
  await until('it to be told', async () => (await state()).applications[0]?.was === undefined);
  expect((await state()).applications[0]).toMatchObject({ status: 'ON_REQUEST', considered: 'c3' });
  await push('c4', []);
  await push('c5', [web()]);
  await env.sleep('2 minutes');
  expect(host.asked).toEqual(['web → shop']);
});
