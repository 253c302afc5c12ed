import type { Client, WorkflowHandle } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLookForDrift } from '../../activities/drift/look.js';
import { createMemory } from '../../activities/memory/memory.js';
import type { Recalled } from '../../activities/people.js';
import type { Snapshot } from '../../model/delivery.js';
import type { DriftLook } from '../../model/drift.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { applicationWorkflowId, deploymentWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { registerSearchAttributes } from '../../worker/namespace.js';
import { applicationQuery, applicationUpdates, deploymentUpdates, documentQuery } from '../../workflows/messages.js';
import type { ApplicationState, DeployAnswer, DeployRequest } from '../../workflows/messages.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { until } from '../support/processes.js';
import { canaryPipeline, release, taskRelease } from '../support/release.js';
import { connectTemporal } from '../support/temporal.js';
import type { TestTemporal } from '../support/temporal.js';
import { fakeActivities, fakeWorld, SNAPSHOT } from './fake-activities.js';
import type { FakeWorld } from './fake-activities.js';

let temporal: TestTemporal;
let client: Client;
let worker: Worker;
let running: Promise<void>;
const world: FakeWorld = fakeWorld();
let runningInAws: Recalled['running'];
/** Visibility that lags behind: it shows nothing yet. */
let blind = false;
let count = 0;
let app = '';

beforeAll(async () => {
  temporal = await connectTemporal();
  ({ client } = temporal);
  await registerSearchAttributes(temporal.native, temporal.namespace, SEARCH_ATTRIBUTES);
  const memory = createMemory({ client, readRunning: () => Promise.resolve(runningInAws) });
  worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    maxHeartbeatThrottleInterval: '100ms',
    activities: {
      ...fakeActivities(world),
      ...memory,
      recallApplication: (input: Parameters<typeof memory.recallApplication>[0]) =>
        blind ? Promise.resolve({ highest: 0, open: [], history: [] }) : memory.recallApplication(input),
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await temporal.close();
});
beforeEach(() => {
  Object.assign(world, fakeWorld());
  runningInAws = undefined;
  blind = false;
  app = `shop${++count}`;
});
afterEach(async ({ task }) => {
  if (isRecording) await record(client, applicationWorkflowId(app), task.name);
});

/** The seed's pipeline with a wait for approval in the place of the analysis: it stands still until it is told. */
function standing(image = 'nginx:2'): DeployRequest['release'] {
  const pipeline = canaryPipeline({
    id: 'stage-2',
    name: 'WAIT_APPROVAL',
    approvers: [],
    minApprovers: 1,
    timeout: 3_600_000,
  });
  return release({ app, image, pipeline });
}

async function deploy(over: Partial<DeployRequest> = {}): Promise<DeployAnswer> {
  return await client.workflow.executeUpdateWithStart(applicationUpdates.deploy, {
    startWorkflowOperation: new WithStartWorkflowOperation('application', {
      workflowId: applicationWorkflowId(app),
      taskQueue: TASK_QUEUE,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ app }],
    }),
    args: [{ release: standing(), strategy: 'AUTO', by: 'ci', adopt: false, ...over }],
  });
}

async function deployed(over: Partial<DeployRequest> = {}): Promise<string> {
  const answer = await deploy(over);
  if (!answer.accepted) throw new Error(answer.reason);
  return answer.id;
}

const application = (): WorkflowHandle => client.workflow.getHandle(applicationWorkflowId(app));
const state = (): Promise<ApplicationState> => application().query(applicationQuery);
const deployment = (id: string): WorkflowHandle => client.workflow.getHandle(deploymentWorkflowId(id));
const document = (id: string): Promise<DeploymentDocument> => deployment(id).query(documentQuery);
const waiting = (id: string): Promise<boolean> =>
  until(`${id} waits for an approval`, async () => (await document(id)).status === 'WAITING_APPROVAL');
const result = (id: string): Promise<DeploymentDocument> => deployment(id).result() as Promise<DeploymentDocument>;
const approve = (id: string): Promise<unknown> =>
  deployment(id).executeUpdate(deploymentUpdates.approve, { args: [{ by: 'ann', reason: '' }] });
const someone = { by: 'ann', reason: 'because' };

/** Brings a version out to its end. */
async function bringOut(image: string): Promise<string> {
  const id = await deployed({ release: standing(image) });
  await waiting(id);
  await approve(id);
  expect((await result(id)).status).toBe('SUCCEEDED');
  return id;
}

test('the same Idempotency-Key answers the same deployment, another body is refused', async () => {
  const idempotency = { key: 'k', bodySha256: 'a' };
  const id = await deployed({ idempotency });
  expect(await deploy({ idempotency })).toEqual({ accepted: true, id, n: 1, repeated: true });
  expect(await deploy({ idempotency: { key: 'k', bodySha256: 'b' } })).toMatchObject({ accepted: false, status: 422 });
  await deployment(id).signal('cancel', someone);
  await result(id);
});

test('deployments of one application queue, and the newest pending one supersedes the older', async () => {
  const first = await deployed();
  await waiting(first);
  const second = await deployed();
  const third = await deployed();
  expect((await result(second)).status).toBe('SUPERSEDED');
  expect((await document(third)).status).toBe('PENDING');
  expect(await state()).toMatchObject({ state: 'DEPLOYING', running: first, pending: third, highest: 3 });
  await approve(first);
  expect((await result(first)).status).toBe('SUCCEEDED');
  await waiting(third);
  await approve(third);
  await result(third);
  await until('idle', async () => (await state()).state === 'IDLE');
  expect((await state()).history.map((h) => `${h.id} ${h.status}`)).toEqual([
    `${third} SUCCEEDED`,
    `${first} SUCCEEDED`,
    `${second} SUPERSEDED`,
  ]);
});

test('a held application refuses deployments, names the one who holds it, and goes on when released', async () => {
  const id = await bringOut('nginx:1');
  await application().executeUpdate(applicationUpdates.hold, { args: [someone] });
  expect(await deploy()).toMatchObject({
    accepted: false,
    status: 409,
    reason: expect.stringContaining('ann') as string,
  });
  await application().executeUpdate(applicationUpdates.release, { args: [someone] });
  await expect(application().executeUpdate(applicationUpdates.release, { args: [someone] })).rejects.toThrow();
  expect(await deployed()).not.toBe(id);
  await deployment(`${app}-2`).signal('cancel', someone);
  await result(`${app}-2`);
});

test('a rollback after success goes to the version before, by its recorded revision, and holds', async () => {
  const first = await bringOut('nginx:1');
  const second = await bringOut('nginx:2');
  const history = (await state()).history;
  expect(history.map((h) => h.id)).toEqual([second, first]);
  const refused = await application().executeUpdate(applicationUpdates.rollback, {
    args: [{ ...someone, to: 'shop-99' }],
  });
  expect(refused).toMatchObject({ accepted: false, status: 409 });
  const answer = await application().executeUpdate(applicationUpdates.rollback, { args: [{ ...someone, to: first }] });
  if (!answer.accepted) throw new Error(answer.reason);
  const document = await result(answer.id);
  expect(document).toMatchObject({
    status: 'SUCCEEDED',
    stages: [{ name: 'ECS_SYNC' }],
    version: { image: 'nginx:1' },
  });
  expect((await state()).held?.reason).toContain(`Rolled back to ${first}`);
  expect((await state()).state).toBe('HELD');
});

test('a standalone task has nothing that a rollback could go back to', async () => {
  const id = await deployed({ release: taskRelease({ app }) });
  expect(await result(id)).toMatchObject({ status: 'SUCCEEDED' });
  await until('the application to hear', async () => (await state()).lastGood?.id === id);
  expect(await state()).toMatchObject({ task: { cluster: 'main', family: 'shop', provider: 'aws' } });
  expect(await application().executeUpdate(applicationUpdates.rollback, { args: [someone] })).toMatchObject({
    accepted: false,
    status: 409,
    reason: expect.stringContaining('is a standalone task') as string,
  });
});

test('a rollback overtakes what runs: it is cancelled with rollback first', async () => {
  const good = await bringOut('nginx:1');
  const bad = await deployed();
  await waiting(bad);
  const answer = await application().executeUpdate(applicationUpdates.rollback, { args: [someone] });
  if (!answer.accepted) throw new Error(answer.reason);
  expect((await result(bad)).status).toBe('CANCELLED');
  expect(world.calls.map((c) => c.activity)).toContain('restoreTraffic');
  const document = await result(answer.id);
  expect(document.status).toBe('SUCCEEDED');
  expect(document.trail[0]?.action).toBe(`rollback to ${good}`);
});

test('the application workflow terminated during a canary: the deployment goes on and the memory is found again', async () => {
  const first = await bringOut('nginx:1');
  const second = await deployed();
  await waiting(second);
  await application().terminate('test');
  await approve(second);
  expect((await result(second)).status).toBe('SUCCEEDED');
  await until('the application is back', async () => (await state()).history.length === 2);
  const found = await state();
  expect(found).toMatchObject({ state: 'IDLE', highest: 2, lastGood: { id: second } });
  expect(found.history.map((h) => h.id)).toEqual([second, first]);
  const answer = await application().executeUpdate(applicationUpdates.rollback, { args: [{ ...someone, to: first }] });
  expect(answer).toMatchObject({ accepted: true, n: 3 });
  await result(`${app}-3`);
});

test('terminated while one runs and one waits: a new request finds both and keeps the order', async () => {
  const first = await deployed();
  await waiting(first);
  const second = await deployed();
  await application().terminate('test');
  const third = await deployed();
  expect(third).toBe(`${app}-3`);
  expect((await result(second)).status).toBe('SUPERSEDED');
  expect((await document(third)).status).toBe('PENDING');
  await approve(first);
  await waiting(third);
  await approve(third);
  await result(third);
});

test('a deployment that was terminated gives the lock back', async () => {
  const first = await deployed();
  await waiting(first);
  await deployment(first).terminate('test');
  const second = await deployed();
  await waiting(second);
  expect((await state()).history[0]).toMatchObject({ id: first, status: 'FAILED' });
  await approve(second);
  await result(second);
});

test('after the Temporal database was lost the number goes on from the tags in AWS', async () => {
  runningInAws = {
    deployment: `${app}-7`,
    taskDefinition: 'arn:aws:ecs:eu-central-1:123456789012:task-definition/shop:7',
  };
  expect(await deployed()).toBe(`${app}-8`);
  expect((await state()).lastGood).toMatchObject({ id: `${app}-7`, status: 'SUCCEEDED' });
  await deployment(`${app}-8`).signal('cancel', someone);
  await result(`${app}-8`);
});

test('sticky sessions that a deployment switched off come back when old cookies have ended', async () => {
  const rule = { stickiness: { enabled: true, durationSeconds: 2 } } as Snapshot['rules'][number];
  world.preflight = { snapshot: { ...SNAPSHOT, rules: [rule] } };
  const id = await bringOut('nginx:1');
  const ended = Date.now();
  await until('stickiness is back', () => world.calls.some((call) => call.activity === 'restoreStickiness'));
  expect(Date.now() - ended).toBeGreaterThan(1_000);
  expect(world.calls.at(-1)).toEqual({ activity: 'restoreStickiness', detail: id });
});

test('what should run is what ended well last, with what it left; nothing is judged while one is under way', async () => {
  const rule = { listenerArn: 'listener', ruleArn: 'rule', isDefault: true } as Snapshot['rules'][number];
  world.preflight = { snapshot: { ...SNAPSHOT, rules: [rule] } };
  const asked: unknown[] = [];
  let meanwhile = (): Promise<unknown> => Promise.resolve();
  const seen: DriftLook = { status: 'OUT_OF_SYNC', reason: 'It differs.', differences: [{ path: 'service' }] };
  const look = createLookForDrift({
    client,
    compare: async (question) => {
      asked.push(question);
      await meanwhile();
      return seen;
    },
  });
  expect(await look(app)).toMatchObject({
    status: 'UNKNOWN',
    reason: expect.stringContaining('does not run') as string,
  });

  const first = await deployed({ release: standing('nginx:1') });
  await waiting(first);
  expect(await look(app)).toMatchObject({ status: 'DEPLOYING', reason: expect.stringContaining(first) as string });
  expect(asked).toEqual([]);
  await approve(first);
  await result(first);
  expect(await look(app)).toEqual({ ...seen, audience: { labels: release().labels } });
  expect(asked).toMatchObject([
    {
      deployment: first,
      taskDefinitionArn: 'shop:1',
      release: { image: 'nginx:1', targetGroups: {} },
      stood: { weights: { primary: 100, canary: 0 }, rules: [rule] },
    },
  ]);

  // One that begins while AWS is read, and one that has ended by then.
  meanwhile = () => deployed({ release: standing('nginx:2') });
  expect(await look(app)).toMatchObject({ status: 'DEPLOYING' });
  const second = `${app}-2`;
  await waiting(second);
  meanwhile = () => Promise.resolve();
  await deployment(second).signal('cancel', { ...someone, rollback: false });
  await result(second);
  expect(await look(app)).toMatchObject({
    ...seen,
    reason: `It differs. ${second} was told to keep what it had done.`,
  });
  meanwhile = () => bringOut('nginx:3');
  expect(await look(app)).toMatchObject({ status: 'DEPLOYING' });
});

test('what should run is brought out once more for drift, unless it is held, busy, told to keep, or too soon', async () => {
  const redeploy = (good: string): Promise<DeployAnswer> =>
    application().executeUpdate(applicationUpdates.redeploy, { args: [{ good, reason: 'The weights differ.' }] });
  const why = async (good: string): Promise<string> => {
    const answer = await redeploy(good);
    return answer.accepted ? answer.id : answer.reason;
  };
  const wanting = (image: string, minWindow = 0) => ({
    ...standing(image),
    drift: { ignoreFields: [], redeploy: { minWindow } },
  });
  const end = async (id: string): Promise<void> => {
    await waiting(id);
    await approve(id);
    await result(id);
  };

  const first = await bringOut('nginx:1');
  expect(await why(first)).toBe('trigger.onOutOfSync is disabled.');
  const second = await deployed({ release: wanting('nginx:2', 60_000), commit: { hash: 'abc' } });
  await waiting(second);
  expect(await why(first)).toBe(`${second} is under way.`);
  await approve(second);
  await result(second);
  expect(await why(first)).toBe(`${first} is not the version that should be running any more.`);
  expect(await why(second)).toMatch(/^trigger\.onOutOfSync\.minWindow is not over before /);
  const third = await deployed({ release: wanting('nginx:3'), commit: { hash: 'def' } });
  await end(third);
  await application().executeUpdate(applicationUpdates.hold, { args: [someone] });
  expect(await why(third)).toBe(`${app} is held by ann: because`);
  await application().executeUpdate(applicationUpdates.release, { args: [someone] });

  world.calls.length = 0;
  const fourth = await why(third);
  const document = await result(fourth);
  expect(document).toMatchObject({
    id: `${app}-4`,
    status: 'SUCCEEDED',
    version: { image: 'nginx:3', commit: 'def', taskDefinition: 'shop:3' },
    trigger: { by: 'drift' },
    trail: [{ action: `deploy ${third} again`, reason: 'The weights differ.' }],
    stages: [{ name: 'ECS_SYNC' }],
  });
  expect(world.calls.map(({ activity, detail }) => `${activity} ${detail}`)).toContain('begin shop:3');
  expect(await state()).toMatchObject({ state: 'IDLE', lastGood: { id: fourth, rollbackTo: third, commit: 'def' } });
  expect((await state()).held).toBeUndefined();

  // Once more of the same version, which stands as it should but for its count: nothing is replaced.
  world.preflight = { unchanged: true, running: { taskDefinitionArn: 'shop:3' } };
  world.calls.length = 0;
  const fifth = await why(fourth);
  expect(await result(fifth)).toMatchObject({ status: 'SUCCEEDED', rollbackTo: third, stages: [] });
  expect(world.calls.map(({ activity }) => activity)).toEqual(['preflight', 'begin', 'finish']);
  world.preflight = {};

  // A rollback goes to the version before it, not to one of its own.
  const back = await application().executeUpdate(applicationUpdates.rollback, { args: [someone] });
  expect(back.accepted && (await result(back.id))).toMatchObject({ rollbackTo: second });

  const kept = await (async () => {
    await application().executeUpdate(applicationUpdates.release, { args: [someone] });
    const id = await deployed({ release: wanting('nginx:6') });
    await waiting(id);
    await deployment(id).signal('cancel', { ...someone, rollback: false });
    await result(id);
    return id;
  })();
  const { lastGood } = await state();
  await until('the application has heard', async () => (await state()).state === 'DIVERGED');
  expect(await why(lastGood?.id ?? '')).toBe(`${kept} was told to keep what it had done.`);
});

test('what one was told to keep is undone by the one that waits already', async () => {
  const first = await deployed();
  await waiting(first);
  const second = await deployed();
  await deployment(first).executeUpdate(deploymentUpdates.cancel, { args: [{ ...someone, rollback: false }] });
  await result(first);
  await waiting(second);
  const asked = world.calls.map(({ activity }) => activity);
  expect(asked.slice(asked.indexOf('restoreTraffic'))).toEqual(
    expect.arrayContaining(['restoreTraffic', 'cleanUp', 'preflight', 'begin']),
  );
  expect(asked.lastIndexOf('preflight')).toBeGreaterThan(asked.indexOf('cleanUp'));
  await approve(second);
  await result(second);
  expect((await state()).state).toBe('IDLE');
});

test('what one was told to keep is not forgotten with one that ends before its turn', async () => {
  const first = await deployed();
  await waiting(first);
  await deployment(first).executeUpdate(deploymentUpdates.cancel, { args: [{ ...someone, rollback: false }] });
  await result(first);
  expect((await state()).state).toBe('DIVERGED');
  world.preflight = { problems: ['A task set is not steady.'] };
  expect((await result(await deployed())).status).toBe('FAILED');
  expect(world.calls.map(({ activity }) => activity)).toContain('restoreTraffic');
  expect((await state()).state).toBe('IDLE');
});

test('a rollback that is asked for twice is done once, and the bad version does not come back', async () => {
  const good = await bringOut('nginx:1');
  await bringOut('nginx:2');
  world.endless.add('SYNCED');
  const ask = async (): Promise<DeployAnswer> =>
    application().executeUpdate(applicationUpdates.rollback, { args: [someone] });
  const answer = await ask();
  if (!answer.accepted) throw new Error(answer.reason);
  expect(await ask()).toMatchObject({
    accepted: false,
    status: 409,
    reason: `${answer.id} takes ${app} back to ${good} already.`,
  });
  await deployment(answer.id).signal('cancel', someone);
  await result(answer.id);
});

test('one that Visibility does not show yet is found by its number, and no two run at once', async () => {
  const first = await deployed();
  await waiting(first);
  await application().terminate('test');
  blind = true;
  const second = await deployed();
  expect(second).toBe(`${app}-2`);
  expect(await state()).toMatchObject({ running: first, pending: second });
  await approve(first);
  await waiting(second);
  await approve(second);
  await result(second);
});

test('one that waits and that nobody knows says so, and gets its turn', async () => {
  const first = await deployed();
  await waiting(first);
  const second = await deployed();
  await application().terminate('test');
  blind = true;
  await approve(first);
  await result(first);
  await client.workflow.getHandle(applicationWorkflowId(app)).signal('wake', { id: second, n: 2 });
  await waiting(second);
  await approve(second);
  await result(second);
});

test('signals and updates with no payload, as Temporal’s UI may send them, stop nothing', async () => {
  const id = await bringOut('nginx:1');
  for (const signal of ['wake', 'deploymentEnded']) await application().signal(signal);
  await application().executeUpdate('hold');
  expect((await state()).held?.by).toBe('somebody in the Temporal UI');
  await application().executeUpdate('release');
  await expect(application().executeUpdate('deploy')).rejects.toThrow();
  expect(await application().executeUpdate('rollbackApplication')).toMatchObject({ accepted: false });
  expect((await state()).lastGood?.id).toBe(id);
});

test('an image’s name as long as a registry allows, and no labels, are deployed like any other', async () => {
  const image = `${'r'.repeat(250)}/${'n'.repeat(100)}:${'t'.repeat(128)}`;
  const id = await deployed({ release: { ...standing(image), labels: {} } });
  await waiting(id);
  await approve(id);
  expect((await result(id)).status).toBe('SUCCEEDED');
});

test('what is longer than a keyword of Visibility may be is cut, and keeps no deployment out of the lists', async () => {
  const long = 'x'.repeat(300);
  const id = await deployed({ commit: { hash: long }, by: long, release: { ...standing(), labels: { team: long } } });
  const { typedSearchAttributes } = await deployment(id).describe();
  const texts = typedSearchAttributes.getAll().flatMap(({ value }) => value as string | string[]);
  expect(texts.filter((text) => text.length === 255)).toHaveLength(3);
  expect(Math.max(...texts.map((text) => text.length))).toBe(255);
  expect((await document(id)).version.commit).toBe(long);
  await deployment(id).signal('cancel', someone);
  await result(id);
});
