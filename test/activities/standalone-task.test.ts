import { randomUUID } from 'node:crypto';
import { ECSClient, StopTaskCommand } from '@aws-sdk/client-ecs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ActivityHeartbeat } from '../../model/delivery.js';
import { HOUR } from '../../model/duration.js';
import type { TaskRelease } from '../../model/release.js';
import type { TaskHandle } from '../../model/standalone-task.js';
import { asTask } from '../support/release.js';
import { operations, releaseOf, startWorld, type Machinery, type World } from './harness.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => world.forgetCalls());
afterEach(() => world.heal());

const CLUSTER = 'arn:aws:ecs:eu-central-1:123456789012:cluster/sluice-example';

/** Each image has a task definition of its own. */
function taskRelease(image: string, cluster = CLUSTER): TaskRelease {
  const networkConfiguration = { awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' as const } };
  return asTask(releaseOf(image), { cluster, launchType: 'FARGATE', networkConfiguration, run: true });
}

async function registered(image: string): Promise<TaskHandle> {
  const input = { app: 'jobs', deployment: 'jobs-1', release: taskRelease(image) };
  const { handle } = await world.act('registerTask', { ...input, uid: randomUUID() });
  return handle;
}

function run(handle: TaskHandle, machinery?: Machinery, within = 30_000) {
  return world.act('runTask', { handle, stage: 'stage-0', deadline: Date.now() + within }, machinery);
}

/** What the sandbox has of this deployment's tasks. */
function tasksOf({ uid }: TaskHandle) {
  return world.sandbox.state().tasks.filter(({ startedBy }) => startedBy === uid);
}

test('is registered, run once and waited for, heartbeating with its state', async () => {
  await world.fault({ kind: 'version', image: 'job:ok', runSeconds: 0.5 });
  const handle = await registered('job:ok');
  const beats: ActivityHeartbeat[] = [];
  const progress = await run(handle, { onHeartbeat: (beat) => beats.push(structuredClone(beat)) });

  expect(progress.detail).toBe('web ended with exit code 0.');
  expect(operations(await world.changes())).toEqual(['RegisterTaskDefinition', 'RunTask']);
  expect(tasksOf(handle)).toMatchObject([{ lastStatus: 'STOPPED', exitCode: 0 }]);
  const states = new Set(beats.map(({ detail }) => /is (\w+),/.exec(detail)?.[1]).filter(Boolean));
  expect([...states]).toEqual(expect.arrayContaining(['PENDING', 'RUNNING']));
  // Written down before it is asked for, and with its ARN as soon as that is heard.
  expect(beats.find(({ asked }) => asked)?.asked).toEqual({ at: expect.any(Number) as number, attempt: 1 });
  expect(beats.at(-1)?.asked?.taskArn).toBe(tasksOf(handle)[0]?.arn);
});

test('says what it is: tags, startedBy, one task, its network', async () => {
  const handle = await registered('job:tags');
  await run(handle);
  const call = (await world.changes()).find(({ operation }) => operation === 'RunTask');
  expect(call?.parameters).toMatchObject({
    cluster: CLUSTER,
    count: 1,
    launchType: 'FARGATE',
    startedBy: handle.uid,
    taskDefinition: handle.taskDefinitionArn,
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
    tags: expect.arrayContaining([
      { key: 'sluice:application', value: 'jobs' },
      { key: 'sluice:deployment', value: 'jobs-1' },
    ]) as unknown,
  });
});

test('an exit code other than 0 fails, and says so', async () => {
  await world.fault({ kind: 'version', image: 'job:bad', exitCode: 3 });
  await expect(run(await registered('job:bad'))).rejects.toThrow(
    'Essential container in task exited: web ended with exit code 3.',
  );
});

test('one that cannot start fails with ECS’s reason', async () => {
  await world.fault({ kind: 'version', image: 'job:gone', crash: 'cannotPull' });
  await expect(run(await registered('job:gone'))).rejects.toThrow(/could not start: CannotPullContainerError/);
});

test.each([
  ['lost', { mode: 'loseAnswer' }],
  ['cut off', { mode: 'truncate' }],
])('an answer that is %s makes no second run', async (_how, fault) => {
  const handle = await registered(`job:${fault.mode}`);
  await world.fault({ kind: 'api', operation: 'RunTask', ...fault });
  await run(handle);
  expect(tasksOf(handle)).toHaveLength(1);
  expect(operations(await world.changes()).filter((name) => name === 'RunTask')).toHaveLength(1);
});

test('a task that hides from reads after its answer was lost is found by the client token', async () => {
  const handle = await registered('job:hidden');
  await world.fault({ kind: 'consistency', hideSeconds: 0.4 });
  await world.fault({ kind: 'api', operation: 'RunTask', mode: 'loseAnswer' });
  await run(handle);
  const asked = (await world.changes()).filter(({ operation }) => operation === 'RunTask');
  expect(asked.length).toBeGreaterThan(1);
  expect(new Set(asked.map(({ parameters }) => parameters['clientToken'])).size).toBe(1);
  expect(tasksOf(handle)).toHaveLength(1);
});

test('the next worker goes on with the task that the last one ran', async () => {
  await world.fault({ kind: 'version', image: 'job:handed', runSeconds: 0.6 });
  const handle = await registered('job:handed');
  let last: ActivityHeartbeat | undefined;
  const killed = new AbortController();
  await expect(
    run(handle, {
      cancelled: killed.signal,
      onHeartbeat: (beat) => {
        last = structuredClone(beat);
        if (beat.detail.includes('RUNNING')) killed.abort(new Error('killed'));
      },
    }),
  ).rejects.toThrow('killed');
  if (!last) throw new Error('nothing was heartbeated');
  expect((await run(handle, { lastHeartbeat: last })).detail).toBe('web ended with exit code 0.');
  expect(tasksOf(handle)).toHaveLength(1);
});

test('what may have run and is forgotten by now is not run again', async () => {
  const handle = await registered('job:forgotten');
  const asked = { at: Date.now() - HOUR, attempt: 1 };
  const lastHeartbeat = { stage: 'stage-0', detail: '', log: [], asked };
  await expect(run(handle, { lastHeartbeat })).rejects.toThrow(/whether it ran is not known/);
  const gone = { ...asked, taskArn: `${CLUSTER.replace(':cluster/', ':task/')}/${'0'.repeat(32)}` };
  await expect(run(handle, { lastHeartbeat: { ...lastHeartbeat, asked: gone } })).rejects.toThrow(
    /no longer knows task/,
  );
  expect(tasksOf(handle)).toEqual([]);
});

test('waits while there is no room, and then runs once', async () => {
  await world.fault({ kind: 'version', image: 'job:crowded', noCapacity: true });
  const handle = await registered('job:crowded');
  let told = false;
  await run(handle, {
    onHeartbeat: ({ detail }) => {
      if (told || !detail.includes('No room for the task yet: Capacity is unavailable')) return;
      told = true;
      void world.heal();
    },
  });
  expect(told).toBe(true);
  expect(tasksOf(handle)).toMatchObject([{ exitCode: 0 }]);
});

test('a cluster that is not there is AWS’s refusal, at once', async () => {
  const handle = await registered('job:nowhere');
  const release = taskRelease('job:nowhere', CLUSTER.replace('sluice-example', 'other'));
  await expect(run({ ...handle, release })).rejects.toThrow(/ClusterNotFoundException/);
  // Nothing can run there: the end of such a deployment is not waited for, and its plan says so before.
  const stopped = await world.act('stopTask', { handle: { ...handle, release }, reason: 'no' }, { attempts: 1 });
  expect(stopped.found).toBe('NONE');
  const seen = await world.act('inspectTask', { app: 'jobs', deployment: 'jobs-1', release });
  expect(seen.problems).toEqual([expect.stringMatching(/^There is no cluster .*other in eu-central-1\./)]);
});

test('takes too long: fails with its state, and is stopped', async () => {
  await world.fault({ kind: 'version', image: 'job:long', runSeconds: 600 });
  const handle = await registered('job:long');
  await expect(run(handle, {}, 1_500)).rejects.toThrow(/ran out of time\. Task [0-9a-f]+ is RUNNING/);
  const stopped = await world.act('stopTask', { handle, reason: 'it took too long' });
  expect(stopped).toMatchObject({ found: 'STOPPED', detail: expect.stringContaining('was stopped') as string });
  expect(tasksOf(handle)).toMatchObject([
    { lastStatus: 'STOPPED', stopCode: 'UserInitiated', stoppedReason: 'Sluice, jobs-1: it took too long' },
  ]);
  // Asked again, as after a worker's death: nothing is left to do.
  expect(await world.act('stopTask', { handle, reason: 'again' })).toMatchObject({ found: 'ENDED' });
});

test('stopped by somebody else is a failure', async () => {
  await world.fault({ kind: 'version', image: 'job:meddled', runSeconds: 600 });
  const handle = await registered('job:meddled');
  const running = run(handle, {
    onHeartbeat: ({ detail, asked }) => {
      if (!detail.includes('RUNNING')) return;
      const ecs = new ECSClient({ region: 'eu-central-1' });
      void ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: asked?.taskArn, reason: 'not today' }));
    },
  });
  await expect(running).rejects.toThrow(/somebody stopped it: not today/);
});

test('nothing to stop where nothing was run', async () => {
  const handle = await registered('job:never');
  expect(await world.act('stopTask', { handle, reason: 'no need' })).toMatchObject({ found: 'NONE' });
  expect(operations(await world.changes())).not.toContain('StopTask');
});

test('the look before it: what is registered, what differs, and a cluster elsewhere', async () => {
  const input = { app: 'jobs', deployment: 'jobs-1' };
  const unknown = await world.act('inspectTask', { ...input, release: taskRelease('job:unknown') });
  expect(unknown.problems).toEqual([]);
  expect(unknown.registered).toBeUndefined();
  expect(unknown.taskDefinition).toContainEqual(
    expect.objectContaining({ path: 'containerDefinitions[web].image', to: '"job:unknown"' }),
  );
  const { taskDefinitionArn } = await registered('job:known');
  const known = await world.act('inspectTask', { ...input, release: taskRelease('job:known') });
  expect(known).toMatchObject({ registered: { taskDefinitionArn }, taskDefinition: [] });
  const elsewhere = taskRelease('job:known', CLUSTER.replace('123456789012', '210987654321'));
  const found = await world.act('inspectTask', { ...input, release: elsewhere });
  expect(found.problems).toEqual([expect.stringMatching(/the cluster is in account 210987654321/)]);
});
