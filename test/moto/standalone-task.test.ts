import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { MINUTE } from '../../model/duration.js';
import { useStack } from '../e2e/stack.js';
import { seedFiles } from '../spec/support.js';
import { startBridge } from './bridge.js';
import { startCountingDatadog } from './datadog.js';
import { ACCOUNT, REGION, startMoto } from './moto.js';

const moto = await startMoto();
const bridge = await startBridge(moto.url);
const datadog = await startCountingDatadog();
const stack = useStack({
  world: { loadBalancers: [], targetGroups: [] },
  aws: bridge.url,
  provider: { name: 'sample-ecs', region: REGION },
  metrics: [{ name: 'sample-datadog', address: datadog.url }],
});
afterAll(async () => {
  await Promise.all([datadog.close(), bridge.close(), moto.close()]);
});
beforeEach(() => {
  bridge.calls.length = 0;
});

/** How many looks a task of moto's takes to each of its states on the way to STOPPED. */
async function taskTakes(looks: number): Promise<void> {
  const transition = { progression: 'manual', times: looks };
  await fetch(`${moto.url}/moto-api/state-manager/set-transition`, {
    method: 'POST',
    body: JSON.stringify({ model_name: 'ecs::task', transition }),
  });
}

/** The seed user's task definition as a task of its own, in the shape of PipeCD's example. */
function files(): Record<string, string> {
  const app = `
apiVersion: pipecd.dev/v1beta1
kind: ECSApp
spec:
  name: job
  input:
    taskDefinitionFile: taskdef.yaml
    clusterArn: arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/ecs-cluster
    awsvpcConfiguration:
      assignPublicIp: ENABLED
      subnets: [${moto.names['subnet-0123456789abcdef0'] ?? ''}]
      securityGroups: [${moto.names['sg-0123456789abcdef0'] ?? ''}]
`;
  return { 'app.pipecd.yaml': app, 'taskdef.yaml': seedFiles()['taskdef.yaml'].replace('pipecd-nginx-sample', 'job') };
}

function bodies(operation: string): Record<string, unknown>[] {
  return bridge.calls.filter((call) => call.operation === operation).map(({ body }) => body as Record<string, unknown>);
}

test('moto’s parser takes what is sent, and its task runs to its end', { timeout: 2 * MINUTE }, async () => {
  await taskTakes(2);
  const document = await stack().ends(await stack().deploy('job', files()));
  expect(document).toMatchObject({
    status: 'SUCCEEDED',
    stages: [{ name: 'ECS_SYNC', status: 'SUCCEEDED', detail: 'web ended with exit code 0.' }],
  });
  expect(bodies('RegisterTaskDefinition')).toHaveLength(1);
  const [asked, second] = bodies('RunTask');
  expect(second).toBeUndefined();
  expect(asked).toMatchObject({
    count: 1,
    launchType: 'FARGATE',
    clientToken: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
  });
  const refused = bridge.calls.filter(({ status }) => status !== 200).map(({ operation }) => operation);
  // A family that does not exist yet, as AWS says it.
  expect([...new Set(refused)]).toEqual(['DescribeTaskDefinition']);

  const { taskArns = [] } = await moto.ecs.send(new ListTasksCommand({ cluster: 'ecs-cluster' }));
  const { tasks = [] } = await moto.ecs.send(
    new DescribeTasksCommand({ cluster: 'ecs-cluster', tasks: taskArns, include: ['TAGS'] }),
  );
  expect(tasks).toMatchObject([
    {
      launchType: 'FARGATE',
      startedBy: asked?.['startedBy'],
      taskDefinitionArn: asked?.['taskDefinition'],
      tags: expect.arrayContaining([{ key: 'sluice:application', value: 'job' }]) as unknown,
    },
  ]);
});

test('a cancel stops it', { timeout: 2 * MINUTE }, async () => {
  await taskTakes(1_000_000);
  const id = await stack().deploy('job', files());
  await stack().reaches(id, 'run its task', ({ stages }) => stages[0]?.detail?.includes('RUNNING') ?? false);
  expect(await stack().stop(id, 'cancel')).toBe(true);
  expect(await stack().ends(id)).toMatchObject({
    status: 'CANCELLED',
    reason: expect.stringContaining('The task was stopped; what it had done until then stays.') as string,
  });
  expect(bodies('RunTask')).toHaveLength(1);
  expect(bodies('StopTask')).toEqual([expect.objectContaining({ reason: expect.stringContaining(id) as string })]);
});
