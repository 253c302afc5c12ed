import { z } from 'zod';
import { AwsError, invalidParameter } from '../aws/aws-error.js';
import { change } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { parseJsonInput } from '../aws/parse.js';
import { worldTime } from '../cloud/cloud.js';
import type { Cloud } from '../cloud/cloud.js';
import { newTask, stopTask as endTask } from '../cloud/scheduler.js';
import { versionFaults } from '../panel/fault.js';
import { clusterArn } from './find.js';
import { checkedTags, tagsInput } from './tags.js';
import { describeTask } from './task.js';
import { checkedDefinition, checkedSubnets } from './task-set.js';

/** API page RunTask: up to 64 characters for the token. */
const TOKEN = /^[\x21-\x7e]{1,64}$/;
const STARTED_BY = /^[\w/-]{1,128}$/;

const runInput = z.looseObject({
  cluster: z.string().optional(),
  taskDefinition: z.string(),
  count: z.int().min(1).max(10).default(1),
  launchType: z.enum(['EC2', 'FARGATE', 'EXTERNAL']).optional(),
  capacityProviderStrategy: z.array(z.looseObject({})).optional(),
  networkConfiguration: z
    .looseObject({ awsvpcConfiguration: z.looseObject({ subnets: z.array(z.string()).min(1).max(16) }).optional() })
    .optional(),
  startedBy: z.string().optional(),
  clientToken: z.string().optional(),
  tags: tagsInput,
});

function runTask(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(runInput, given);
  const cluster = clusterArn(cloud, input.cluster);
  const { clientToken, startedBy } = input;
  if (clientToken !== undefined && !TOKEN.test(clientToken)) {
    throw invalidParameter('clientToken must be up to 64 ASCII characters in the range of 33-126.');
  }
  if (startedBy !== undefined && !STARTED_BY.test(startedBy)) throw invalidParameter('Invalid startedBy.');
  const sent = JSON.stringify(given);
  const same = cloud.state.tasks.filter(
    ({ standalone }) => clientToken !== undefined && standalone?.clientToken === clientToken,
  );
  if (same.length > 0) {
    if (same.some(({ standalone }) => standalone?.sent !== sent)) {
      throw new AwsError(
        'ConflictException',
        'The provided clientToken is already in use with a different RunTask request.',
      );
    }
    return { tasks: same.map((task) => describeTask(cloud, task, true)), failures: [] };
  }
  const definition = checkedDefinition(cloud, input);
  const subnets = checkedSubnets(cloud, input, definition);
  const tags = checkedTags(input.tags);
  const images = definition.containers.map(({ image }) => image);
  if (versionFaults(cloud.state.faults, images).some(({ noCapacity }) => noCapacity)) {
    const reason = 'Capacity is unavailable at this time. Please try again later or in a different availability zone';
    return { tasks: [], failures: [{ reason }] };
  }
  const tasks = Array.from({ length: input.count }, () =>
    newTask(
      cloud,
      { clusterArn: cluster, taskDefinition: definition.arn, subnets },
      {
        serviceArn: '',
        taskSetId: '',
        standalone: {
          ...(startedBy !== undefined && { startedBy }),
          ...(clientToken !== undefined && { clientToken }),
          sent,
          launchType: input.launchType ?? 'EC2',
          visibleAt: cloud.state.now + worldTime(cloud, 'hideSeconds'),
          tags,
        },
      },
    ),
  );
  return { tasks: tasks.map((task) => describeTask(cloud, task, true)), failures: [] };
}

const stopInput = z.object({
  cluster: z.string().optional(),
  task: z.string(),
  reason: z.string().max(255).optional(),
});

function stopTask(cloud: Cloud, given: unknown): Record<string, unknown> {
  const { cluster, task: key, reason } = parseJsonInput(stopInput, given);
  const found = cloud.state.tasks.find(
    (task) =>
      task.arn.startsWith(`${clusterArn(cloud, cluster).replace(':cluster/', ':task/')}/`) &&
      (task.arn === key || task.id === key),
  );
  if (!found) throw invalidParameter('The referenced task was not found.');
  endTask(cloud, found, 'UserInitiated', reason ?? 'Task stopped by user');
  return { task: describeTask(cloud, found, true) };
}

/** ECS's operations that start and stop tasks without a service. */
export const runTaskOperations: Operations = {
  RunTask: change(runTask),
  StopTask: change(stopTask),
};
