import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { oldNotice, WEBHOOK } from '../../model/notification.js';
import type { OldNotice } from '../../model/notification.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { documentQuery, goSignal } from '../../workflows/messages.js';
import type { DeploymentInput } from '../../workflows/messages.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.js';
import { registerSearchAttributes } from '../../worker/namespace.js';
import { isRecording, record } from '../replay/record.js';
import { workflowBundle } from '../support/bundle.js';
import { release } from '../support/release.js';
import { timeSkippingTemporal } from '../support/temporal.js';
import { fakeActivities, fakeWorld } from './fake-activities.js';
import type { FakeWorld } from './fake-activities.js';

export type Rollout = WorkflowHandle<(input: DeploymentInput) => Promise<DeploymentDocument>>;

/** Deployment workflows on a time-skipping server of the test file's own, in a world that the test scripts. */
export interface Rollouts {
  world: FakeWorld;
  /** What was asked of the outside world, in order. */
  changes: () => string[];
  /** What the one webhook was told, in its words. */
  heard: () => (OldNotice['event'] | undefined)[];
  /** Lets this much of the server's time pass. */
  pass: (time: string) => Promise<void>;
  /** Starts a deployment, and lets it begin unless told not to. */
  start: (over?: Partial<DeploymentInput>, go?: boolean) => Promise<Rollout>;
}

/** Registers the hooks of a test file. */
export function rollouts(): Rollouts {
  let env: TestWorkflowEnvironment;
  let worker: Worker;
  let running: Promise<void>;
  const world: FakeWorld = fakeWorld();
  let count = 0;
  const started: string[] = [];

  beforeAll(async () => {
    env = await timeSkippingTemporal();
    await registerSearchAttributes(env.nativeConnection, 'default', SEARCH_ATTRIBUTES);
    worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowBundle: await workflowBundle(),
      maxHeartbeatThrottleInterval: '100ms',
      activities: {
        ...fakeActivities(world),
        tellApplication: (ended: (typeof world.ended)[number]) => Promise.resolve(void world.ended.push(ended)),
        wakeApplication: () => Promise.resolve(),
        findChained: () => Promise.resolve({ problem: 'No repository is here.' }),
        recallAnalysis: ({ deployment, stage }: { deployment: string; stage: string }) =>
          env.client.workflow.getHandle(`analysis:${deployment}:${stage}`).query('analysis'),
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
    Object.assign(world, { archiveError: undefined }, fakeWorld());
    started.length = 0;
  });
  afterEach(async ({ task }) => {
    if (!isRecording) return;
    for (const id of started) {
      await record(env.client, `deployment:${id}`, task.name);
      await record(env.client, `analysis:${id}:stage-2`, task.name);
    }
  });

  return {
    world,
    changes: () => world.calls.map((c) => `${c.activity} ${c.detail}`.trim()),
    heard: () =>
      world.told.filter(({ receiver }) => receiver === WEBHOOK).map(({ notice }) => oldNotice(notice)?.event),
    pass: (time) => env.sleep(time),
    async start(over = {}, go = true) {
      const n = ++count;
      const id = `shop-${n}`;
      started.push(id);
      const input: DeploymentInput = {
        id,
        app: 'shop',
        n,
        uid: `uid-${n}`,
        release: release(),
        strategy: 'AUTO',
        trigger: { by: 'ci', at: Date.now() },
        adopt: false,
        ...over,
      };
      const handle: Rollout = await env.client.workflow.start('deployment', {
        taskQueue: 'test',
        workflowId: `deployment:${id}`,
        args: [input],
      });
      if (go) await handle.signal(goSignal);
      return handle;
    },
  };
}

/** The document as soon as it is as it should be. */
export async function until(
  handle: Rollout,
  seen: (document: DeploymentDocument) => boolean,
): Promise<DeploymentDocument> {
  for (let i = 0; i < 200; i++) {
    const document = await handle.query(documentQuery);
    if (seen(document)) return document;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not seen: ${JSON.stringify(await handle.query(documentQuery))}`);
}

/** Whether a stage is in this state. */
export const stageIs =
  (id: string, status: string) =>
  (document: DeploymentDocument): boolean =>
    document.stages.some((s) => s.id === id && s.status === status);
