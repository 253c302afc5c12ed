import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveName } from '../../activities/archive/name.js';
import { createArchiveReader } from '../../activities/archive/read.js';
import type { Gateway } from '../../api/gateway.js';
import type { ArchiveQuestion } from '../../model/archive.js';
import { packArchived } from '../../records/archived.js';
import type { DeploymentRecord } from '../../records/record.js';
import { createGateway } from '../../api/temporal.js';
import { withDrift } from '../../api/temporal/drift.js';
import type { ActivityHeartbeat, LogLine } from '../../model/delivery.js';
import type { Release } from '../../model/release.js';
import type { ApplicationDocument, DeploymentDocument, HistoryEntry } from '../../model/wire.js';
import { registerSearchAttributes } from '../../worker/namespace.js';
import { deploymentWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { goSignal } from '../../workflows/messages.js';
import type { DeployRequest } from '../../workflows/messages.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.js';
import { connectTemporal } from '../support/temporal.js';
import type { TestTemporal } from '../support/temporal.js';
import { deploymentDocument } from './support/fake-gateway.js';

let temporal: TestTemporal;
let gateway: Gateway;
let worker: Worker | undefined;
let running: Promise<void> | undefined;
let bundle: string | undefined;
/** Opened when a `measure` of the third window may end. */
let third: { promise: Promise<void>; open: () => void };

const line = (text: string): LogLine => ({ at: 1, level: 'info', text });
const request = { release: {} as Release, strategy: 'AUTO', by: 'ci', adopt: false } satisfies DeployRequest;

/** The archive's files. */
const files = new Map<string, Buffer>();
const reader = createArchiveReader(
  {
    place: 'memory',
    list: (prefix) => Promise.resolve([...files.keys()].filter((name) => name.startsWith(prefix))),
    read: (name) => Promise.resolve(files.get(name)),
    write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
  },
  // Each question an hour after the one before, so that no list of names is kept.
  { now: () => Date.now() + files.size * 3_600_000 },
);

function archive(document: DeploymentDocument, at: number, records: DeploymentRecord[] = []): void {
  files.set(archiveName(document, at), packArchived({ document, records }));
}

const activities = {
  readArchive: (asked: ArchiveQuestion) => reader.answer(asked),
  begin: () => Promise.resolve({ handle: {}, log: [line('registered')], changes: [], detail: '' }),
  advance: () =>
    Promise.resolve({
      log: [line('rolled out')],
      changes: [{ at: 2, action: 'ecs:CreateTaskSet', resource: 'arn', summary: 'canary' }],
      detail: '',
    }),
  restoreTraffic: () =>
    Promise.reject(ApplicationFailure.nonRetryable('no', 'StageFailed', { log: [line('it was refused')] })),
  measure: async ({ windows }: { windows: number[] }) => {
    const measurements = windows.map((window) => ({ ...measured(window), judgedAt: 1 }));
    if (windows.includes(3)) {
      const beat: ActivityHeartbeat & { measurements: unknown[] } = {
        stage: 'stage-1',
        detail: 'window 3 is judged',
        log: [line('asking')],
        measurements,
      };
      Context.current().heartbeat(beat);
      await third.promise;
    }
    return { measurements, log: [line(`judged ${windows.join(' and ')}`)] };
  },
};

function measured(window: number): object {
  return {
    metric: 'errors',
    window,
    from: window * 60_000,
    to: (window + 1) * 60_000,
    outcome: 'PASS',
    value: 0,
    points: [{ at: window * 60_000, value: 0 }],
    query: 'q',
    reason: `window ${window} is good`,
    delaySeconds: 90,
  };
}

async function startWorker(): Promise<void> {
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  bundle ??= (
    await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('support/workflows.ts', import.meta.url)) })
  ).code;
  worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { code: bundle },
    activities,
  });
  running = worker.run();
}

async function stopWorker(): Promise<void> {
  worker?.shutdown();
  await running;
  worker = undefined;
  running = undefined;
}

function stages(): DeploymentDocument['stages'] {
  return [
    { id: 'stage-0', name: 'ECS_CANARY_ROLLOUT', status: 'SUCCEEDED' },
    { id: 'stage-1', name: 'ANALYSIS', status: 'RUNNING' },
  ];
}

async function begin(document: DeploymentDocument): Promise<void> {
  await temporal.client.workflow.start('deployment', {
    workflowId: deploymentWorkflowId(document.id),
    taskQueue: TASK_QUEUE,
    args: [document],
  });
}

async function allRecords(id: string): Promise<DeploymentRecord[]> {
  return (await gateway.records(id, {}, Infinity, () => true))?.records ?? [];
}

beforeAll(async () => {
  temporal = await connectTemporal();
  await registerSearchAttributes(temporal.native, temporal.namespace, SEARCH_ATTRIBUTES);
  gateway = createGateway(temporal.client, {
    publicUrl: 'http://sluice.example',
    temporalUiUrl: 'http://ui.example',
    namespace: temporal.namespace,
  });
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  third = { promise, open };
  await startWorker();
});

afterAll(async () => {
  third.open();
  await stopWorker();
  await temporal.close();
});

describe('a running deployment', () => {
  it('is read with its analysis and with what its running activities tell', async () => {
    await begin(deploymentDocument({ id: 'web-1', stages: stages() }));
    const judged = async (): Promise<unknown> => (await gateway.deployment('web-1'))?.measurements;
    await expect.poll(judged, { timeout: 20_000 }).toHaveLength(1);
    const live = (await gateway.deployment('web-1'))!;
    expect(live.document.links).toEqual({
      self: 'http://sluice.example/api/v1/deployments/web-1',
      temporal: `http://ui.example/namespaces/${temporal.namespace}/workflows/deployment%3Aweb-1`,
    });
    const [analysis] = live.document.analysis;
    expect(analysis).toMatchObject({ stage: 'stage-1', metric: 'errors', verdict: 'RUNNING', delaySeconds: 90 });
    expect(analysis?.counts.PASS).toBe(3);
    expect(analysis?.measurements.map(({ window }) => window)).toEqual([1, 2, 3]);
    expect(analysis?.measurements[2]).toEqual({
      window: 3,
      from: '1970-01-01T00:03:00.000Z',
      judgedAt: '1970-01-01T00:00:00.001Z',
      delaySeconds: 90,
      to: '1970-01-01T00:04:00.000Z',
      outcome: 'PASS',
      value: 0,
      points: [[180, 0]],
      reason: 'window 3 is good',
    });
    expect(live.document.stages[1]?.detail).toBe('window 3 is judged');
    expect(live.log).toEqual([{ ...line('asking'), stage: 'stage-1' }]);
  });

  it('has left its records in its history and in every run of its analysis', async () => {
    const records = await allRecords('web-1');
    expect(records.filter((r) => r.kind === 'log').map((r) => [r.value.stage, r.value.text])).toEqual([
      ['begin', 'registered'],
      ['stage-0', 'rolled out'],
      ['rollback', 'it was refused'],
      ['stage-1', 'judged 1 and 2'],
    ]);
    expect(records.filter((r) => r.kind === 'change').map((r) => r.value.action)).toEqual(['ecs:CreateTaskSet']);
    expect(records.filter((r) => r.kind === 'measurement').map((r) => r.value.window)).toEqual([1, 2]);
  });

  it('takes a control, and says no in the workflow’s words', async () => {
    const answer = await gateway.control('web-1', 'pause', { by: 'ann', reason: 'lunch' });
    expect(answer).toEqual({ status: 'PAUSED', text: 'Paused by ann: lunch.' });
    await expect(gateway.control('web-1', 'pause', { by: 'ann', reason: 'refuse me' })).rejects.toMatchObject({
      status: 409,
      message: 'web-1 is paused already.',
    });
    await expect(gateway.control('web-99', 'pause', { by: 'ann', reason: 'x' })).rejects.toMatchObject({ status: 404 });
  });

  it('goes on being told page by page when it has moved on, and its result is its last document', async () => {
    const place = (await gateway.records('web-1', {}, Infinity, () => true))!.place;
    third.open();
    await temporal.client.workflow.getHandle(deploymentWorkflowId('web-1')).signal(goSignal);
    await expect
      .poll(async () => (await gateway.deployment('web-1'))?.document.status, { timeout: 20_000 })
      .toBe('SUCCEEDED');
    await expect
      .poll(async () => (await gateway.records('web-1', place, Infinity, () => true))?.records, { timeout: 20_000 })
      .toMatchObject([
        { kind: 'log', value: { text: 'judged 3' } },
        { kind: 'measurement', value: { window: 3 } },
      ]);
    const whole = await allRecords('web-1');
    const paged: DeploymentRecord[] = [];
    let at = {};
    for (let more = true; more;) {
      const page = (await gateway.records('web-1', at, 2, () => true))!;
      expect(page.records.length).toBeLessThanOrEqual(2);
      paged.push(...page.records);
      at = page.place;
      more = page.more;
    }
    expect(paged).toEqual(whole);
    const windows = (await gateway.records('web-1', {}, 2, (r) => r.kind === 'measurement'))!;
    expect(windows).toMatchObject({ more: true, records: [{ value: { window: 1 } }, { value: { window: 2 } }] });
  });

  it('that has ended refuses controls and names the command that works', async () => {
    await expect(gateway.control('web-1', 'rollback', { by: 'ann', reason: 'x' })).rejects.toMatchObject({
      status: 409,
      message: expect.stringContaining('web-1 has ended SUCCEEDED') as string,
      more: { fix: expect.stringContaining('sluice rollback web') as string },
    });
    await expect(gateway.control('web-1', 'approve', { by: 'ann', reason: 'x' })).rejects.toMatchObject({
      more: { fix: expect.stringContaining('sluice deploy') as string },
    });
  });
});

describe('an application', () => {
  it('is started by its first deployment and used by the next', async () => {
    expect(await gateway.application('shop')).toBeUndefined();
    expect(await gateway.deploy('shop', request)).toMatchObject({ accepted: true, id: 'shop-1' });
    expect(await gateway.deploy('shop', request)).toMatchObject({ accepted: true, id: 'shop-2' });
    const document = await gateway.application('shop');
    expect(document).toMatchObject({ app: 'shop', running: 'as queried' });
    expect(document).not.toHaveProperty('highest');
  });

  it('is held; an unknown one is a 404 and is not started by that', async () => {
    expect(await gateway.hold('shop', { by: 'ann', reason: 'sale' })).toMatchObject({ state: 'HELD' });
    const back = await gateway.rollbackApplication('shop', { by: 'ann', reason: 'no good version' });
    expect(back).toEqual({ accepted: false, status: 409, reason: 'no good version' });
    const why = { by: 'ann', reason: 'x' };
    await expect(gateway.hold('nope', why)).rejects.toMatchObject({ status: 404 });
    await expect(gateway.rollbackApplication('nope', why)).rejects.toMatchObject({ status: 404 });
    expect(await gateway.application('nope')).toBeUndefined();
  });

  it('is listed', async () => {
    await gateway.deploy('art', request);
    await expect
      .poll(async () => (await gateway.applications()).map(({ app, state }) => `${app} ${state}`), { timeout: 10_000 })
      .toEqual(['art IDLE', 'shop HELD']);
  });
});

describe('what Temporal knows no more', () => {
  const old = (n: number): DeploymentDocument =>
    deploymentDocument({
      id: `old-${n}`,
      app: 'old',
      status: n === 2 ? 'FAILED' : 'SUCCEEDED',
      completedAt: '2026-01-01T01:00:00.000Z',
    });
  const LINE: DeploymentRecord = { kind: 'log', value: { ...line('long ago'), stage: 'stage-0' } };

  it('is read from the archive, page by page where it is long', async () => {
    const many = Array.from({ length: 3 }, (_, at): DeploymentRecord => ({ ...LINE, value: { ...LINE.value, at } }));
    archive(old(1), 1_000, many);
    expect((await gateway.deployment('old-1'))?.document).toMatchObject({ id: 'old-1', status: 'SUCCEEDED' });
    const first = await gateway.records('old-1', {}, 2, () => true);
    expect(first).toMatchObject({ records: many.slice(0, 2), more: true });
    expect(await gateway.records('old-1', first!.place, 2, () => true)).toMatchObject({
      records: many.slice(2),
      more: false,
    });
    expect(await gateway.deployment('old-77')).toBeUndefined();
  });

  it('goes on in the list after what Temporal knows, and what both know stands there once', async () => {
    await begin(deploymentDocument({ id: 'old-3', app: 'old', stages: [] }));
    const { startTime } = await temporal.client.workflow.getHandle(deploymentWorkflowId('old-3')).describe();
    archive(old(2), 2_000);
    archive(old(3), startTime.getTime());
    const page = (query: object): ReturnType<Gateway['deployments']> =>
      gateway.deployments({ limit: 2, app: 'old', ...query });
    await expect
      .poll(async () => (await page({})).deployments.map(({ id, status }) => `${id} ${status}`), { timeout: 10_000 })
      .toEqual(['old-3 RUNNING', 'old-2 FAILED']);
    const { cursor } = await page({});
    const last = await page({ cursor: cursor! });
    expect(last.deployments.map(({ id }) => id)).toEqual(['old-1']);
    expect(last).not.toHaveProperty('cursor');
    expect((await page({ status: ['FAILED'] })).deployments.map(({ id }) => id)).toEqual(['old-2']);
    expect((await page({ text: 'ld-3' })).deployments.map(({ id }) => id)).toEqual(['old-3']);
  });
});

describe('the list of deployments', () => {
  it('is sorted and paged, and filtered by application and status', async () => {
    for (const n of [1, 2, 3, 4, 5]) {
      await begin(
        deploymentDocument({ id: `list-${n}`, app: 'list', stages: [], status: n === 3 ? 'PAUSED' : 'RUNNING' }),
      );
    }
    const ids = async (query: Parameters<Gateway['deployments']>[0]): Promise<string[]> =>
      (await gateway.deployments(query)).deployments.map(({ id }) => id);
    await expect
      .poll(() => ids({ app: 'list', limit: 10 }), { timeout: 10_000 })
      .toEqual(['list-5', 'list-4', 'list-3', 'list-2', 'list-1']);
    expect(await ids({ app: 'list', status: ['PAUSED', 'FAILED'], limit: 10 })).toEqual(['list-3']);
    const first = await gateway.deployments({ app: 'list', limit: 2 });
    const second = await gateway.deployments({ app: 'list', limit: 2, cursor: first.cursor! });
    const third = await gateway.deployments({ app: 'list', limit: 2, cursor: second.cursor! });
    expect([first, second, third].map((page) => page.deployments.map(({ id }) => id))).toEqual([
      ['list-5', 'list-4'],
      ['list-3', 'list-2'],
      ['list-1'],
    ]);
    expect(third).not.toHaveProperty('cursor');
    await expect(gateway.deployments({ limit: 2, cursor: 'nonsense' })).rejects.toMatchObject({ status: 400 });
  });

  it('shows a terminated one as broken off, never as running', async () => {
    await temporal.client.workflow.getHandle(deploymentWorkflowId('list-1')).terminate();
    const live = await gateway.deployment('list-1');
    expect(live?.document).toMatchObject({ status: 'FAILED' });
    expect(live?.document.reason).toContain('terminated in Temporal while the deployment was RUNNING');
  });
});

describe('the doctor', () => {
  it('looks at Temporal and has the worker look at the rest', async () => {
    const { checks } = await gateway.doctor();
    expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
      ['Temporal', true],
      ['Retention', false],
      ['Clock of Temporal', true],
      ['Worker', true],
      ['Credentials', true],
    ]);
    expect(checks[1]?.fix).toContain('--retention 90d');
    expect(await gateway.readiness()).toMatchObject({ ready: true });
  });
});

describe('drift', () => {
  it('is looked for in a worker, of an application that somebody deployed', async () => {
    expect(await gateway.lookForDrift('shop')).toMatchObject({ app: 'shop', status: 'SYNCED' });
    await expect(gateway.lookForDrift('nope')).rejects.toMatchObject({ status: 404 });
  });

  it('is shown with the application, in lists without the differences, and not judged while it deploys', async () => {
    await gateway.lookForDrift('shop');
    const listed = async (): Promise<unknown> =>
      (await gateway.applications()).find(({ app }) => app === 'shop')?.drift;
    const since = '2026-11-23T08:00:00.000Z';
    await expect
      .poll(listed, { timeout: 20_000 })
      .toEqual({ status: 'SYNCED', reason: 'What runs is what it deployed.', since });
    // This application says that one runs.
    expect((await gateway.application('shop'))?.drift).toMatchObject({
      status: 'DEPLOYING',
      reason: 'as queried is under way: nothing is judged meanwhile.',
    });
  });

  const web: ApplicationDocument = { app: 'web', state: 'IDLE', labels: {}, history: [], links: {} };
  const seen = { status: 'OUT_OF_SYNC', reason: 'It differs.', since: 'then', deployment: 'web-7' } as const;
  const good = (id: string) => ({ ...web, lastGood: { id } as HistoryEntry });

  it('of an earlier version says nothing of the one that runs now', () => {
    expect(withDrift(good('web-7'), { ...seen, differences: [] }).drift).toEqual({ ...seen, differences: [] });
    expect(withDrift(good('web-8'), seen)).toEqual(good('web-8'));
    expect(withDrift(good('web-7'), { ...seen, status: 'DEPLOYING' })).toEqual(good('web-7'));
    expect(withDrift(web, undefined)).toEqual(web);
  });
});

describe('without a worker', () => {
  it('deployments and applications are read from what the server keeps, and controls are a 503', async () => {
    await stopWorker();
    const live = await gateway.deployment('list-2');
    expect(live?.document).toMatchObject({ id: 'list-2', status: 'RUNNING' });
    expect(live?.document.warnings[0]).toContain('No worker answers');
    expect(await gateway.application('shop')).toMatchObject({ app: 'shop', state: 'HELD' });
    await expect(gateway.control('list-2', 'pause', { by: 'ann', reason: 'x' })).rejects.toMatchObject({
      status: 503,
      message: 'No worker answered in time.',
    });
    await startWorker();
    await expect
      .poll(async () => (await gateway.deployment('list-2'))?.document.warnings, { timeout: 20_000 })
      .toEqual([]);
  });
});
