import {
  CreateServiceCommand,
  CreateTaskSetCommand,
  DeleteTaskSetCommand,
  DeregisterTaskDefinitionCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  DescribeTaskSetsCommand,
  ListTasksCommand,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
} from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BLUE,
  CLUSTER,
  GREEN,
  SERVICE,
  SERVICE_PATH,
  createService,
  createTaskSet,
  register,
  startBench,
  taskSetInput,
} from './example.js';
import type { Bench } from './example.js';

let bench: Bench;
beforeEach(async () => {
  bench = await startBench();
});
afterEach(() => bench.sandbox.close());

async function describeSets() {
  const { taskSets } = await bench.ecs.send(new DescribeTaskSetsCommand({ ...SERVICE_PATH, include: ['TAGS'] }));
  return taskSets ?? [];
}

describe('a task set', () => {
  it('rounds its count up, starts, becomes healthy, and only then is steady', async () => {
    await createService(bench.ecs, 2);
    const set = await createTaskSet(bench.ecs, await register(bench.ecs), GREEN, 30);
    expect(set).toMatchObject({
      computedDesiredCount: 1,
      status: 'ACTIVE',
      stabilityStatus: 'STABILIZING',
    });
    expect(set.id).toMatch(/^ecs-svc\/\d{19}$/);
    bench.pass(21);
    expect(await describeSets()).toMatchObject([{ runningCount: 1, pendingCount: 0, stabilityStatus: 'STABILIZING' }]);
    bench.pass(11);
    expect(await describeSets()).toMatchObject([{ runningCount: 1, stabilityStatus: 'STEADY_STATE' }]);
  });

  it('maps to its targets by startedBy and the tasks’ private addresses', async () => {
    await createService(bench.ecs, 2);
    const set = await createTaskSet(bench.ecs, await register(bench.ecs));
    bench.pass(40);
    const { taskArns } = await bench.ecs.send(new ListTasksCommand({ cluster: CLUSTER, startedBy: set.id! }));
    const { tasks } = await bench.ecs.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns! }));
    const addresses = tasks!.map(
      (task) => task.attachments?.[0]?.details?.find(({ name }) => name === 'privateIPv4Address')?.value,
    );
    const health = await bench.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: BLUE }));
    expect(addresses).toHaveLength(2);
    expect(health.TargetHealthDescriptions!.map(({ Target }) => Target?.Id).sort()).toEqual([...addresses].sort());
    expect(health.TargetHealthDescriptions!.map(({ TargetHealth }) => TargetHealth?.State)).toEqual([
      'healthy',
      'healthy',
    ]);
    await expect(
      bench.ecs.send(new ListTasksCommand({ cluster: CLUSTER, startedBy: set.id!, serviceName: SERVICE })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('hides from reads after its creation', async () => {
    await createService(bench.ecs);
    const { taskSetArn } = await createTaskSet(bench.ecs, await register(bench.ecs));
    expect(await describeSets()).toEqual([]);
    const asked = await bench.ecs.send(new DescribeTaskSetsCommand({ ...SERVICE_PATH, taskSets: [taskSetArn!] }));
    expect(asked).toMatchObject({ taskSets: [], failures: [{ arn: taskSetArn, reason: 'MISSING' }] });
    const { services } = await bench.ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE] }));
    expect(services![0]!.taskSets).toEqual([]);
    bench.pass(2);
    expect(await describeSets()).toHaveLength(1);
    await bench.panel('POST', '/faults', { kind: 'consistency', hideSeconds: 60 });
    expect(await describeSets()).toEqual([]);
  });

  it('is made once for each client token', async () => {
    await createService(bench.ecs);
    const input = { ...taskSetInput(await register(bench.ecs)), clientToken: 'a'.repeat(32) };
    const first = await bench.ecs.send(new CreateTaskSetCommand(input));
    const second = await bench.ecs.send(new CreateTaskSetCommand(input));
    expect(second.taskSet?.id).toBe(first.taskSet?.id);
    await expect(
      bench.ecs.send(new CreateTaskSetCommand({ ...input, scale: { value: 50, unit: 'PERCENT' } })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(bench.ecs.send(new CreateTaskSetCommand({ ...input, clientToken: 'a'.repeat(37) }))).rejects.toThrow(
      '36 ASCII',
    );
  });

  it('is one of five, DRAINING ones included until their targets have drained', async () => {
    await createService(bench.ecs, 1);
    const definition = await register(bench.ecs);
    const sets = [];
    for (let made = 0; made < 5; made += 1) sets.push(await createTaskSet(bench.ecs, definition));
    bench.pass(60);
    const tooMany =
      'deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.';
    await expect(createTaskSet(bench.ecs, definition)).rejects.toThrow(tooMany);
    await bench.ecs.send(new DeleteTaskSetCommand({ ...SERVICE_PATH, taskSet: sets[0]!.id, force: true }));
    bench.pass(290);
    expect((await describeSets()).map(({ status }) => status)).toContain('DRAINING');
    await expect(createTaskSet(bench.ecs, definition)).rejects.toThrow(tooMany);
    bench.pass(20);
    expect(await describeSets()).toHaveLength(4);
    await createTaskSet(bench.ecs, definition);
  });

  it('is deleted only empty or by force, and a PRIMARY only by force', async () => {
    await createService(bench.ecs);
    const set = await createTaskSet(bench.ecs, await register(bench.ecs));
    const key = { ...SERVICE_PATH, taskSet: set.taskSetArn };
    await expect(bench.ecs.send(new DeleteTaskSetCommand(key))).rejects.toThrow('scaled above 0');
    await bench.ecs.send(new UpdateTaskSetCommand({ ...key, scale: { value: 0, unit: 'PERCENT' } }));
    await bench.ecs.send(new UpdateServicePrimaryTaskSetCommand({ ...SERVICE_PATH, primaryTaskSet: set.id }));
    await expect(bench.ecs.send(new DeleteTaskSetCommand(key))).rejects.toThrow('primary');
    const deleted = await bench.ecs.send(new DeleteTaskSetCommand({ ...key, force: true }));
    expect(deleted.taskSet?.status).toBe('DRAINING');
    bench.pass(400);
    await expect(bench.ecs.send(new DeleteTaskSetCommand({ ...key, force: true }))).rejects.toMatchObject({
      name: 'TaskSetNotFoundException',
    });
  });

  it('leaves its group with the deregistration delay when it is scaled down', async () => {
    await createService(bench.ecs);
    const set = await createTaskSet(bench.ecs, await register(bench.ecs));
    bench.pass(40);
    await bench.ecs.send(
      new UpdateTaskSetCommand({ ...SERVICE_PATH, taskSet: set.id, scale: { value: 0, unit: 'PERCENT' } }),
    );
    const states = () => bench.sandbox.state().targets.map(({ state }) => state);
    expect(states()).toEqual(['draining', 'draining']);
    bench.pass(301);
    expect(states()).toEqual([]);
    await bench.ecs.send(
      new UpdateTaskSetCommand({ ...SERVICE_PATH, taskSet: set.id, scale: { value: 100, unit: 'PERCENT' } }),
    );
    bench.pass(40);
    expect(states()).toEqual(['healthy', 'healthy']);
  });

  it('follows the service’s desired count, and its fields stand on the service once it is PRIMARY', async () => {
    await createService(bench.ecs);
    const definition = await register(bench.ecs);
    const old = await createTaskSet(bench.ecs, definition);
    const set = await createTaskSet(bench.ecs, definition);
    await bench.ecs.send(new UpdateServicePrimaryTaskSetCommand({ ...SERVICE_PATH, primaryTaskSet: old.id }));
    await bench.ecs.send(new UpdateServicePrimaryTaskSetCommand({ ...SERVICE_PATH, primaryTaskSet: set.id }));
    await bench.ecs.send(new UpdateServiceCommand({ ...SERVICE_PATH, desiredCount: 3 }));
    bench.pass(40);
    const { services } = await bench.ecs.send(
      new DescribeServicesCommand({ cluster: CLUSTER, services: [SERVICE, 'nobody'] }),
    );
    expect(services).toMatchObject([
      {
        desiredCount: 3,
        runningCount: 6,
        taskDefinition: definition,
        loadBalancers: [{ targetGroupArn: BLUE }],
        taskSets: [
          { status: 'ACTIVE', computedDesiredCount: 3 },
          { status: 'PRIMARY', computedDesiredCount: 3 },
        ],
      },
    ]);
  });
});

describe('what ECS refuses', () => {
  it('a set on a service that is not EXTERNAL', async () => {
    const definition = await register(bench.ecs);
    await bench.ecs.send(
      new CreateServiceCommand({ cluster: CLUSTER, serviceName: SERVICE, taskDefinition: definition }),
    );
    await expect(createTaskSet(bench.ecs, definition)).rejects.toThrow('external deployment controllers');
  });

  it('a group that no rule names', async () => {
    const { world } = bench.sandbox.state();
    world.loadBalancers[0]!.listeners[0]!.defaultActions = [{ Type: 'forward', TargetGroupArn: BLUE }];
    await bench.panel('PUT', '/world', world);
    await createService(bench.ecs);
    await expect(createTaskSet(bench.ecs, await register(bench.ecs), GREEN)).rejects.toThrow(
      'does not have an associated load balancer',
    );
  });

  it('a wrong container, port, scale, launch type or an INACTIVE revision', async () => {
    await createService(bench.ecs);
    const definition = await register(bench.ecs);
    const good = taskSetInput(definition);
    const refused: [object, string][] = [
      [{ loadBalancers: [{ targetGroupArn: BLUE, containerName: 'api', containerPort: 80 }] }, 'api does not exist'],
      [{ loadBalancers: [{ targetGroupArn: BLUE, containerName: 'web', containerPort: 81 }] }, 'container port 81'],
      [{ loadBalancers: [...good.loadBalancers!, ...good.loadBalancers!] }, 'more than 1 load balancer'],
      [{ scale: { value: 150, unit: 'PERCENT' } }, 'scale.value'],
      [{ capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] }, 'launch type and capacity provider'],
      [{ networkConfiguration: undefined }, 'Network Configuration must be provided'],
      [{ taskDefinition: 'web:9' }, 'TaskDefinition not found'],
    ];
    for (const [change, message] of refused) {
      await expect(bench.ecs.send(new CreateTaskSetCommand({ ...good, ...change }))).rejects.toThrow(message);
    }
    await bench.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition: definition }));
    await expect(bench.ecs.send(new CreateTaskSetCommand(good))).rejects.toThrow('inactive');
  });

  it('fields of a task set on the service, and unknown names', async () => {
    const definition = await register(bench.ecs);
    const external = { cluster: CLUSTER, serviceName: SERVICE, deploymentController: { type: 'EXTERNAL' } } as const;
    await expect(bench.ecs.send(new CreateServiceCommand({ ...external, taskDefinition: definition }))).rejects.toThrow(
      'taskDefinition',
    );
    await createService(bench.ecs);
    await expect(createService(bench.ecs)).rejects.toThrow('Creation of service was not idempotent.');
    await expect(
      bench.ecs.send(new UpdateServiceCommand({ ...SERVICE_PATH, taskDefinition: definition })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await expect(
      bench.ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'nobody', desiredCount: 1 })),
    ).rejects.toMatchObject({ name: 'ServiceNotFoundException' });
    await expect(
      bench.ecs.send(new DescribeServicesCommand({ cluster: 'nowhere', services: [SERVICE] })),
    ).rejects.toMatchObject({ name: 'ClusterNotFoundException' });
    const { failures } = await bench.ecs.send(new DescribeServicesCommand({ cluster: CLUSTER, services: ['nobody'] }));
    expect(failures).toMatchObject([{ reason: 'MISSING' }]);
  });
});
