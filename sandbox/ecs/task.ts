import { z } from 'zod';
import { invalidParameter } from '../aws/aws-error.js';
import { read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { parseJsonInput } from '../aws/parse.js';
import type { Cloud } from '../cloud/cloud.js';
import { digest } from '../cloud/state.js';
import { SECOND } from '../cloud/times.js';
import type { Task } from '../cloud/state.js';
import { clusterArn, epochSeconds, findService } from './find.js';
import { shownTags } from './tags.js';
import { ecsPage } from './task-definition.js';

const listInput = z.object({
  cluster: z.string().optional(),
  serviceName: z.string().optional(),
  family: z.string().optional(),
  launchType: z.string().optional(),
  startedBy: z.string().optional(),
  desiredStatus: z.enum(['RUNNING', 'PENDING', 'STOPPED']).optional(),
  maxResults: z.int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
});

function listTasks(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(listInput, given);
  const cluster = clusterArn(cloud, input.cluster);
  const { startedBy, serviceName, family, launchType, desiredStatus } = input;
  if (
    startedBy !== undefined &&
    [serviceName, family, launchType, desiredStatus].some((filter) => filter !== undefined)
  ) {
    throw invalidParameter('When startedBy is specified as the filter, it must be the only filter that is used.');
  }
  const service = serviceName === undefined ? undefined : findService(cloud, input.cluster, serviceName);
  const found = cloud.state.tasks
    .filter((task) => clusterOf(task) === cluster && shows(cloud, task))
    .filter((task) => task.desiredStatus === (desiredStatus === 'STOPPED' ? 'STOPPED' : 'RUNNING'))
    .filter((task) => startedBy === undefined || startedByOf(task) === startedBy)
    .filter((task) => service === undefined || task.serviceArn === service.arn)
    .filter((task) => family === undefined || task.taskDefinition.includes(`:task-definition/${family}:`));
  const page = ecsPage(found, input.maxResults, input.nextToken);
  return { taskArns: page.items.map((task) => task.arn), nextToken: page.next };
}

const describeInput = z.object({
  cluster: z.string().optional(),
  tasks: z.array(z.string()),
  include: z.array(z.string()).optional(),
});

function describeTasks(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(describeInput, given);
  const cluster = clusterArn(cloud, input.cluster);
  if (input.tasks.length === 0) throw invalidParameter('Tasks cannot be empty.');
  if (input.tasks.length > 100) throw invalidParameter('Tasks cannot have more than 100 elements.');
  const tasks: Record<string, unknown>[] = [];
  const failures: Record<string, unknown>[] = [];
  for (const key of input.tasks) {
    const found = cloud.state.tasks.find(
      (task) => clusterOf(task) === cluster && shows(cloud, task) && (task.arn === key || task.id === key),
    );
    if (found) tasks.push(describeTask(cloud, found, input.include?.includes('TAGS') ?? false));
    else
      failures.push({
        arn: key.startsWith('arn:') ? key : `${cluster.replace(':cluster/', ':task/')}/${key}`,
        reason: 'MISSING',
      });
  }
  return { tasks, failures };
}

function clusterOf(task: Task): string {
  return task.arn.replace(':task/', ':cluster/').split('/').slice(0, 2).join('/');
}

/** A task that was just run may be missing from reads. */
function shows(cloud: Cloud, { standalone, createdAt }: Task): boolean {
  if (!standalone) return true;
  const fault = cloud.state.faults.find((candidate) => candidate.kind === 'consistency');
  return cloud.state.now >= (fault ? createdAt + fault.hideSeconds * SECOND : standalone.visibleAt);
}

function startedByOf({ standalone, taskSetId }: Task): string | undefined {
  return standalone ? standalone.startedBy : taskSetId;
}

/** A task as AWS shows it. */
export function describeTask(cloud: Cloud, task: Task, withTags: boolean): Record<string, unknown> {
  const cluster = clusterOf(task);
  const definition = cloud.state.taskDefinitions.find((one) => one.arn === task.taskDefinition);
  const service = cloud.state.services.find((one) => one.arn === task.serviceArn);
  const attachment = `${task.id.slice(0, 8)}-${task.id.slice(8, 12)}-${task.id.slice(12, 16)}-${task.id.slice(16, 20)}-${task.id.slice(20)}`;
  const live = task.lastStatus !== 'STOPPED';
  const interfaceId = `eni-0${task.id.slice(0, 16)}`;
  const time = (millis: number | undefined) => (millis === undefined ? undefined : epochSeconds(millis));
  return {
    taskArn: task.arn,
    clusterArn: cluster,
    taskDefinitionArn: task.taskDefinition,
    startedBy: startedByOf(task),
    group: task.standalone ? `family:${definition?.family ?? ''}` : `service:${service?.name ?? ''}`,
    launchType: task.standalone?.launchType ?? 'FARGATE',
    availabilityZone: task.zone,
    desiredStatus: task.desiredStatus,
    lastStatus: task.lastStatus,
    healthStatus: 'UNKNOWN',
    connectivity: 'CONNECTED',
    createdAt: epochSeconds(task.createdAt),
    startedAt: time(task.startedAt),
    stoppingAt: time(task.stoppingAt),
    stoppedAt: time(task.stoppedAt),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    version: 1,
    tags: withTags ? shownTags(task.standalone?.tags ?? {}) : [],
    attachments: [
      {
        id: attachment,
        type: 'ElasticNetworkInterface',
        status: live ? 'ATTACHED' : 'DELETED',
        details: [
          { name: 'subnetId', value: task.subnet },
          { name: 'networkInterfaceId', value: interfaceId },
          { name: 'macAddress', value: `0a:${digest(task.id, 10).match(/../g)?.join(':') ?? ''}` },
          {
            name: 'privateDnsName',
            value: `ip-${task.ip.replaceAll('.', '-')}.${cloud.state.world.region}.compute.internal`,
          },
          { name: 'privateIPv4Address', value: task.ip },
        ],
      },
    ],
    containers: (definition?.containers ?? []).map((container) => ({
      containerArn: `${task.arn.replace(':task/', ':container/')}/${digest(task.id + container.name, 32)}`,
      taskArn: task.arn,
      name: container.name,
      image: container.image,
      lastStatus: task.lastStatus === 'DEPROVISIONING' ? 'STOPPED' : live ? task.lastStatus : 'STOPPED',
      exitCode: live && task.lastStatus !== 'DEPROVISIONING' ? undefined : task.exitCode,
      reason: task.stopCode === 'TaskFailedToStart' ? task.stoppedReason : undefined,
      healthStatus: 'UNKNOWN',
      networkInterfaces: [{ attachmentId: attachment, privateIpv4Address: task.ip }],
    })),
  };
}

/** ECS's reads of tasks. */
export const taskOperations: Operations = {
  ListTasks: read(listTasks),
  DescribeTasks: read(describeTasks),
};
