import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTaskSetDriver } from '../../activities/ecs/driver.js';
import type { Gateway } from '../../api/gateway.js';
import { createGateway } from '../../api/temporal.js';
import type { DeploymentInput } from '../../workflows/messages.js';
import { deploymentWorkflowId, TASK_QUEUE } from '../../model/workflow-id.js';
import { deploymentSignals, goSignal } from '../../workflows/messages.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.js';
import { temporalContext } from '../../worker/activity-context.js';
import { registerSearchAttributes } from '../../worker/namespace.js';
import { workflowBundle } from '../support/bundle.js';
import { connectTemporal, type TestTemporal } from '../support/temporal.js';
import { fakeActivities, fakeWorld } from '../workflows/fake-activities.js';
import { FAST, NEW, OLD, releaseOf, standingSets, startWorld, wall, type World } from './harness.js';

// The driver on Temporal: what its activities did is read as the api reads it, from the history.

let temporal: TestTemporal;
let gateway: Gateway;
let worker: Worker;
let running: Promise<void>;
let world: World;
let count = 0;

beforeAll(async () => {
  world = await startWorld();
  await world.standing(OLD);
  temporal = await connectTemporal();
  await registerSearchAttributes(temporal.native, temporal.namespace, SEARCH_ATTRIBUTES);
  gateway = createGateway(temporal.client, {
    publicUrl: 'http://sluice.example',
    temporalUiUrl: 'http://ui.example',
    namespace: temporal.namespace,
  });
  const driver = createTaskSetDriver({
    config: { ecsProviders: [{ name: 'aws', region: 'eu-central-1' }], delivery: FAST },
    context: temporalContext,
    clock: wall,
    seal: (plain) => `sealed:${plain}`,
    unseal: (text) => text.replace(/^sealed:/, ''),
  });
  worker = await Worker.create({
    connection: temporal.native,
    namespace: temporal.namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: await workflowBundle(),
    maxHeartbeatThrottleInterval: '100ms',
    activities: { ...fakeActivities(fakeWorld()), ...driver, tellApplication: () => Promise.resolve() },
  });
  running = worker.run();
});
afterAll(async () => {
  worker.shutdown();
  await running;
  await temporal.close();
  await world.close();
});
afterEach(() => world.heal());

/** Deploys with a canary of 30 % as the only stage. */
async function deployCanary(): Promise<string> {
  count += 1;
  const id = `shop-${count}`;
  const input: DeploymentInput = {
    id,
    app: 'shop',
    n: count,
    uid: `uid-${count}`,
    release: releaseOf(NEW, {
      pipeline: [{ id: 'stage-0', name: 'ECS_CANARY_ROLLOUT', scale: 30, timeout: 20_000 }],
      alwaysUsePipeline: true,
    }),
    strategy: 'AUTO',
    trigger: { by: 'ci', at: Date.now() },
    adopt: false,
  };
  const handle = await temporal.client.workflow.start('deployment', {
    taskQueue: TASK_QUEUE,
    workflowId: deploymentWorkflowId(id),
    args: [input],
  });
  await handle.signal(goSignal);
  return id;
}

/** How a deployment ended, and what the log says of its stage. */
async function endOf(id: string): Promise<{ status: string; log: string[] }> {
  const result: unknown = await temporal.client.workflow.getHandle(deploymentWorkflowId(id)).result();
  const { status } = result as { status: string };
  const page = await gateway.records(id, {}, Infinity, ({ value }) => value.stage === 'stage-0');
  const log = (page?.records ?? []).flatMap(({ kind, value }) => {
    if (kind === 'log') return [`${value.level}: ${value.text}`];
    return kind === 'change' ? [`change: ${value.action}`] : [];
  });
  return { status, log };
}

describe('the log of a stage that failed', () => {
  it('says why its tasks stopped, and what had been changed', async () => {
    await world.fault({ kind: 'version', image: NEW, crash: 'atStart' });
    const { status, log } = await endOf(await deployCanary());
    expect(status).toBe('ROLLED_BACK');
    expect(log).toContain('change: ecs:CreateTaskSet');
    expect(log.filter((line) => !line.startsWith('change')).at(-1)).toMatch(
      /error: The tasks stop again and again.*Essential container/i,
    );
    expect(standingSets(world.sandbox)).toEqual([{ image: OLD, group: 'blue', status: 'PRIMARY', scale: 100 }]);
  });

  it('tells of the attempts before the one that succeeded, each once', async () => {
    await world.fault({ kind: 'api', operation: 'CreateTaskSet', mode: 'throttle', before: true, times: 1 });
    const { status, log } = await endOf(await deployCanary());
    expect(status).toBe('SUCCEEDED');
    expect(log.filter((line) => line.includes('was not confirmed'))).toHaveLength(1);
    expect(log.filter((line) => line === 'change: ecs:CreateTaskSet')).toHaveLength(1);
  });

  it('keeps what a stage had done that somebody stopped', async () => {
    await world.fault({ kind: 'version', image: NEW, noCapacity: true });
    const id = await deployCanary();
    const said = async (): Promise<string> => JSON.stringify((await gateway.deployment(id))?.log);
    await expect.poll(said, { timeout: 20_000 }).toContain('1 task(s) wanted');
    await temporal.client.workflow
      .getHandle(deploymentWorkflowId(id))
      .signal(deploymentSignals.cancel, { by: 'ann', reason: 'lunch', rollback: true });
    const { status, log } = await endOf(id);
    expect(status).toBe('CANCELLED');
    expect(log.join('\n')).toContain('1 task(s) wanted');
    expect(log).toContain('change: ecs:CreateTaskSet');
  });
});
