import { z } from 'zod';
import { clientException, invalidParameter } from '../aws/aws-error.js';
import { change, read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { pageOf } from '../aws/page.js';
import { parseJsonInput } from '../aws/parse.js';
import type { Cloud } from '../cloud/cloud.js';
import type { TaskDefinition } from '../cloud/state.js';
import { epochSeconds } from './find.js';
import { checkedTags, shownTags, tagsInput } from './tags.js';

/** CPU units of Fargate with the memory (MiB) that each may have (developer guide, task size). */
const FARGATE_SIZES: Readonly<Record<string, { from: number; to: number; step: number }>> = {
  '256': { from: 512, to: 2048, step: 512 },
  '512': { from: 1024, to: 4096, step: 1024 },
  '1024': { from: 2048, to: 8192, step: 1024 },
  '2048': { from: 4096, to: 16_384, step: 1024 },
  '4096': { from: 8192, to: 30_720, step: 1024 },
  '8192': { from: 16_384, to: 61_440, step: 4096 },
  '16384': { from: 32_768, to: 122_880, step: 8192 },
};

const portMapping = z.looseObject({
  containerPort: z.int().optional(),
  hostPort: z.int().optional(),
  protocol: z.string().optional(),
});

const keyValue = z.looseObject({ name: z.string().optional(), value: z.string().optional() });

const container = z.looseObject({
  name: z.string().optional(),
  image: z.string().optional(),
  cpu: z.int().optional(),
  memory: z.int().optional(),
  memoryReservation: z.int().optional(),
  essential: z.boolean().optional(),
  command: z.array(z.string()).optional(),
  entryPoint: z.array(z.string()).optional(),
  portMappings: z.array(portMapping).optional(),
  environment: z.array(keyValue).optional(),
  dockerLabels: z.record(z.string(), z.string()).optional(),
  stopTimeout: z.int().optional(),
});

const registerInput = z.looseObject({
  family: z.string().optional(),
  containerDefinitions: z.array(container).optional(),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  pidMode: z.string().optional(),
  ipcMode: z.string().optional(),
  networkMode: z.string().optional(),
  executionRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  requiresCompatibilities: z.array(z.string()).optional(),
  volumes: z.array(z.looseObject({})).optional(),
  placementConstraints: z.array(z.looseObject({})).optional(),
  tags: tagsInput,
});

type RegisterInput = z.infer<typeof registerInput>;

function register(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(registerInput, given);
  check(input);
  const { tags: sentTags, containerDefinitions = [], family = '', ...rest } = input;
  const tags = checkedTags(sentTags);
  const { account, region } = cloud.state.world;
  const revision = 1 + Math.max(0, ...ofFamily(cloud, family).map((one) => one.revision));
  const compatibilities = input.networkMode === 'awsvpc' && input.cpu !== undefined ? ['EC2', 'FARGATE'] : ['EC2'];
  const definition: TaskDefinition = {
    arn: `arn:aws:ecs:${region}:${account}:task-definition/${family}:${revision}`,
    family,
    revision,
    active: true,
    registeredAt: cloud.state.now,
    definition: { ...rest, containerDefinitions: containerDefinitions.map(withDefaults) },
    ...(input.networkMode !== undefined && { networkMode: input.networkMode }),
    compatibilities,
    containers: containerDefinitions.map(({ name = '', image = '', portMappings = [] }) => ({
      name,
      image,
      ports: portMappings.flatMap(({ containerPort }) => containerPort ?? []),
    })),
    tags,
  };
  cloud.state.taskDefinitions.push(definition);
  return { taskDefinition: describe(definition), tags: shownTags(tags) };
}

/** The checks that AWS makes of a task definition, as far as the definitions we meet can fail them. */
function check(input: RegisterInput): void {
  const { family = '', containerDefinitions = [], pidMode, ipcMode, networkMode } = input;
  if (!/^[\w-]{1,255}$/.test(family)) {
    throw clientException(
      family === ''
        ? 'Family should not be null or empty.'
        : `Invalid family '${family}': letters, digits, '-' and '_', up to 255.`,
    );
  }
  if (containerDefinitions.length === 0) throw clientException('Container definitions should not be null or empty.');
  oneOf('pidMode', pidMode, ['host', 'task']);
  oneOf('ipcMode', ipcMode, ['host', 'task', 'none']);
  oneOf('networkMode', networkMode, ['bridge', 'host', 'awsvpc', 'none']);
  const names = containerDefinitions.map((one) => one.name);
  for (const one of containerDefinitions) checkContainer(input, one);
  if (new Set(names).size < names.length)
    throw clientException('Container names should be unique within a task definition.');
  if (!containerDefinitions.some((one) => one.essential !== false)) {
    throw clientException('Task definition does not have any essential container.');
  }
  if (input.requiresCompatibilities?.includes('FARGATE')) checkFargate(input);
}

function checkContainer(input: RegisterInput, one: z.infer<typeof container>): void {
  if (one.name === undefined || one.name === '') throw clientException('Container.name should not be null or empty.');
  if (one.image === undefined || one.image === '')
    throw clientException('Container.image should not be null or empty.');
  if (input.memory === undefined && one.memory === undefined && one.memoryReservation === undefined) {
    throw clientException(
      `Invalid setting for container '${one.name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
    );
  }
  for (const { containerPort, hostPort } of one.portMappings ?? []) {
    if (input.networkMode === 'awsvpc' && hostPort !== undefined && hostPort !== containerPort) {
      throw clientException(`When networkMode=awsvpc, the host ports and container ports in port mappings must match.`);
    }
  }
}

function checkFargate({ networkMode, cpu, memory, containerDefinitions, executionRoleArn }: RegisterInput): void {
  if (networkMode !== 'awsvpc') throw clientException("Fargate only supports network mode 'awsvpc'.");
  if (cpu === undefined) throw clientException("Fargate requires that 'cpu' be defined at the task level.");
  if (memory === undefined) throw clientException("Fargate requires that 'memory' be defined at the task level.");
  const size = FARGATE_SIZES[cpu];
  const mib = Number(memory);
  if (!size || !(mib >= size.from && mib <= size.to) || (mib - size.from) % size.step !== 0) {
    throw clientException(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`);
  }
  const private_ = containerDefinitions?.some((one) => /\.dkr\.ecr\.[^/]+\//.test(one.image ?? ''));
  if (private_ && executionRoleArn === undefined) {
    throw clientException('Fargate requires task definition to have execution role ARN to support ECR images.');
  }
}

function oneOf(field: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw clientException(`Invalid '${field}' setting '${value}'. Valid values are: ${allowed.join(', ')}.`);
}

/** A container as AWS shows it: with the defaults that were not sent. */
function withDefaults(one: z.infer<typeof container>): Record<string, unknown> {
  return {
    cpu: 0,
    essential: true,
    environment: [],
    mountPoints: [],
    volumesFrom: [],
    systemControls: [],
    ...one,
    portMappings: (one.portMappings ?? []).map((mapping) => ({
      hostPort: mapping.containerPort,
      protocol: 'tcp',
      ...mapping,
    })),
  };
}

function describe(one: TaskDefinition): Record<string, unknown> {
  return {
    placementConstraints: [],
    volumes: [],
    ...one.definition,
    taskDefinitionArn: one.arn,
    family: one.family,
    revision: one.revision,
    status: one.active ? 'ACTIVE' : 'INACTIVE',
    compatibilities: one.compatibilities,
    requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' }],
    registeredAt: epochSeconds(one.registeredAt),
    ...(one.deregisteredAt !== undefined && { deregisteredAt: epochSeconds(one.deregisteredAt) }),
    registeredBy: `arn:aws:iam::${one.arn.split(':')[4] ?? ''}:user/sandbox`,
  };
}

const describeInput = z.object({ taskDefinition: z.string(), include: z.array(z.string()).optional() });

function describeTaskDefinition(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(describeInput, given);
  const found = lookUpTaskDefinition(cloud, input.taskDefinition);
  if (!found) throw clientException('Unable to describe task definition.');
  return {
    taskDefinition: describe(found),
    ...(input.include?.includes('TAGS') && { tags: shownTags(found.tags) }),
  };
}

function deregister(cloud: Cloud, given: unknown): Record<string, unknown> {
  const { taskDefinition } = parseJsonInput(z.object({ taskDefinition: z.string() }), given);
  const found = taskDefinition.includes(':') ? lookUpTaskDefinition(cloud, taskDefinition) : undefined;
  if (!found) throw clientException('The specified task definition does not exist.');
  found.active = false;
  found.deregisteredAt = cloud.state.now;
  return { taskDefinition: describe(found) };
}

const listInput = z.object({
  familyPrefix: z.string().optional(),
  status: z.enum(['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS']).default('ACTIVE'),
  sort: z.enum(['ASC', 'DESC']).default('ASC'),
  maxResults: z.int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
});

function list(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(listInput, given);
  const found = cloud.state.taskDefinitions
    .filter((one) => input.familyPrefix === undefined || one.family === input.familyPrefix)
    .filter((one) => one.active === (input.status === 'ACTIVE'))
    .sort((a, b) => a.family.localeCompare(b.family) || a.revision - b.revision);
  if (input.sort === 'DESC') found.reverse();
  const page = ecsPage(found, input.maxResults, input.nextToken);
  return { taskDefinitionArns: page.items.map(({ arn }) => arn), nextToken: page.next };
}

/** As `pageOf`, with the error that ECS gives for a token that is none. */
export function ecsPage<T>(
  items: readonly T[],
  size: number,
  token: string | undefined,
): { items: T[]; next?: string } {
  try {
    return pageOf(items, size, token);
  } catch (error) {
    throw invalidParameter(`Invalid token: ${String(error)}`);
  }
}

function ofFamily(cloud: Cloud, family: string): TaskDefinition[] {
  return cloud.state.taskDefinitions.filter((one) => one.family === family);
}

/** The revision of this ARN, `family:revision`, or family (its newest active one). */
export function lookUpTaskDefinition(cloud: Cloud, key: string): TaskDefinition | undefined {
  const exact = cloud.state.taskDefinitions.find((one) => one.arn === key || `${one.family}:${one.revision}` === key);
  return (
    exact ??
    ofFamily(cloud, key)
      .filter((one) => one.active)
      .at(-1)
  );
}

/** ECS's operations on task definitions. */
export const taskDefinitionOperations: Operations = {
  RegisterTaskDefinition: change(register),
  DescribeTaskDefinition: read(describeTaskDefinition),
  DeregisterTaskDefinition: change(deregister),
  ListTaskDefinitions: read(list),
};
