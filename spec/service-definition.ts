import { z } from 'zod';
import { filledText, text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import type { JsonObject } from '../model/json.js';
import type { ServiceDefinition } from '../model/release.js';
import { leavingOut } from './left-out.js';

const name = filledText.optional();
const whole = z.int().min(0).optional();

/** Which call each field of a service definition belongs to under the EXTERNAL controller (ecs-alb-facts §16). */
const CREATE_AND_UPDATE = {
  placementConstraints: z.array(z.object({ type: name, expression: name })).optional(),
  placementStrategy: z.array(z.object({ type: name, field: name })).optional(),
  healthCheckGracePeriodSeconds: whole,
  enableECSManagedTags: z.boolean().optional(),
  propagateTags: name,
  enableExecuteCommand: z.boolean().optional(),
};

const CREATE_TASK_SET = {
  launchType: name,
  capacityProviderStrategy: z
    .array(z.object({ capacityProvider: z.string().min(1), weight: whole, base: whole }))
    .optional(),
  platformVersion: name,
  networkConfiguration: z
    .object({
      awsvpcConfiguration: z
        .object({ subnets: z.array(text).min(1), securityGroups: z.array(text).optional(), assignPublicIp: name })
        .optional(),
    })
    .optional(),
  serviceRegistries: z
    .array(z.object({ registryArn: name, port: whole, containerName: name, containerPort: whole }))
    .optional(),
};

/** A service with any of these cannot be delivered by task sets: CreateTaskSet has no such member. */
const REFUSED = ['serviceConnectConfiguration', 'volumeConfigurations', 'vpcLatticeConfigurations'] as const;

const DEPLOYMENT = {
  deploymentCircuitBreaker: z.unknown().optional(),
  alarms: z.unknown().optional(),
  strategy: z.unknown().optional(),
  bakeTimeInMinutes: z.unknown().optional(),
  lifecycleHooks: z.unknown().optional(),
  linearConfiguration: z.unknown().optional(),
  canaryConfiguration: z.unknown().optional(),
  earlySuccessCriteria: z.unknown().optional(),
  maximumPercent: z.unknown().optional(),
  minimumHealthyPercent: z.unknown().optional(),
};

const shape = z.object({
  cluster: name,
  clusterArn: name,
  serviceName: z.string().min(1),
  desiredCount: whole,
  deploymentController: z.object({ type: z.string() }).optional(),
  schedulingStrategy: name,
  tags: z.array(z.object({ key: text, value: text.default('') })).optional(),
  deploymentConfiguration: z.object(DEPLOYMENT).optional(),
  ...CREATE_AND_UPDATE,
  ...CREATE_TASK_SET,
  serviceConnectConfiguration: z.unknown().optional(),
  volumeConfigurations: z.unknown().optional(),
  vpcLatticeConfigurations: z.unknown().optional(),
});

type Fields = z.output<typeof shape>;

/** What DescribeServices answers beyond a request, and what a request may hold that has no place here. */
const OF_NO_USE: readonly string[] = [
  'availabilityZoneRebalancing',
  'clientToken',
  'createdAt',
  'createdBy',
  'currentServiceDeployment',
  'currentServiceRevisions',
  'deployments',
  'events',
  'forceNewDeployment',
  'loadBalancers',
  'pendingCount',
  'platformFamily',
  'resourceManagementType',
  'role',
  'roleArn',
  'runningCount',
  'serviceArn',
  'status',
  'taskDefinition',
  'taskSets',
];

/** Reads a service definition file and splits it by the calls that its fields belong to. */
export function readServiceDefinition(reader: Reader): ServiceDefinition | undefined {
  const leftOut = leavingOut(OF_NO_USE);
  const fields = reader.read(shape, reader.document.value, [], leftOut);
  if (leftOut.met.length > 0) {
    const message = `not used, and left out: ${leftOut.met.join(', ')}`;
    const fix = 'Delete it: load balancer and task definition come from the application’s files, the rest from ECS.';
    reader.warning(leftOut.met.slice(0, 1), message, fix);
  }
  if (!fields) return undefined;
  refuse(reader, fields);
  warn(reader, fields);
  const cluster = readCluster(reader, fields);
  return {
    cluster,
    serviceName: fields.serviceName,
    // As in PipeCD, 0 means that the file does not manage the count.
    ...(fields.desiredCount && { desiredCount: fields.desiredCount }),
    createService: {
      deploymentController: { type: 'EXTERNAL' },
      schedulingStrategy: 'REPLICA',
      ...pick(fields, Object.keys(CREATE_AND_UPDATE)),
    },
    updateService: pick(fields, Object.keys(CREATE_AND_UPDATE)),
    createTaskSet: pick(fields, Object.keys(CREATE_TASK_SET)),
    tags: fields.tags ?? [],
  };
}

function readCluster(reader: Reader, { cluster, clusterArn }: Fields): string {
  if (cluster !== undefined && clusterArn !== undefined && cluster !== clusterArn) {
    reader.error(['clusterArn'], `cluster and clusterArn differ: ${cluster} and ${clusterArn}`, 'Keep one of them.');
  }
  const found = cluster ?? clusterArn;
  if (found === undefined) reader.error(['cluster'], 'cluster is missing', 'Write the name or ARN of the ECS cluster.');
  return found ?? '';
}

function refuse(reader: Reader, fields: Fields): void {
  const controller = fields.deploymentController?.type;
  if (controller !== 'EXTERNAL') {
    const found = controller === undefined ? 'is missing, which means ECS' : `is ${controller}`;
    reader.error(
      ['deploymentController', 'type'],
      `the deployment controller ${found}; Sluice delivers by task sets, which need EXTERNAL`,
      'Write deploymentController: {type: EXTERNAL}. The controller of a service that exists cannot be changed: give it a new serviceName.',
    );
  }
  const { schedulingStrategy, launchType, capacityProviderStrategy } = fields;
  if (schedulingStrategy !== undefined && schedulingStrategy !== 'REPLICA') {
    const message = `the scheduling strategy ${schedulingStrategy} cannot be used with task sets`;
    reader.error(['schedulingStrategy'], message, 'Write REPLICA.');
  }
  if (launchType !== undefined && capacityProviderStrategy !== undefined) {
    const message = 'launchType and capacityProviderStrategy are both given; ECS takes one of them';
    reader.error(['capacityProviderStrategy'], message, 'Delete one of them.');
  }
  for (const field of REFUSED) {
    if (fields[field] === undefined) continue;
    const message = `${field} does not work under the EXTERNAL controller: a task set has no such field`;
    reader.error([field], message, 'Delete it.');
  }
}

function warn(reader: Reader, fields: Fields): void {
  if (fields.launchType === undefined && fields.capacityProviderStrategy === undefined) {
    const message = 'neither launchType nor capacityProviderStrategy: the cluster’s default decides where tasks run';
    reader.warning(['launchType'], message, 'Write launchType: FARGATE, or EC2.');
  }
  if (fields.desiredCount === 0) {
    const message = 'desiredCount: 0 means that the count is not managed by this file, as in PipeCD';
    reader.warning(['desiredCount'], message, 'Delete it, or write how many tasks should run.');
  }
  for (const field of Object.keys(fields.deploymentConfiguration ?? {})) {
    if (field === 'maximumPercent' || field === 'minimumHealthyPercent') continue;
    const message = `${field} does nothing under the EXTERNAL controller`;
    reader.warning(['deploymentConfiguration', field], message, 'Delete it: Sluice watches the new version itself.');
  }
}

function pick(fields: Fields, names: string[]): JsonObject {
  const members = Object.entries(fields).filter(([name]) => names.includes(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(members))) as JsonObject;
}
