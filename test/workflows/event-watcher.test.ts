import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { EventActivities, EventsCommitted } from '../../activities/events.js';
import type { EventEnd, EventWatcherState, RegisteredEvent } from '../../model/event.js';
import { eventsQuery, registerEventSignal } from '../../workflows/messages.js';
import type { Notice } from '../../model/notification.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { endQuietly } from '../support/end-quietly.js';
import { until } from '../support/processes.js';
import { timeSkippingTemporal } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let handle: WorkflowHandle;
let count = 0;
let batches: RegisteredEvent[][];
let notices: Notice[];
/** What the repository does with a batch; may throw, as for a worker that died. */
let answer: (events: RegisteredEvent[], attempt: number) => EventsCommitted;

const handled = (commit: string): EventEnd => ({ status: 'HANDLED', commit, reason: 'Committed.' });
const all = (events: RegisteredEvent[], how: EventEnd): EventsCommitted => ({
  alone: true,
  ends: Object.fromEntries(events.map(({ id }) => [id, how])),
});

const activities: EventActivities & { notify: (notice: Notice) => Promise<{ delivered: boolean }> } = {
  commitEvents({ events }) {
    batches.push(events);
    return Promise.resolve(answer(events, batches.length));
  },
  notify(notice) {
    notices.push(notice);
    return Promise.resolve({ delivered: true });
  },
};

async function startWorker(): Promise<void> {
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowBundle: await workflowBundle(),
    activities,
  });
  running = worker.run();
}
async function endWorker(): Promise<void> {
  worker.shutdown();
  await running;
}

beforeAll(async () => {
  env = await timeSkippingTemporal();
  await startWorker();
});
afterAll(async () => {
  await endWorker();
  await env.teardown();
});
beforeEach(async () => {
  batches = [];
  notices = [];
  answer = (events, attempt) => all(events, handled(`c${attempt}`));
  handle = await env.client.workflow.start('eventWatcher', {
    workflowId: `event-watcher:r${++count}`,
    taskQueue: 'test',
    args: [{ repoId: 'r' }],
  });
});
afterEach(async ({ task }) => {
  if (isRecording) await record(env.client, handle.workflowId, task.name);
  await endQuietly(handle);
});

const event = (id: string, name: string): RegisteredEvent => ({
  ...{ id, name, data: `value of ${id}`, labels: {}, contexts: {}, by: 'ci', at: 0 },
});
const register = (one: RegisteredEvent): Promise<void> => handle.signal(registerEventSignal, one);
const state = (): Promise<EventWatcherState> => handle.query(eventsQuery);
async function settled(ended: number): Promise<EventWatcherState> {
  await until(`${ended} events to end`, async () => {
    await env.sleep('30 seconds');
    return (await state()).ended.length >= ended;
  });
  return state();
}

test('100 events at once all end HANDLED, each committed once', async () => {
  const events = Array.from({ length: 100 }, (_, i) => event(`id-${i}`, `e${i}`));
  await Promise.all(events.map(register));
  const { pending, ended } = await settled(100);
  expect(pending).toEqual([]);
  expect(new Set(ended.map(({ id, status }) => `${id} ${status}`))).toEqual(
    new Set(events.map(({ id }) => `${id} HANDLED`)),
  );
  expect(
    batches
      .flat()
      .map(({ id }) => id)
      .sort(),
  ).toEqual(events.map(({ id }) => id).sort());
  expect(notices).toEqual([]);
});

test('a worker that dies with a commit is followed by another attempt with the same events', async () => {
  answer = (events, attempt) => {
    if (attempt === 1) throw new Error('the worker died');
    return all(events, handled('c'));
  };
  await register(event('id-1', 'a'));
  expect((await settled(1)).ended).toMatchObject([{ id: 'id-1', status: 'HANDLED', commit: 'c' }]);
  expect(batches.map((events) => events.map(({ id }) => id))).toEqual([['id-1'], ['id-1']]);
});

test('while the repository does not answer events wait, however long; the newest of one thing is committed', async () => {
  let away = true;
  answer = (events) => (away ? { problem: 'The host does not answer.' } : all(events, handled('c')));
  await register(event('old', 'a'));
  await until('the first attempt', () => batches.length > 0);
  await env.sleep('2 hours');
  expect(await state()).toMatchObject({ pending: [{ id: 'old' }], problem: 'The host does not answer.' });
  expect(notices).toHaveLength(1);
  expect(notices[0]).toMatchObject({ event: 'EVENT_FAILED', reason: 'Events wait: The host does not answer.' });
  await register(event('new', 'a'));
  away = false;
  const { ended, problem } = await settled(2);
  expect(ended).toMatchObject([
    { id: 'old', status: 'SUPERSEDED', reason: 'Event new came after it.' },
    { id: 'new', status: 'HANDLED' },
  ]);
  expect(problem).toBeUndefined();
});

test('a failure is told; that nobody waits for it is not, where another repository may', async () => {
  const failed: EventEnd = { status: 'FAILED', reason: 'No event watcher matches.', unmatched: true };
  answer = (events, attempt) => ({ ...all(events, failed), alone: attempt > 1 });
  await register(event('id-1', 'a'));
  await settled(1);
  expect(notices).toEqual([]);
  await register(event('id-2', 'b'));
  await settled(2);
  await until('the notice', () => notices.length > 0);
  expect(notices).toMatchObject([
    { event: 'EVENT_FAILED', repository: 'r', reason: 'Event id-2 (b): No event watcher matches.' },
  ]);
});

test('an event that is told twice is taken once', async () => {
  await register(event('id-1', 'a'));
  await settled(1);
  await register(event('id-1', 'a'));
  await env.sleep('1 minute');
  expect(batches).toHaveLength(1);
});

test('what people are to be told is not lost where the history is continued as new', async () => {
  answer = (events) => all(events, { status: 'FAILED', reason: 'Refused.' });
  await register(event('id-1', 'a'));
  await settled(1);
  const { runId } = await handle.describe();
  // What is known already is dropped, and fills the history.
  for (let length = 0; length < 1_900; length = (await handle.describe()).historyLength) {
    await Promise.all(Array.from({ length: 50 }, () => register(event('id-1', 'a'))));
  }
  await Promise.all(Array.from({ length: 150 }, (_, i) => register(event(`id-2-${i}`, `${i}`))));
  await settled(151);
  await until('a new run', async () => (await handle.describe()).runId !== runId);
  await until('all to be told', () => notices.length === 151);
});

test('of more than can wait, those that come last fail', async () => {
  answer = () => ({ problem: 'Away.' });
  for (let i = 0; i < 201; i += 1) await register(event(`id-${i}`, `e${i}`));
  await until('all to be taken in', async () => {
    const { pending, ended } = await state();
    return pending.length + ended.length === 201;
  });
  expect((await state()).ended).toMatchObject([{ id: 'id-200', status: 'FAILED' }]);
});

test('what waits and what is remembered fits a workflow’s input, however much each event says', async () => {
  answer = () => ({ problem: 'Away.' });
  const labels = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`label-${i}`, 'x'.repeat(200)]));
  // In their order: the last one is to find no place.
  for (let i = 0; i < 120; i++) await register({ ...event(`id-${i}`, `e${i}`), labels });
  await until('all to be taken in', async () => (await state()).ended.some(({ id }) => id === 'id-119'));
  const { pending, ended } = await state();
  expect(pending.length).toBeGreaterThan(30);
  expect(ended.at(-1)).toMatchObject({ status: 'FAILED', reason: `${pending.length} events wait already: ` });
  expect(JSON.stringify({ pending, ended }).length * 3).toBeLessThan(2 * 1024 * 1024);
});
