import type { Client, WorkflowHandle } from '@temporalio/client';
import { WithStartWorkflowOperation } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createLookForDrift } from '../../activities/drift/look.js';
import { createMemory } from '../../activities/memory/memory.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { applicationWorkflowId, deploymentWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { registerSearchAttributes } from '../../worker/namespace.js';
import { applicationQuery, applicationUpdates } from '../../workflows/messages.js';
import type { ApplicationState, DeployAnswer, RenameAnswer, TakeOver } from '../../workflows/messages.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { until } from '../support/processes.js';
import { canaryPipeline, release } from '../support/release.js';
import { connectTemporal } from '../support/temporal.js';
import type { TestTemporal } from '../support/temporal.js';
import { fakeActivities, fakeWorld } from './fake-activities.js';
import type { FakeWorld } from './fake-activities.js';

let temporal: TestTemporal;
let client: Client;
let worker: Worker;
let running: Promise<void>;
const world: FakeWorld = fakeWorld();
/** Steps that are told twice, as after an answer that was lost. */
let twice = false;
/** A worker that stands still at a step until it is let go. */
let held: { step: TakeOver['step']; until: Promise<void> } | undefined;
let count = 0;
let [old, name] = ['', ''];

async function startWorker(): Promise<void> {
  const memory = createMemory({ client, readRunning: () => Promise.resolve(undefined) });
  worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    stickyQueueScheduleToStartTimeout: '1s',
    activities: {
      ...fakeActivities(world),
      ...memory,
      takeOver: async (input: Parameters<typeof memory.takeOver>[0]) => {
        world.calls.push({ activity: 'takeOver', detail: `${input.asked.step} ${input.app}` });
        if (held?.step === input.asked.step) {
          await held.until;
          throw new Error('This worker dies.');
        }
        if (twice) await memory.takeOver(input);
        return memory.takeOver(input);
      },
    },
  });
  running = worker.run();
}

beforeAll(async () => {
  temporal = await connectTemporal();
  ({ client } = temporal);
  await registerSearchAttributes(temporal.native, temporal.namespace, SEARCH_ATTRIBUTES);
  await startWorker();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await temporal.close();
});
beforeEach(() => {
  Object.assign(world, fakeWorld());
  twice = false;
  held = undefined;
  count += 1;
  [old, name] = [`old${count}`, `new${count}`];
});
afterEach(async ({ task }) => {
  if (!isRecording) return;
  await record(client, applicationWorkflowId(old), `rename ${task.name} old`);
  await record(client, applicationWorkflowId(name), `rename ${task.name} new`);
});

const handle = (app: string): WorkflowHandle => client.workflow.getHandle(applicationWorkflowId(app));
const state = (app: string): Promise<ApplicationState> => handle(app).query(applicationQuery);
const result = (id: string): Promise<DeploymentDocument> =>
  client.workflow.getHandle(deploymentWorkflowId(id)).result() as Promise<DeploymentDocument>;
const rename = (from: string, to: string): Promise<RenameAnswer> =>
  handle(from).executeUpdate(applicationUpdates.rename, { args: [{ to, by: 'ann', reason: 'the team wants it' }] });
const calls = (): string[] =>
  world.calls.filter(({ activity }) => /takeOver|renameService/.test(activity)).map(({ detail }) => detail);

function deploy(app: string, image: string, pipeline?: ReturnType<typeof canaryPipeline>): Promise<DeployAnswer> {
  return client.workflow.executeUpdateWithStart(applicationUpdates.deploy, {
    startWorkflowOperation: new WithStartWorkflowOperation('application', {
      workflowId: applicationWorkflowId(app),
      taskQueue: TASK_QUEUE,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ app }],
    }),
    args: [
      {
        release: release({ app, image, pipeline: pipeline ?? [] }),
        strategy: pipeline ? 'PIPELINE' : 'QUICK_SYNC',
        by: 'ci',
        adopt: false,
      },
    ],
  });
}
async function bringOut(app: string, image: string): Promise<string> {
  const answer = await deploy(app, image);
  if (!answer.accepted) throw new Error(answer.reason);
  expect((await result(answer.id)).status).toBe('SUCCEEDED');
  await until('the application to be at rest', async () => (await state(app)).running === undefined);
  return answer.id;
}

test('the new name has the memory, the old one none of it, and a rollback goes on from there', async () => {
  const first = await bringOut(old, 'nginx:1');
  world.preflight = { running: { taskDefinitionArn: 'shop:2' } };
  const second = await bringOut(old, 'nginx:2');
  expect(await rename(old, name)).toEqual({ outcome: 'RENAMED', to: name });
  expect(calls()).toEqual([`CLAIM ${name}`, `${old} → ${name}`, `FINISH ${name}`]);
  const [before, after] = [await state(old), await state(name)];
  expect(before).toMatchObject({ state: 'RENAMED', renamed: { to: name, by: 'ann', reason: 'the team wants it' } });
  expect(before).not.toHaveProperty('lastGood');
  expect(before).not.toHaveProperty('service');
  expect(before.renamed).not.toHaveProperty('underWay');
  expect(after).toMatchObject({ state: 'IDLE', formerly: old, lastGood: { id: second }, highest: 0 });
  expect(after.history.map(({ id }) => id)).toEqual([second, first]);

  // Asked once more it is the same one.
  expect(await rename(old, name)).toEqual({ outcome: 'RENAMED', to: name });
  expect(calls()).toHaveLength(3);

  const back = await handle(name).executeUpdate(applicationUpdates.rollback, {
    args: [{ by: 'ann', reason: 'bad', to: first }],
  });
  expect(back).toMatchObject({ accepted: true, id: `${name}-1` });
  expect(await result(`${name}-1`)).toMatchObject({ status: 'SUCCEEDED', app: name, rollbackTo: first });
  const begun = world.calls.filter(({ activity }) => activity === 'begin').at(-1);
  expect(begun?.detail).toContain('shop:1');
});

test('the old name deploys nothing any more, is not held, and drift is not its business', async () => {
  await bringOut(old, 'nginx:1');
  await rename(old, name);
  expect(await deploy(old, 'nginx:2')).toMatchObject({
    accepted: false,
    status: 409,
    reason: expect.stringContaining(`${old} was renamed to ${name} by ann`) as string,
  });
  const control = { by: 'ann', reason: 'x' };
  expect(await handle(old).executeUpdate(applicationUpdates.rollback, { args: [control] })).toMatchObject({
    accepted: false,
  });
  await expect(handle(old).executeUpdate(applicationUpdates.hold, { args: [control] })).rejects.toThrow();
  const look = createLookForDrift({ client, interval: 1, compare: () => Promise.reject(new Error('nothing to see')) });
  expect(await look(old)).toMatchObject({ status: 'UNKNOWN', gone: true });
});

test('it waits for what runs, and a held application stays held under its new name', async () => {
  await bringOut(old, 'nginx:1');
  const pipeline = canaryPipeline({
    id: 'stage-2',
    name: 'WAIT_APPROVAL',
    approvers: [],
    minApprovers: 1,
    timeout: 3_600_000,
  });
  const under = await deploy(old, 'nginx:2', pipeline);
  if (!under.accepted) throw new Error(under.reason);
  expect(await rename(old, name)).toMatchObject({
    outcome: 'WAITS',
    reason: expect.stringContaining(`${under.id} is under way`) as string,
  });
  expect(calls()).toEqual([]);
  const control = { by: 'ann', reason: 'enough' };
  await client.workflow.getHandle(deploymentWorkflowId(under.id)).signal('cancel', control);
  await result(under.id);
  await handle(old).executeUpdate(applicationUpdates.hold, { args: [control] });
  await until('it to be renamed', async () => (await rename(old, name)).outcome === 'RENAMED');
  expect(await state(name)).toMatchObject({ state: 'HELD', held: control });
  expect(await deploy(name, 'nginx:3')).toMatchObject({ accepted: false, status: 409 });
});

test('a name that runs something of its own is refused, and both stay as they were', async () => {
  await bringOut(old, 'nginx:1');
  const other = await bringOut(name, 'nginx:9');
  expect(await rename(old, name)).toMatchObject({
    outcome: 'REFUSED',
    reason: expect.stringContaining(`${name} is an application of its own: ${other} runs`) as string,
  });
  expect(await rename(old, old)).toMatchObject({ outcome: 'REFUSED' });
  expect([(await state(old)).state, (await state(name)).state]).toEqual(['IDLE', 'IDLE']);
  await bringOut(old, 'nginx:2');
});

test('what AWS refuses is taken back whole: the old name goes on, the new one is free', async () => {
  await bringOut(old, 'nginx:1');
  world.tagsRefused = true;
  expect(await rename(old, name)).toMatchObject({
    outcome: 'WAITS',
    reason: expect.stringContaining('AWS does not allow it') as string,
    fix: expect.stringContaining('ecs:TagResource') as string,
  });
  expect(calls()).toEqual([`CLAIM ${name}`, `${old} → ${name}`, `${name} → ${old}`, `ABANDON ${name}`]);
  await bringOut(old, 'nginx:2');
  await bringOut(name, 'nginx:3');
});

test('steps that are told twice do nothing more, and names come back by renames', async () => {
  twice = true;
  const first = await bringOut(old, 'nginx:1');
  expect((await rename(old, name)).outcome).toBe('RENAMED');
  expect((await rename(name, old)).outcome).toBe('RENAMED');
  expect(await state(old)).toMatchObject({ state: 'IDLE', formerly: name, lastGood: { id: first }, highest: 1 });
  expect(await state(name)).toMatchObject({ state: 'RENAMED', renamed: { to: old } });
  // The number goes on.
  expect(await bringOut(old, 'nginx:2')).toBe(`${old}-2`);
});

test('two that take each other’s names do not wait for each other', async () => {
  await bringOut(old, 'nginx:1');
  await bringOut(name, 'nginx:2');
  const answers = await Promise.all([rename(old, name), rename(name, old)]);
  expect(answers.map(({ outcome }) => outcome)).not.toContain('RENAMED');
  expect([(await state(old)).state, (await state(name)).state]).toEqual(['IDLE', 'IDLE']);
});

test.each(['CLAIM', 'FINISH'] as const)(
  'while it stands at %s neither name deploys, a new worker goes on, and what is told late reaches the new name',
  async (step) => {
    const first = await bringOut(old, 'nginx:1');
    const ended = (await state(old)).history[0];
    let go = (): void => undefined;
    held = { step, until: new Promise((resolve) => (go = resolve)) };
    const answer = rename(old, name);
    await until('the step', () => calls().includes(`${step} ${name}`));
    expect(await state(old)).toMatchObject({ state: 'RENAMED', renamed: { underWay: true } });
    if (step === 'FINISH') {
      expect(await deploy(name, 'nginx:2')).toMatchObject({
        accepted: false,
        reason: expect.stringContaining(`takes over what ${old} has`) as string,
      });
    }
    await handle(old).signal('deploymentEnded', {
      n: 1,
      entry: ended,
      release: release({ app: old, image: 'late:1' }),
    });
    worker.shutdown();
    go();
    held = undefined;
    await running;
    await startWorker();
    expect(await answer).toEqual({ outcome: 'RENAMED', to: name });
    expect(await state(name)).toMatchObject({ lastGood: { id: first }, highest: 0 });
    await bringOut(name, 'nginx:2');
    expect(await deploy(old, 'nginx:2')).toMatchObject({ accepted: false });
  },
);
