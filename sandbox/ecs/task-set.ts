import { z } from 'zod';
import { invalidParameter } from '../aws/aws-error.js';
import { change, read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { parseJsonInput } from '../aws/parse.js';
import { newId, worldTime } from '../cloud/cloud.js';
import type { Cloud } from '../cloud/cloud.js';
import { computedDesiredCount } from '../cloud/scheduler.js';
import { digits } from '../cloud/state.js';
import type { Service, TaskDefinition, TaskSet } from '../cloud/state.js';
import { loadBalancersOf } from '../cloud/target-health.js';
import { checkedToken } from './client-token.js';
import { findExternalService, findTaskSet, lookUpTaskSet } from './find.js';
import { checkedTags, tagsInput } from './tags.js';
import { lookUpTaskDefinition } from './task-definition.js';
import { describeTaskSet, visible } from './task-set-answer.js';

/** Task sets of a service, the DRAINING ones included. */
const MAX_TASK_SETS = 5;

const scaleInput = z.object({ value: z.number().min(0).max(100), unit: z.literal('PERCENT').default('PERCENT') });

const createInput = z.looseObject({
  cluster: z.string(),
  service: z.string(),
  externalId: z.string().optional(),
  taskDefinition: z.string(),
  networkConfiguration: z
    .looseObject({ awsvpcConfiguration: z.looseObject({ subnets: z.array(z.string()).min(1).max(16) }).optional() })
    .optional(),
  loadBalancers: z
    .array(
      z.looseObject({
        targetGroupArn: z.string().optional(),
        containerName: z.string().optional(),
        containerPort: z.int().optional(),
      }),
    )
    .default([]),
  launchType: z.enum(['EC2', 'FARGATE', 'EXTERNAL']).optional(),
  capacityProviderStrategy: z.array(z.looseObject({})).optional(),
  platformVersion: z.string().optional(),
  serviceRegistries: z
    .array(z.looseObject({ registryArn: z.string() }))
    .max(1)
    .default([]),
  scale: scaleInput.default({ value: 100, unit: 'PERCENT' }),
  clientToken: z.string().optional(),
  tags: tagsInput,
});

type CreateInput = z.infer<typeof createInput>;

function createTaskSet(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(createInput, given);
  const service = findExternalService(cloud, input.cluster, input.service);
  const token = checkedToken(input.clientToken);
  const sent = JSON.stringify(given);
  const sets = cloud.state.taskSets.filter((set) => set.serviceArn === service.arn);
  const same = token === undefined ? undefined : sets.find((set) => set.clientToken === token);
  if (same) {
    if (same.sent !== sent) throw invalidParameter('Creation of task set was not idempotent.');
    return answer(cloud, service, same);
  }
  const definition = checkedDefinition(cloud, input);
  const loadBalancer = checkedLoadBalancer(cloud, input, definition);
  const subnets = checkedSubnets(cloud, input, definition);
  if (sets.length >= MAX_TASK_SETS) {
    // Text of pipe-cd issue 4692 and aws-samples/ecs-bg-external-controller issue 6.
    throw invalidParameter(
      `${MAX_TASK_SETS} deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.`,
    );
  }
  const { now } = cloud.state;
  const tags = checkedTags(input.tags);
  const id = `ecs-svc/${digits(newId(cloud, 32), 19)}`;
  const set: TaskSet = {
    id,
    arn: `${service.arn.replace(':service/', ':task-set/')}/${id}`,
    serviceArn: service.arn,
    clusterArn: service.clusterArn,
    ...(input.externalId !== undefined && { externalId: input.externalId }),
    status: 'ACTIVE',
    taskDefinition: definition.arn,
    scale: input.scale.value,
    ...(loadBalancer && { loadBalancer }),
    subnets,
    shown: {
      networkConfiguration: input.networkConfiguration,
      launchType: input.launchType ?? (input.capacityProviderStrategy ? undefined : 'EC2'),
      capacityProviderStrategy: input.capacityProviderStrategy,
      platformVersion: input.launchType === 'FARGATE' ? (input.platformVersion ?? '1.4.0') : undefined,
      serviceRegistries: input.serviceRegistries,
    },
    tags,
    createdAt: now,
    updatedAt: now,
    visibleAt: now + worldTime(cloud, 'hideSeconds'),
    steady: false,
    steadyAt: now,
    failedStarts: 0,
    nextStartAt: now,
    ...(token !== undefined && { clientToken: token }),
    sent,
  };
  cloud.state.taskSets.push(set);
  return answer(cloud, service, set);
}

/** The task definition that is to be run, if AWS would run it so. */
export function checkedDefinition(
  cloud: Cloud,
  input: Pick<CreateInput, 'taskDefinition' | 'launchType' | 'capacityProviderStrategy'>,
): TaskDefinition {
  if (input.launchType !== undefined && input.capacityProviderStrategy !== undefined) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  const definition = lookUpTaskDefinition(cloud, input.taskDefinition);
  if (!definition) throw invalidParameter('TaskDefinition not found.');
  if (!definition.active) throw invalidParameter('TaskDefinition is inactive');
  if (input.launchType === 'FARGATE' && !definition.compatibilities.includes('FARGATE')) {
    throw invalidParameter('Task definition does not support launch_type FARGATE.');
  }
  return definition;
}

function checkedLoadBalancer(cloud: Cloud, input: CreateInput, definition: TaskDefinition): TaskSet['loadBalancer'] {
  const [given, second] = input.loadBalancers;
  // Text of aws/containers-roadmap issue 1380.
  if (second) throw invalidParameter('CreateTaskSet cannot have more than 1 load balancer');
  if (!given) return undefined;
  const { targetGroupArn, containerName, containerPort } = given;
  if (targetGroupArn === undefined) throw invalidParameter('The load balancer must be specified by its target group.');
  const group = cloud.state.world.targetGroups.find((candidate) => candidate.arn === targetGroupArn);
  if (!group) throw invalidParameter(`The specified target group ${targetGroupArn} does not exist.`);
  if (loadBalancersOf(cloud, targetGroupArn).length === 0) {
    // Text of hashicorp/terraform issue 32908.
    throw invalidParameter(
      `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
    );
  }
  if (definition.networkMode === 'awsvpc' && group.targetType !== 'ip') {
    throw invalidParameter(
      `The provided target group ${targetGroupArn} has target type ${group.targetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
    );
  }
  const container = definition.containers.find(({ name }) => name === containerName);
  if (!container) throw invalidParameter(`The container ${containerName ?? ''} does not exist in the task definition.`);
  if (containerPort === undefined || !container.ports.includes(containerPort)) {
    throw invalidParameter(
      `The container ${container.name} did not have a container port ${containerPort ?? ''} defined.`,
    );
  }
  return { targetGroupArn, containerName: container.name, containerPort };
}

/** The subnets of the network that is asked for, if AWS would take it. */
export function checkedSubnets(
  cloud: Cloud,
  input: Pick<CreateInput, 'networkConfiguration'>,
  definition: TaskDefinition,
): string[] {
  const subnets = input.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
  if (definition.networkMode === 'awsvpc' && subnets.length === 0) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (definition.networkMode !== 'awsvpc' && subnets.length > 0) {
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.');
  }
  const known = cloud.state.world.subnets;
  const unknown = subnets.find((id) => known.length > 0 && !known.some((subnet) => subnet.id === id));
  if (unknown !== undefined) {
    throw invalidParameter(
      `Error retrieving subnet information for [${unknown}]: The subnet ID '${unknown}' does not exist (ErrorCode: InvalidSubnetID.NotFound)`,
    );
  }
  return subnets;
}

const describeInput = z.object({
  cluster: z.string(),
  service: z.string(),
  taskSets: z.array(z.string()).optional(),
  include: z.array(z.string()).optional(),
});

function describeTaskSets(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(describeInput, given);
  const service = findExternalService(cloud, input.cluster, input.service);
  const withTags = input.include?.includes('TAGS') ?? false;
  const asked = input.taskSets?.length ? input.taskSets : undefined;
  const sets: TaskSet[] = [];
  const failures: Record<string, unknown>[] = [];
  for (const key of asked ??
    cloud.state.taskSets.filter((set) => set.serviceArn === service.arn).map((set) => set.arn)) {
    const found = lookUpTaskSet(cloud, service, key);
    if (found && visible(cloud, found)) sets.push(found);
    else if (asked) failures.push({ arn: key, reason: 'MISSING' });
  }
  return {
    taskSets: sets.map((set) => describeTaskSet(cloud, set, computedDesiredCount(service, set), withTags)),
    failures,
  };
}

const oneInput = z.object({ cluster: z.string(), service: z.string(), taskSet: z.string() });

function updateTaskSet(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(oneInput.extend({ scale: scaleInput }), given);
  const service = findExternalService(cloud, input.cluster, input.service);
  const set = findTaskSet(cloud, service, input.taskSet);
  if (set.status === 'DRAINING') throw invalidParameter('The task set is draining and cannot be updated.');
  set.scale = input.scale.value;
  set.updatedAt = cloud.state.now;
  return answer(cloud, service, set);
}

function updatePrimary(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(
    z.object({ cluster: z.string(), service: z.string(), primaryTaskSet: z.string() }),
    given,
  );
  const service = findExternalService(cloud, input.cluster, input.service);
  const set = findTaskSet(cloud, service, input.primaryTaskSet);
  if (set.status === 'DRAINING') throw invalidParameter('A draining task set cannot become the primary task set.');
  for (const other of cloud.state.taskSets) {
    if (other.serviceArn === service.arn && other.status === 'PRIMARY') other.status = 'ACTIVE';
  }
  set.status = 'PRIMARY';
  set.updatedAt = cloud.state.now;
  return answer(cloud, service, set);
}

function deleteTaskSet(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(oneInput.extend({ force: z.boolean().optional() }), given);
  const service = findExternalService(cloud, input.cluster, input.service);
  const set = findTaskSet(cloud, service, input.taskSet);
  if (!input.force && set.status === 'PRIMARY') {
    throw invalidParameter('The primary task set cannot be deleted unless force is specified.');
  }
  if (!input.force && set.scale > 0) {
    throw invalidParameter('The task set cannot be deleted while it is scaled above 0 unless force is specified.');
  }
  set.status = 'DRAINING';
  set.updatedAt = cloud.state.now;
  return answer(cloud, service, set);
}

function answer(cloud: Cloud, service: Service, set: TaskSet): Record<string, unknown> {
  return { taskSet: describeTaskSet(cloud, set, computedDesiredCount(service, set), true) };
}

/** ECS's operations on task sets. */
export const taskSetOperations: Operations = {
  CreateTaskSet: change(createTaskSet),
  DescribeTaskSets: read(describeTaskSets),
  UpdateTaskSet: change(updateTaskSet),
  UpdateServicePrimaryTaskSet: change(updatePrimary),
  DeleteTaskSet: change(deleteTaskSet),
};
