import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  type ECSClientConfig,
} from '@aws-sdk/client-ecs';
import {
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeListeners,
  paginateDescribeRules,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { z } from 'zod';
import { SECOND } from '../../model/duration.js';
import type { JsonObject } from '../../model/json.js';
import { OUTPUT_ONLY } from '../../spec/task-definition-shape.js';
import { CommandFailure, EXIT } from '../failure.js';
import { plainJson } from './plain-json.js';

/*
 * The one file of the command line that speaks to AWS: with the credentials of the person who runs it, reading alone.
 */

/** What a running service says of itself, as files say it. */
export interface RunningService {
  service: JsonObject;
  serviceName: string;
  /** Whether it has the controller EXTERNAL, so that it can be delivered itself. */
  external: boolean;
  taskDefinition: JsonObject;
  primary: { targetGroupArn: string; containerName: string; containerPort: number };
  /** Other groups to which a rule forwards that forwards to the primary one. */
  besidePrimary: string[];
  /** What people should know before they deploy. */
  notes: string[];
}

const loadBalancers = z
  .array(
    z.object({
      targetGroupArn: z.string().optional(),
      containerName: z.string().default(''),
      containerPort: z.number().default(0),
    }),
  )
  .default([]);

/** How tasks are placed: a service's own fields, or with the controller EXTERNAL those of its task sets. */
const placement = {
  taskDefinition: z.string().optional(),
  loadBalancers,
  launchType: z.string().optional(),
  capacityProviderStrategy: z.array(z.unknown()).default([]),
  platformVersion: z.string().optional(),
  networkConfiguration: z.unknown().optional(),
  serviceRegistries: z.array(z.unknown()).default([]),
};

const serviceSchema = z.object({
  ...placement,
  clusterArn: z.string(),
  serviceName: z.string(),
  status: z.string().default('ACTIVE'),
  desiredCount: z.number().default(0),
  schedulingStrategy: z.string().optional(),
  deploymentController: z.object({ type: z.string().default('ECS') }).default({ type: 'ECS' }),
  healthCheckGracePeriodSeconds: z.number().optional(),
  placementConstraints: z.array(z.unknown()).default([]),
  placementStrategy: z.array(z.unknown()).default([]),
  enableECSManagedTags: z.boolean().optional(),
  enableExecuteCommand: z.boolean().optional(),
  propagateTags: z.string().optional(),
  tags: z.array(z.object({ key: z.string(), value: z.string().default('') })).default([]),
  taskSets: z.array(z.object({ ...placement, status: z.string().optional() })).default([]),
  deployments: z
    .array(
      z.object({
        status: z.string().optional(),
        serviceConnectConfiguration: z.object({ enabled: z.boolean().optional() }).optional(),
        volumeConfigurations: z.array(z.unknown()).optional(),
        vpcLatticeConfigurations: z.array(z.unknown()).optional(),
      }),
    )
    .default([]),
});
type Service = z.output<typeof serviceSchema>;
type Placement = Pick<Service, keyof typeof placement>;

const taskDefinitionSchema = z.looseObject({
  networkMode: z.string().optional(),
  containerDefinitions: z.array(z.looseObject({ environment: z.array(z.unknown()).default([]) })).default([]),
});

/** Tags that AWS, PipeCD and Sluice put on by themselves. */
const NOT_PEOPLES = /^(aws:|sluice:|pipecd-dev-)/;

/**
 * Reads a service from AWS, with the credentials of the SDK's usual chain.
 * @param place `CLUSTER/SERVICE`, or the service's ARN
 * @throws CommandFailure when there is none, it cannot be delivered, or AWS does not answer
 */
export async function readRunningService(place: string, region: string | undefined): Promise<RunningService> {
  const { cluster, name, ownRegion } = placeOf(place);
  const chosen = region ?? ownRegion;
  const settings: ECSClientConfig = {
    ...(chosen !== undefined && { region: chosen }),
    requestHandler: { connectionTimeout: 3 * SECOND, requestTimeout: 10 * SECOND, throwOnRequestTimeout: true },
  };
  const ecs = new ECSClient(settings);
  const elb = new ElasticLoadBalancingV2Client(settings);
  try {
    return await read(ecs, elb, cluster, name);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    const { name: kind, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
    throw new CommandFailure(
      EXIT.failed,
      `The service was not read from AWS: ${kind}: ${message}`,
      'Check the region (--region, AWS_REGION), the credentials (AWS_PROFILE …), and that they may ecs:DescribeServices, ecs:DescribeTaskDefinition and elasticloadbalancing:Describe*.',
    );
  } finally {
    ecs.destroy();
    elb.destroy();
  }
}

function placeOf(place: string): { cluster: string; name: string; ownRegion?: string } {
  const arn = /^arn:aws[a-z-]*:ecs:([a-z0-9-]+):\d{12}:service\/([\w-]+)\/([\w-]+)$/.exec(place);
  const [, ownRegion, cluster, name] = arn ?? [];
  if (ownRegion && cluster && name) return { cluster, name, ownRegion };
  const [, first, second] = /^([\w-]+)\/([\w-]+)$/.exec(place) ?? [];
  if (first && second) return { cluster: first, name: second };
  throw new CommandFailure(
    EXIT.wrongUse,
    `--from-service must be CLUSTER/SERVICE, not "${place}".`,
    'Such as --from-service production/web, or the ARN of the service.',
  );
}

async function read(
  ecs: ECSClient,
  elb: ElasticLoadBalancingV2Client,
  cluster: string,
  name: string,
): Promise<RunningService> {
  const { services = [] } = await ecs.send(
    new DescribeServicesCommand({ cluster, services: [name], include: ['TAGS'] }),
  );
  const service = z
    .array(serviceSchema)
    .parse(services)
    .find(({ status }) => status !== 'INACTIVE');
  if (!service) {
    throw new CommandFailure(
      EXIT.failed,
      `There is no service ${name} in the cluster ${cluster}.`,
      'Name another one.',
    );
  }
  const placed = placementOf(service);
  if (service.schedulingStrategy === 'DAEMON') refuse(service, 'is a DAEMON, and task sets are REPLICA alone');
  const [primary, second] = placed.loadBalancers.filter(({ targetGroupArn }) => targetGroupArn !== undefined);
  if (primary?.targetGroupArn === undefined) refuse(service, 'has no target group, between which requests are moved');
  const { taskDefinition, networkMode, hasEnvironment } = await readTaskDefinition(ecs, placed.taskDefinition ?? '');
  if (networkMode !== 'awsvpc') refuse(service, `has the network mode ${networkMode ?? 'bridge'}; it must be awsvpc`);
  const beside = await readBeside(elb, primary.targetGroupArn);
  return {
    service: definitionOf(service, placed),
    serviceName: service.serviceName,
    external: service.deploymentController.type === 'EXTERNAL',
    taskDefinition,
    primary: { ...primary, targetGroupArn: primary.targetGroupArn },
    besidePrimary: beside.groups,
    notes: [
      ...notesOn(service),
      ...(second ? ['The service has more than one target group. A task set has one: the first was taken.'] : []),
      ...(beside.targetType === 'ip'
        ? []
        : [`The group has targets of type ${beside.targetType}; Sluice needs groups of type ip.`]),
      ...(beside.groups.length > 0
        ? []
        : ['No rule forwards to another group beside the one that serves. Add the canary’s, with weight 0.']),
      ...(hasEnvironment
        ? ['taskdef.yaml holds the values of environment variables. Move those that are secrets.']
        : []),
    ],
  };
}

function refuse({ serviceName }: Service, why: string): never {
  throw new CommandFailure(
    EXIT.failed,
    `The service ${serviceName} ${why}.`,
    'Name another service, or write the files with answers.',
  );
}

function placementOf(service: Service): Placement {
  if (service.deploymentController.type !== 'EXTERNAL') return service;
  const primary = service.taskSets.find(({ status }) => status === 'PRIMARY');
  return primary ?? refuse(service, 'has no primary task set, so nothing runs that could be read');
}

async function readTaskDefinition(
  ecs: ECSClient,
  arn: string,
): Promise<{ taskDefinition: JsonObject; networkMode: string | undefined; hasEnvironment: boolean }> {
  const { taskDefinition, tags = [] } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: arn, include: ['TAGS'] }),
  );
  const known = taskDefinitionSchema.parse(taskDefinition);
  const asked = Object.entries(taskDefinition ?? {}).filter(([field]) => !OUTPUT_ONLY.includes(field));
  const kept = tags.filter(({ key = '' }) => !NOT_PEOPLES.test(key));
  return {
    taskDefinition: plainJson({ family: taskDefinition?.family, ...Object.fromEntries(asked), tags: kept }),
    networkMode: known.networkMode,
    hasEnvironment: known.containerDefinitions.some(({ environment }) => environment.length > 0),
  };
}

/** What kind of targets a group has, and the groups to which a rule of its load balancer forwards beside it. */
async function readBeside(
  elb: ElasticLoadBalancingV2Client,
  arn: string,
): Promise<{ targetType: string; groups: string[] }> {
  const { TargetGroups: [group] = [] } = await elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
  const found = new Set<string>();
  for (const LoadBalancerArn of group?.LoadBalancerArns ?? []) {
    for await (const { Listeners = [] } of paginateDescribeListeners({ client: elb }, { LoadBalancerArn })) {
      for (const { ListenerArn } of Listeners) {
        for await (const { Rules = [] } of paginateDescribeRules({ client: elb }, { ListenerArn })) {
          for (const { Actions = [] } of Rules) {
            const groups = Actions.flatMap(({ ForwardConfig }) => ForwardConfig?.TargetGroups ?? []);
            const arns = groups.flatMap(({ TargetGroupArn }) => TargetGroupArn ?? []);
            if (arns.includes(arn)) for (const other of arns) found.add(other);
          }
        }
      }
    }
  }
  found.delete(arn);
  return { targetType: group?.TargetType ?? 'instance', groups: [...found] };
}

function definitionOf(service: Service, placed: Placement): JsonObject {
  const { capacityProviderStrategy, launchType, platformVersion, networkConfiguration, serviceRegistries } = placed;
  const { healthCheckGracePeriodSeconds, propagateTags, enableECSManagedTags, enableExecuteCommand } = service;
  return plainJson({
    cluster: service.clusterArn,
    serviceName: service.serviceName,
    // 0 would mean that the file does not manage the count.
    desiredCount: service.desiredCount || undefined,
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'EXTERNAL' },
    healthCheckGracePeriodSeconds: healthCheckGracePeriodSeconds || undefined,
    placementConstraints: service.placementConstraints,
    placementStrategy: service.placementStrategy,
    enableECSManagedTags: enableECSManagedTags || undefined,
    propagateTags: propagateTags === 'NONE' ? undefined : propagateTags,
    enableExecuteCommand: enableExecuteCommand || undefined,
    ...(capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType }),
    platformVersion,
    networkConfiguration,
    serviceRegistries,
    tags: service.tags.filter(({ key }) => !NOT_PEOPLES.test(key)),
  });
}

function notesOn({ serviceName, deploymentController, deployments }: Service): string[] {
  const now = deployments.find(({ status }) => status === 'PRIMARY');
  const lost = [
    now?.serviceConnectConfiguration?.enabled && 'Service Connect',
    now?.volumeConfigurations?.length && 'volumes that the service configures',
    now?.vpcLatticeConfigurations?.length && 'VPC Lattice',
  ].filter((what) => typeof what === 'string');
  return [
    ...(deploymentController.type === 'EXTERNAL'
      ? []
      : [
          `${serviceName} has the controller ${deploymentController.type}, which can never be changed. The files make another service beside it, on the same target group: scale ${serviceName} to 0 when the new one serves, and before its first canary.`,
        ]),
    ...(lost.length > 0 ? [`Left out, since task sets cannot have it: ${lost.join(', ')}.`] : []),
  ];
}
