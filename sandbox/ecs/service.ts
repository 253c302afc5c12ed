import { z } from 'zod';
import { invalidParameter } from '../aws/aws-error.js';
import { change, read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { parseJsonInput } from '../aws/parse.js';
import type { Cloud } from '../cloud/cloud.js';
import { omit } from '../cloud/omit.js';
import { computedDesiredCount } from '../cloud/scheduler.js';
import type { Service } from '../cloud/state.js';
import { checkedToken } from './client-token.js';
import { clusterArn, epochSeconds, findService, lookUpService } from './find.js';
import { checkedTags, shownTags, tagsInput } from './tags.js';
import { countTasks, describeTaskSet, visible } from './task-set-answer.js';

const MAX_DESCRIBED = 10;

/** What belongs to a task set when the controller is EXTERNAL (API pages CreateService and CreateTaskSet). */
const TASK_SET_FIELDS = [
  'taskDefinition',
  'loadBalancers',
  'networkConfiguration',
  'launchType',
  'platformVersion',
  'capacityProviderStrategy',
  'serviceRegistries',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'vpcLatticeConfigurations',
];

/** What UpdateService takes for EXTERNAL; anything else is refused (ecs-alb-facts §16). */
const UPDATABLE = [
  'cluster',
  'service',
  'desiredCount',
  'placementConstraints',
  'placementStrategy',
  'healthCheckGracePeriodSeconds',
  'enableECSManagedTags',
  'propagateTags',
  'enableExecuteCommand',
];

const createInput = z.looseObject({
  cluster: z.string().optional(),
  serviceName: z.string().regex(/^[\w-]{1,255}$/, 'up to 255 letters, digits, underscores and hyphens'),
  desiredCount: z.int().min(0).default(0),
  schedulingStrategy: z.enum(['REPLICA', 'DAEMON']).default('REPLICA'),
  deploymentController: z.object({ type: z.enum(['ECS', 'CODE_DEPLOY', 'EXTERNAL']) }).default({ type: 'ECS' }),
  healthCheckGracePeriodSeconds: z.int().min(0).default(0),
  enableECSManagedTags: z.boolean().default(false),
  enableExecuteCommand: z.boolean().default(false),
  propagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).default('NONE'),
  clientToken: z.string().optional(),
  tags: tagsInput,
});

function createService(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(createInput, given);
  const cluster = clusterArn(cloud, input.cluster);
  const token = checkedToken(input.clientToken);
  const sent = JSON.stringify(given);
  const existing = lookUpService(cloud, cluster, input.serviceName);
  if (existing) {
    if (token !== undefined && existing.clientToken === token && existing.sent === sent)
      return { service: describe(cloud, existing, true) };
    throw invalidParameter('Creation of service was not idempotent.');
  }
  const controller = input.deploymentController.type;
  if (controller === 'EXTERNAL') {
    const misplaced = TASK_SET_FIELDS.find((field) => input[field] !== undefined);
    if (misplaced !== undefined) {
      throw invalidParameter(
        `${misplaced} cannot be specified for services with an EXTERNAL deployment controller. Specify it in the task set.`,
      );
    }
    if (input.schedulingStrategy === 'DAEMON') {
      throw invalidParameter(
        'The DAEMON scheduling strategy is not supported for services with an EXTERNAL deployment controller.',
      );
    }
  } else if (input['taskDefinition'] === undefined) {
    throw invalidParameter('TaskDefinition can not be blank.');
  }
  const { deploymentConfiguration, placementConstraints, placementStrategy } = input;
  const service: Service = {
    arn: `${cluster.replace(':cluster/', ':service/')}/${input.serviceName}`,
    name: input.serviceName,
    clusterArn: cluster,
    controller,
    desiredCount: input.desiredCount,
    healthCheckGraceSeconds: input.healthCheckGracePeriodSeconds,
    createdAt: cloud.state.now,
    shown: {
      deploymentConfiguration: deploymentConfiguration ?? { maximumPercent: 200, minimumHealthyPercent: 100 },
      placementConstraints: placementConstraints ?? [],
      placementStrategy: placementStrategy ?? [],
      schedulingStrategy: input.schedulingStrategy,
      enableECSManagedTags: input.enableECSManagedTags,
      enableExecuteCommand: input.enableExecuteCommand,
      propagateTags: input.propagateTags,
      ...(controller !== 'EXTERNAL' && {
        taskDefinition: input['taskDefinition'],
        networkConfiguration: input['networkConfiguration'],
        launchType: input['launchType'],
        platformVersion: input['platformVersion'],
        loadBalancers: input['loadBalancers'] ?? [],
      }),
    },
    tags: checkedTags(input.tags),
    events: [],
    ...(token !== undefined && { clientToken: token }),
    sent,
  };
  cloud.state.services.push(service);
  return { service: describe(cloud, service, true) };
}

const updateInput = z.looseObject({
  cluster: z.string().optional(),
  service: z.string(),
  desiredCount: z.int().min(0).optional(),
  healthCheckGracePeriodSeconds: z.int().min(0).optional(),
  enableECSManagedTags: z.boolean().optional(),
  enableExecuteCommand: z.boolean().optional(),
  propagateTags: z.enum(['TASK_DEFINITION', 'SERVICE', 'NONE']).optional(),
});

function updateService(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(updateInput, given);
  const service = findService(cloud, input.cluster, input.service);
  if (service.controller === 'EXTERNAL') {
    const refused = Object.keys(input).find((field) => !UPDATABLE.includes(field) && input[field] !== undefined);
    if (refused === 'taskDefinition') {
      throw invalidParameter('Unable to update task definition on services with an EXTERNAL deployment controller.');
    }
    if (refused !== undefined) {
      throw invalidParameter(`Cannot update ${refused} on services with an EXTERNAL deployment controller.`);
    }
  }
  const { desiredCount, healthCheckGracePeriodSeconds } = input;
  service.desiredCount = desiredCount ?? service.desiredCount;
  service.healthCheckGraceSeconds = healthCheckGracePeriodSeconds ?? service.healthCheckGraceSeconds;
  Object.assign(service.shown, omit(input, 'cluster', 'service', 'desiredCount', 'healthCheckGracePeriodSeconds'));
  return { service: describe(cloud, service, true) };
}

const describeInput = z.object({
  cluster: z.string().optional(),
  services: z.array(z.string()),
  include: z.array(z.string()).optional(),
});

function describeServices(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(describeInput, given);
  const cluster = clusterArn(cloud, input.cluster);
  if (input.services.length === 0) throw invalidParameter('Services cannot be empty.');
  if (input.services.length > MAX_DESCRIBED)
    throw invalidParameter(`Services cannot have more than ${MAX_DESCRIBED} elements.`);
  const services: Record<string, unknown>[] = [];
  const failures: Record<string, unknown>[] = [];
  for (const key of input.services) {
    const found = lookUpService(cloud, cluster, key);
    if (found) services.push(describe(cloud, found, input.include?.includes('TAGS') ?? false));
    else
      failures.push({
        arn: key.startsWith('arn:') ? key : `${cluster.replace(/:cluster\/.*/, ':service/')}${key}`,
        reason: 'MISSING',
      });
  }
  return { services, failures };
}

/** A service as AWS shows it: with the fields of its primary task set as its own. */
function describe(cloud: Cloud, service: Service, withTags: boolean): Record<string, unknown> {
  const sets = cloud.state.taskSets.filter((set) => set.serviceArn === service.arn && visible(cloud, set));
  const primary = sets.find((set) => set.status === 'PRIMARY');
  const counts = sets.map((set) => countTasks(cloud, set));
  const rolling = service.controller !== 'EXTERNAL';
  return {
    ...service.shown,
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    status: 'ACTIVE',
    deploymentController: { type: service.controller },
    desiredCount: service.desiredCount,
    runningCount: rolling ? service.desiredCount : counts.reduce((sum, count) => sum + count.running, 0),
    pendingCount: counts.reduce((sum, count) => sum + count.pending, 0),
    healthCheckGracePeriodSeconds: service.healthCheckGraceSeconds,
    createdAt: epochSeconds(service.createdAt),
    createdBy: `arn:aws:iam::${service.arn.split(':')[4] ?? ''}:user/sandbox`,
    deployments: [],
    serviceRegistries: [],
    events: service.events.map(({ id, at, message }) => ({ id, createdAt: epochSeconds(at), message })),
    ...(!rolling && {
      taskSets: sets.map((set) => describeTaskSet(cloud, set, computedDesiredCount(service, set), false)),
      loadBalancers: primary?.loadBalancer ? [primary.loadBalancer] : [],
      ...(primary && {
        taskDefinition: primary.taskDefinition,
        networkConfiguration: primary.shown['networkConfiguration'],
        launchType: primary.shown['launchType'],
        platformVersion: primary.shown['platformVersion'],
      }),
    }),
    ...(withTags && { tags: shownTags(service.tags) }),
  };
}

/** ECS's operations on services. */
export const serviceOperations: Operations = {
  CreateService: change(createService),
  UpdateService: change(updateService),
  DescribeServices: read(describeServices),
};
