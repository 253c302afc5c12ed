import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAnnounce } from '../../activities/notify/announce.js';
import { createPeople } from '../../activities/notify/people.js';
import { openSecret } from '../../config/secret.js';
import type { Receiver, ServerConfig } from '../../config/server.js';
import type { ApplicationNotice, RepositoryNotice } from '../../model/notification.js';
import { announcementWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { tellStarted, tellStopped } from '../../worker/tell-people.js';
import type { Announced } from '../../workflows/announcement.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { connectTemporal } from '../support/temporal.js';
import type { TestTemporal } from '../support/temporal.js';
import { inline, scriptedServers, telling } from './scripted.js';
import type { Request } from './scripted.js';

const serve = scriptedServers();
const clock = { now: () => Date.now() };

let temporal: TestTemporal;
let worker: Worker;
let running: Promise<void>;
/** What the worker was configured with; each test has its own. */
let config: Pick<ServerConfig, 'notifications' | 'publicUrl'> = telling();

beforeAll(async () => {
  temporal = await connectTemporal();
  const announce = createAnnounce(temporal.client);
  const people = () => createPeople({ config, openSecret, clock, announce });
  worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    activities: {
      routing: () => people().routing(),
      deliver: (what: Parameters<ReturnType<typeof people>['deliver']>[0]) => people().deliver(what),
    },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await temporal.close();
});

let count = 0;
const failed = (): RepositoryNotice => ({
  id: `notice-${++count}`,
  event: 'EVENT_FAILED',
  repository: 'r',
  at: Date.now(),
  reason: 'It cannot be committed.',
  link: '/api/v1/events',
});
const webhook = (name: string, url: string): Receiver => ({ type: 'WEBHOOK', name, url: inline(url) });
const ends = (id: string): Promise<Announced> =>
  temporal.client.workflow.getHandle(announcementWorkflowId(id)).result() as Promise<Announced>;
const eventsOf = (got: readonly Request[]): unknown[] => got.map(({ headers }) => headers['sluice-event']);

describe('what is of no deployment is delivered', () => {
  test('again after a 500, and each time under the same id', async ({ task }) => {
    const { url, got } = await serve({ status: 500 }, { status: 200 });
    config = telling(webhook('w', url));
    const notice = failed();
    await createPeople({ config, openSecret, clock, announce: createAnnounce(temporal.client) }).notify(notice);
    expect(await ends(notice.id)).toEqual({ lost: {} });
    expect(got.map(({ headers }) => headers['sluice-delivery'])).toEqual([notice.id, notice.id]);
    if (isRecording) await record(temporal.client, announcementWorkflowId(notice.id), task.name);
  });

  test('not before the time that a 429 names', async () => {
    const { url, got } = await serve({ status: 429, headers: { 'retry-after': '3' } }, { status: 200 });
    config = telling(webhook('w', url));
    const notice = failed();
    const began = Date.now();
    await createAnnounce(temporal.client)(notice);
    expect(await ends(notice.id)).toEqual({ lost: {} });
    expect(got).toHaveLength(2);
    // By itself it would have been tried again after one second.
    expect(Date.now() - began).toBeGreaterThan(2_900);
  });

  test('to the others, while one cannot be; a second time for the same notice does nothing', async () => {
    const { url, got } = await serve({ status: 200 });
    const slack = await serve({ status: 200, body: '{"ok":false,"error":"channel_not_found"}' });
    config = telling(webhook('w', url), {
      type: 'SLACK',
      name: 's',
      token: inline('xoxb-1'),
      channel: 'C1',
      apiUrl: slack.url,
      mentions: { users: [], groups: [] },
    });
    const notice = failed();
    const announce = createAnnounce(temporal.client);
    await announce(notice);
    const { lost } = await ends(notice.id);
    await announce(notice);
    expect(lost).toEqual({ s: expect.stringContaining('Check channelID') as string });
    expect(got).toHaveLength(1);
    expect(slack.got).toHaveLength(1);
  });

  test('of an application’s state, which is how drift tells of itself', async () => {
    const { url, got } = await serve({ status: 200 });
    config = telling(webhook('w', url));
    for (const event of ['APPLICATION_OUT_OF_SYNC', 'APPLICATION_SYNCED'] as const) {
      const { id, at, link } = failed();
      const notice: ApplicationNotice = {
        id,
        at,
        link,
        event,
        app: 'shop',
        labels: {},
        reason: 'desiredCount differs.',
      };
      await createAnnounce(temporal.client)(notice);
      await ends(notice.id);
    }
    expect(eventsOf(got)).toEqual(['APPLICATION_OUT_OF_SYNC', 'APPLICATION_SYNCED']);
    expect(JSON.parse(got[0]!.body)).toMatchObject({ app: 'shop', reason: 'desiredCount differs.' });
  });
});

describe('a worker', () => {
  test('has its start told, and tells its end by itself', async () => {
    const { url, got } = await serve({ status: 200 });
    config = telling(webhook('w', url));
    const started: string[] = [];
    const announce = createAnnounce(temporal.client);
    await tellStarted(config, async (notice) => {
      started.push(notice.id);
      await announce(notice);
    });
    await ends(started[0]!);
    await tellStopped(config, () => Promise.reject(new Error('nobody is left to do it')));
    expect(eventsOf(got)).toEqual(['PIPED_STARTED', 'PIPED_STOPPED']);
    expect(JSON.parse(got[1]!.body)).toMatchObject({ worker: expect.stringMatching(/^\d+@/) as string });
  });

  test('leaves to another what it could not tell any more', async () => {
    const { url, got } = await serve({ status: 503 }, { status: 200 });
    const sound = await serve({ status: 200 });
    config = telling(webhook('w', url), webhook('sound', sound.url));
    const announced: string[] = [];
    const announce = createAnnounce(temporal.client);
    await tellStopped(config, async (notice, to) => {
      announced.push(notice.id, ...(to ?? []));
      await announce(notice, to);
    });
    expect(announced[1]).toBe('w');
    expect(await ends(announced[0]!)).toEqual({ lost: {} });
    expect(eventsOf(got)).toEqual(['PIPED_STOPPED', 'PIPED_STOPPED']);
    expect(sound.got).toHaveLength(1);
  });

  test('says nothing where nobody wants to hear it', async () => {
    const refuse = (): Promise<void> => Promise.reject(new Error('not asked'));
    await tellStarted(telling(), refuse);
    await tellStopped(telling(), refuse);
  });
});
