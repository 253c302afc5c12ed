import {
  DeleteTaskSetCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
} from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand, ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultWorld } from '../../sandbox/world.js';
import {
  BLUE,
  CLUSTER,
  GREEN,
  LISTENER,
  SERVICE,
  SERVICE_PATH,
  createService,
  createTaskSet,
  register,
  startBench,
} from './example.js';
import type { Bench } from './example.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.sandbox.close());

async function route(blue: number, green: number, stickySeconds?: number): Promise<void> {
  await bench.elb.send(
    new ModifyListenerCommand({
      ListenerArn: LISTENER,
      DefaultActions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: BLUE, Weight: blue },
              { TargetGroupArn: GREEN, Weight: green },
            ],
            TargetGroupStickinessConfig:
              stickySeconds === undefined ? { Enabled: false } : { Enabled: true, DurationSeconds: stickySeconds },
          },
        },
      ],
    }),
  );
}

/** Both groups with healthy targets, the canary of another image, and counters at zero. */
async function bothSides(): Promise<string> {
  await createService(bench.ecs);
  await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
  const canary = await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:2'), GREEN, 50);
  bench.pass(60);
  await bench.panel('DELETE', '/counters');
  return canary.id!;
}

describe('requests', () => {
  it('meet an empty group with 503 and are not sent elsewhere', () => {
    bench.pass(10);
    expect(bench.sandbox.state().counters).toMatchObject({
      requests: 500,
      emptyGroup503: 500,
      failOpen: 0,
      byTargetGroup: { [BLUE]: { requests: 500, errors: 500 } },
    });
  });

  it('are divided by the weights, exactly', async () => {
    await bothSides();
    bench.pass(10);
    expect(bench.sandbox.state().counters.byTargetGroup).toEqual({ [BLUE]: { requests: 500, errors: 0 } });
    await route(80, 20);
    bench.pass(10);
    expect(bench.sandbox.state().counters).toMatchObject({
      requests: 1000,
      emptyGroup503: 0,
      byTargetGroup: { [BLUE]: { requests: 900 }, [GREEN]: { requests: 100 } },
      byImage: { 'example/web:1': { requests: 900, errors: 0 }, 'example/web:2': { requests: 100, errors: 0 } },
    });
    await route(0, 0);
    bench.pass(10);
    expect(bench.sandbox.state().counters).toMatchObject({ noWeight503: 500, emptyGroup503: 0 });
  });

  it('go to targets that are not healthy when there are no others', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:1', neverHealthy: true });
    await createService(bench.ecs);
    await createTaskSet(bench.ecs, await register(bench.ecs, 'example/web:1'), BLUE);
    bench.pass(25);
    await bench.panel('DELETE', '/counters');
    bench.pass(10);
    expect(bench.sandbox.state().counters).toMatchObject({
      requests: 500,
      failOpen: 500,
      emptyGroup503: 0,
      elb5xx: 500,
    });
  });

  it('follow a changed rule some seconds after it can be read', async () => {
    await bench.sandbox.close();
    bench = await startBench({ world: defaultWorld() });
    await bothSides();
    await route(80, 20);
    await route(60, 40);
    expect(bench.sandbox.state().rules).toMatchObject([{ weights: { [BLUE]: 60, [GREEN]: 40 } }]);
    bench.pass(5);
    expect(bench.sandbox.state().counters.byTargetGroup).toEqual({ [BLUE]: { requests: 250, errors: 0 } });
    bench.pass(5);
    expect(bench.sandbox.state().counters.byTargetGroup).toMatchObject({
      [BLUE]: { requests: 400 },
      [GREEN]: { requests: 100 },
    });
  });

  it('meet 503 when a set is deleted before its weight is 0', async () => {
    const canary = await bothSides();
    await route(80, 20);
    await bench.ecs.send(new DeleteTaskSetCommand({ ...SERVICE_PATH, taskSet: canary, force: true }));
    bench.pass(10);
    expect(bench.sandbox.state().counters.emptyGroup503).toBe(100);
  });

  it('stay with a group by their cookies, whatever its weight, until the cookies end or the rule forgets them', async () => {
    await bothSides();
    await route(50, 50, 600);
    bench.pass(10);
    await route(100, 0, 600);
    await bench.panel('DELETE', '/counters');
    bench.pass(10);
    expect(bench.sandbox.state().counters.byTargetGroup[GREEN]).toEqual({ requests: 200, errors: 0 });
    await route(100, 0);
    await bench.panel('DELETE', '/counters');
    bench.pass(10);
    expect(bench.sandbox.state().counters.byTargetGroup[GREEN]).toBeUndefined();
    await route(100, 0, 600);
    bench.pass(10);
    expect(bench.sandbox.state().counters.byTargetGroup[GREEN]).toEqual({ requests: 200, errors: 0 });
    bench.pass(600);
    await bench.panel('DELETE', '/counters');
    bench.pass(10);
    expect(bench.sandbox.state().counters.byTargetGroup[GREEN]).toBeUndefined();
  });

  it('fail as the version that serves them does', async () => {
    await bothSides();
    await route(50, 50);
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:2', errorRate: 0.1, badGatewayRate: 0.2 });
    bench.pass(20);
    expect(bench.sandbox.state().counters).toMatchObject({
      elb5xx: 100,
      target5xx: 40,
      byImage: { 'example/web:1': { requests: 500, errors: 0 }, 'example/web:2': { requests: 500, errors: 140 } },
    });
  });
});

it('a promotion in the right order loses no request', async () => {
  await bench.sandbox.close();
  bench = await startBench({ world: defaultWorld() });
  await createService(bench.ecs);
  const first = await register(bench.ecs, 'example/web:1');
  const second = await register(bench.ecs, 'example/web:2');
  const old = await createTaskSet(bench.ecs, first, BLUE);
  bench.pass(60);
  await bench.panel('DELETE', '/counters');
  const canary = await createTaskSet(bench.ecs, second, GREEN, 30);
  bench.pass(60);
  await route(80, 20);
  bench.pass(60);
  const promoted = await createTaskSet(bench.ecs, second, BLUE);
  bench.pass(60);
  await bench.ecs.send(new UpdateServicePrimaryTaskSetCommand({ ...SERVICE_PATH, primaryTaskSet: promoted.id }));
  await bench.ecs.send(
    new UpdateTaskSetCommand({ ...SERVICE_PATH, taskSet: old.id, scale: { value: 0, unit: 'PERCENT' } }),
  );
  await route(100, 0);
  bench.pass(120);
  await bench.ecs.send(new DeleteTaskSetCommand({ ...SERVICE_PATH, taskSet: canary.id, force: true }));
  await bench.ecs.send(new DeleteTaskSetCommand({ ...SERVICE_PATH, taskSet: old.id }));
  bench.pass(400);
  const { counters, taskSets } = bench.sandbox.state();
  expect(counters).toMatchObject({
    requests: 700 * 50,
    emptyGroup503: 0,
    failOpen: 0,
    noWeight503: 0,
    elb5xx: 0,
    target5xx: 0,
  });
  expect(taskSets).toMatchObject([{ id: promoted.id, status: 'PRIMARY', runningCount: 2 }]);
});

describe('a version that does not work', () => {
  async function stopped() {
    const { taskArns } = await bench.ecs.send(
      new ListTasksCommand({ cluster: CLUSTER, serviceName: SERVICE, desiredStatus: 'STOPPED' }),
    );
    const { tasks } = await bench.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns! }));
    return tasks!;
  }

  it('crashes again and again, with its exit code and reason', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:1', crash: 'atStart' });
    await createService(bench.ecs, 1);
    const set = await createTaskSet(bench.ecs, await register(bench.ecs));
    bench.pass(100);
    const tasks = await stopped();
    expect(tasks.length).toBeGreaterThanOrEqual(3);
    expect(tasks[0]).toMatchObject({
      startedBy: set.id,
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      lastStatus: 'STOPPED',
      containers: [{ name: 'web', exitCode: 1 }],
    });
    expect(bench.sandbox.state().taskSets).toMatchObject([{ steady: false }]);
  });

  it('cannot be pulled, and is tried less and less often', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:1', crash: 'cannotPull' });
    await createService(bench.ecs, 1);
    await createTaskSet(bench.ecs, await register(bench.ecs));
    bench.pass(200);
    const tasks = await stopped();
    expect(tasks.length).toBeLessThan(5);
    expect(tasks[0]!.stopCode).toBe('TaskFailedToStart');
    expect(tasks[0]!.stoppedReason).toContain('CannotPullContainerError');
    expect(tasks[0]!.containers![0]!.exitCode).toBeUndefined();
  });

  it('is replaced by ECS when its targets stay unhealthy', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:1', neverHealthy: true });
    await createService(bench.ecs, 1);
    await createTaskSet(bench.ecs, await register(bench.ecs));
    bench.pass(40);
    const health = await bench.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: BLUE }));
    expect(health.TargetHealthDescriptions).toMatchObject([
      { TargetHealth: { State: 'initial', Reason: 'Elb.InitialHealthChecking' } },
    ]);
    bench.pass(40);
    expect(bench.sandbox.state().tasks[0]!.stoppedReason).toContain('failed ELB health checks');
    expect(bench.sandbox.state().tasks).toHaveLength(2);
  });

  it('waits for capacity that is not there', async () => {
    await bench.panel('POST', '/faults', { kind: 'version', image: 'web:1', noCapacity: true });
    await createService(bench.ecs, 1);
    await createTaskSet(bench.ecs, await register(bench.ecs));
    bench.pass(600);
    expect(bench.sandbox.state().tasks).toMatchObject([{ lastStatus: 'PROVISIONING' }]);
  });
});

it('targets of a group that no rule names are unused, and are checked once one does', async () => {
  await bothSides();
  await bench.elb.send(
    new ModifyListenerCommand({ ListenerArn: LISTENER, DefaultActions: [{ Type: 'forward', TargetGroupArn: BLUE }] }),
  );
  bench.pass(1);
  const health = await bench.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: GREEN }));
  expect(health.TargetHealthDescriptions).toMatchObject([
    { TargetHealth: { State: 'unused', Reason: 'Target.NotInUse' } },
  ]);
  await route(100, 0);
  bench.pass(12);
  const again = await bench.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: GREEN }));
  expect(again.TargetHealthDescriptions).toMatchObject([{ TargetHealth: { State: 'healthy' } }]);
});

it('targets in a zone that the load balancer has not enabled are unused', async () => {
  const { world } = bench.sandbox.state();
  world.loadBalancers[0]!.zones = ['eu-central-1a'];
  world.subnets = [
    { id: 'subnet-1', zone: 'eu-central-1a' },
    { id: 'subnet-2', zone: 'eu-central-1b' },
  ];
  await bench.panel('PUT', '/world', world);
  await createService(bench.ecs, 4);
  await createTaskSet(bench.ecs, await register(bench.ecs));
  bench.pass(60);
  const { targets, taskSets } = bench.sandbox.state();
  expect(targets.map(({ state }) => state).sort()).toEqual(['healthy', 'healthy', 'unused', 'unused']);
  expect(taskSets).toMatchObject([{ runningCount: 4, steady: false }]);
});

it('a service’s grace period keeps tasks whose targets are unhealthy', async () => {
  await bench.panel('POST', '/faults', { kind: 'version', image: 'web:1', neverHealthy: true });
  await createService(bench.ecs, 1);
  await bench.ecs.send(new UpdateServiceCommand({ ...SERVICE_PATH, healthCheckGracePeriodSeconds: 300 }));
  await createTaskSet(bench.ecs, await register(bench.ecs));
  bench.pass(300);
  expect(bench.sandbox.state().tasks).toMatchObject([{ lastStatus: 'RUNNING' }]);
  bench.pass(60);
  expect(bench.sandbox.state().tasks.length).toBeGreaterThan(1);
});
