import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DriftActivities, DriftSeen } from '../../activities/drift.js';
import type { Notice } from '../../model/notification.js';
import type { DriftLook } from '../../model/drift.js';
import { MINUTE } from '../../model/duration.js';
import { driftQuery, lookForDriftUpdate, watchDriftSignal } from '../../workflows/messages.js';
import type { DeployAnswer } from '../../workflows/messages.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { until } from '../support/processes.js';
import { timeSkippingTemporal } from '../support/temporal.js';

const interval = 10 * MINUTE;
const SYNCED: DriftSeen = {
  status: 'SYNCED',
  reason: 'All is well.',
  deployment: 'web-1',
  differences: [],
  interval,
};
const MOVED_LOOK: DriftLook = {
  status: 'OUT_OF_SYNC',
  reason: 'The weights differ.',
  deployment: 'web-1',
  differences: [{ path: 'listener[rule 1].weights', deployed: '100/0', running: '90/10' }],
};
const MOVED: DriftSeen = {
  ...MOVED_LOOK,
  interval,
  audience: {
    labels: { team: 'a' },
    mentions: [{ event: 'APPLICATION_OUT_OF_SYNC', users: ['ada'], groups: [] }],
  },
};

/** The application brings it out again, under the next number. */
function accepted(): DeployAnswer {
  const n = cloud.asked.length + 1;
  return { accepted: true, id: `web-${n}`, n, repeated: false };
}

interface Cloud {
  sees: () => DriftSeen;
  looks: number;
  notices: Notice[];
  /** What the application was asked to deploy again, and what it answers. */
  asked: string[];
  answers: () => DeployAnswer;
  /** Whether the webhook is down. */
  deaf: boolean;
}

let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
let cloud: Cloud;
let handle: WorkflowHandle;
let count = 0;
let app = '';

const activities: DriftActivities & { notify: (notice: Notice) => Promise<{ delivered: boolean }> } = {
  lookForDrift: () => {
    cloud.looks += 1;
    return Promise.resolve(cloud.sees());
  },
  redeploy: ({ app: of, good, reason }) => {
    cloud.asked.push(`${of === app ? '' : of}${good}: ${reason}`);
    return Promise.resolve(cloud.answers());
  },
  notify: (notice) => {
    if (cloud.deaf) return Promise.reject(new Error('the webhook is down'));
    cloud.notices.push(notice);
    return Promise.resolve({ delivered: true });
  },
};

beforeAll(async () => {
  env = await timeSkippingTemporal();
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: 'test',
    workflowBundle: await workflowBundle(),
    activities,
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
});
beforeEach(async () => {
  cloud = { sees: () => SYNCED, looks: 0, notices: [], asked: [], answers: accepted, deaf: false };
  app = `web${++count}`;
  handle = await env.client.workflow.start('drift', {
    taskQueue: 'test',
    workflowId: `drift:${app}`,
    args: [{ app }],
  });
});
afterEach(async ({ task }) => {
  if (isRecording) await record(env.client, `drift:${app}`, `drift ${task.name}`);
  // It ends by itself: one that is terminated while it looks stops the time-skipping server's clock for those after it.
  cloud.deaf = false;
  cloud.sees = () => ({ ...SYNCED, status: 'UNKNOWN', gone: true });
  await look().catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError) && (error as { code?: number }).code !== 5) throw error;
  });
  await handle.result();
});

const look = (): Promise<unknown> => handle.executeUpdate(lookForDriftUpdate);

test('one who asks hears what is seen now, and it is remembered', async () => {
  expect(await look()).toMatchObject({ app, status: 'SYNCED', deployment: 'web-1' });
  cloud.sees = () => MOVED;
  expect(await look()).toMatchObject({ app, ...MOVED_LOOK, lookedAt: expect.stringMatching(/Z$/) as string });
  expect(await handle.query(driftQuery)).toMatchObject({ last: MOVED_LOOK });
  const { memo } = await handle.describe();
  // Without the differences: lists are made of it.
  expect(memo).toEqual({
    drift: {
      app,
      status: 'OUT_OF_SYNC',
      reason: MOVED.reason,
      deployment: 'web-1',
      since: expect.any(String) as string,
    },
  });
});

test('those who ask at once share one look', async () => {
  const answers = await Promise.all([look(), look(), look()]);
  expect(new Set(answers.map((one) => JSON.stringify(one))).size).toBe(1);
});

test('a look that fails is UNKNOWN, with the reason, and never in sync', async () => {
  await look();
  cloud.sees = () => {
    throw ApplicationFailure.nonRetryable('AWS refused: ClusterNotFoundException', 'Stage');
  };
  expect(await look()).toMatchObject({
    status: 'UNKNOWN',
    reason: 'The look at AWS failed: AWS refused: ClusterNotFoundException',
    differences: [],
  });
  cloud.looks = 0;
  cloud.sees = () => {
    throw new Error('throttled');
  };
  expect(await look()).toMatchObject({ status: 'UNKNOWN', reason: 'The look at AWS failed: throttled' });
  expect(cloud.looks).toBe(3);
});

/** Lets the server's time pass, and answers how many looks were made in it. */
async function looksIn(time: string): Promise<number> {
  const before = cloud.looks;
  await env.sleep(time);
  return cloud.looks - before;
}

/** One look of its own. */
async function byItself(): Promise<void> {
  await handle.signal(watchDriftSignal, true);
  expect(await looksIn('15s')).toBe(1);
}

test('it looks once an interval, with jitter, and the first time within one', async () => {
  expect(await looksIn('10m')).toBeGreaterThanOrEqual(1);
  const looks = await looksIn('100m');
  expect(looks).toBeGreaterThanOrEqual(8);
  expect(looks).toBeLessThanOrEqual(12);
  const { next } = (await handle.query(driftQuery)) as { next: number };
  const { last } = (await handle.query(driftQuery)) as { last: { lookedAt: string } };
  const pause = next - Date.parse(last.lookedAt);
  expect(pause).toBeGreaterThan(8.9 * MINUTE);
  expect(pause).toBeLessThan(11.1 * MINUTE);
  expect(pause).not.toBe(10 * MINUTE);
});

test('a deployment that has ended is looked after soon; a worker’s start changes nothing', async () => {
  await byItself();
  await handle.signal(watchDriftSignal, false);
  expect(await looksIn('1m')).toBe(0);
  await byItself();
});

test('people are told once for each change of what differs, and not of what could not be judged', async () => {
  cloud.sees = () => MOVED;
  await look();
  await look();
  await env.sleep('1h');
  expect(cloud.notices).toHaveLength(1);
  expect(cloud.notices[0]).toMatchObject({
    event: 'APPLICATION_OUT_OF_SYNC',
    app,
    labels: { team: 'a' },
    mention: { users: ['ada'], groups: [] },
    reason: 'The weights differ.',
    link: `/api/v1/applications/${app}`,
  });
  for (const status of ['UNKNOWN', 'DEPLOYING'] as const) {
    cloud.sees = () => ({ ...SYNCED, status });
    await look();
    cloud.sees = () => MOVED;
    await look();
  }
  expect(cloud.notices).toHaveLength(1);
  cloud.sees = () => ({ ...MOVED, differences: [{ path: 'service' }] });
  await look();
  cloud.sees = () => SYNCED;
  await look();
  cloud.sees = () => MOVED;
  await look();
  await env.sleep('1s');
  expect(cloud.notices.map(({ event }) => event)).toEqual([
    'APPLICATION_OUT_OF_SYNC',
    'APPLICATION_OUT_OF_SYNC',
    'APPLICATION_SYNCED',
    'APPLICATION_OUT_OF_SYNC',
  ]);
});

test('since when it is so stays until it is otherwise', async () => {
  const first = (await look()) as { since: string };
  await env.sleep('30m');
  const later = (await look()) as { since: string; lookedAt: string };
  expect(later.since).toBe(first.since);
  expect(later.lookedAt > first.since).toBe(true);
  cloud.sees = () => MOVED;
  const moved = (await look()) as { since: string };
  expect(moved.since > later.lookedAt).toBe(true);
});

test('a webhook that is down holds no look up', async () => {
  cloud.sees = () => MOVED;
  cloud.deaf = true;
  for (let i = 0; i < 5; i++) await look();
  expect(cloud.looks).toBe(5);
  cloud.deaf = false;
  await until('the webhook is told', () => cloud.notices.length === 1);
});

test('it ends where nobody looks unasked, and where the application is gone, when those who asked have heard', async () => {
  cloud.sees = () => MOVED_LOOK;
  expect(await look()).toMatchObject({ status: 'OUT_OF_SYNC' });
  await handle.result();
  expect(cloud.notices).toHaveLength(1);
  handle = await env.client.workflow.start('drift', { taskQueue: 'test', workflowId: `drift:${app}`, args: [{ app }] });
  cloud.sees = () => ({ ...SYNCED, status: 'UNKNOWN', gone: true });
  expect(await look()).toMatchObject({ status: 'UNKNOWN' });
  await handle.result();
});

test('its history stays small: it goes on as new, and knows the same', async () => {
  cloud.sees = () => MOVED;
  const first = (await look()) as { since: string };
  const { runId } = await handle.describe();
  for (let i = 0; i < 260; i++) await look();
  const now = env.client.workflow.getHandle(`drift:${app}`);
  const described = await now.describe();
  expect(described.runId).not.toBe(runId);
  expect(described.historyLength).toBeLessThan(2_100);
  expect(await now.query(driftQuery)).toMatchObject({ last: { since: first.since, status: 'OUT_OF_SYNC' } });
  expect(cloud.notices).toHaveLength(1);
});

/** Out of sync with the deployment that brought the version out last, and to be deployed again. */
const again = (): DriftSeen => ({ ...MOVED, redeploy: true, deployment: `web-${cloud.asked.length + 1}` });

test('what is out of sync is deployed again where the file wants it, by the schedule alone', async () => {
  cloud.sees = () => ({ ...MOVED, redeploy: true });
  await look();
  expect(cloud.asked).toEqual([]);
  await byItself();
  expect(cloud.asked).toEqual(['web-1: The weights differ.']);
});

test('what is only shown, or held, is never deployed again', async () => {
  cloud.sees = () => MOVED;
  await env.sleep('1h');
  expect(cloud.looks).toBeGreaterThan(3);
  expect(cloud.asked).toEqual([]);
});

test('one that does not stay in sync is deployed again three times; then it is left, and people are told why', async () => {
  cloud.sees = again;
  await env.sleep('4h');
  expect(cloud.asked).toHaveLength(3);
  expect(await handle.query(driftQuery)).toMatchObject({
    last: { status: 'OUT_OF_SYNC', reason: expect.stringContaining('Deployed again 3 times') as string },
  });
  expect(cloud.notices.at(-1)?.reason).toContain('it is left as it is until somebody deploys');
  expect(cloud.notices).toHaveLength(4);

  // In sync for a while is no peace: somebody who changes it back every half hour is not fought for ever.
  cloud.sees = () => ({ ...SYNCED, deployment: 'web-4' });
  await env.sleep('30m');
  cloud.sees = again;
  await env.sleep('1h');
  expect(cloud.asked).toHaveLength(3);

  // Another version begins anew, and so does one that was in sync for an hour.
  cloud.sees = () => ({ ...again(), deployment: 'web-9' });
  await byItself();
  expect(cloud.asked).toHaveLength(4);
  cloud.sees = () => ({ ...SYNCED, deployment: 'web-5' });
  await env.sleep('90m');
  cloud.sees = again;
  await byItself();
  expect(cloud.asked.at(-1)).toBe('web-5: The weights differ.');
  expect(cloud.asked).toHaveLength(5);
});

test('what the application refuses counts for nothing, and is asked for again', async () => {
  cloud.sees = () => ({ ...MOVED, redeploy: true });
  cloud.answers = () => ({ accepted: false, status: 409, reason: 'minWindow is not over.' });
  await env.sleep('2h');
  expect(cloud.asked.length).toBeGreaterThan(6);
});
