import { z } from 'zod';
import { AwsError, validationError } from '../aws/aws-error.js';
import { read } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { pageOf } from '../aws/page.js';
import { parseQueryInput } from '../aws/parse.js';
import type { Cloud } from '../cloud/cloud.js';
import type { Target } from '../cloud/state.js';
import { loadBalancersOf } from '../cloud/target-health.js';
import type { World } from '../world.js';

type TargetGroup = World['targetGroups'][number];

/** Members that every paged description takes. */
export const pageFields = {
  PageSize: z.coerce.number().int().min(1).max(400).default(400),
  Marker: z.string().optional(),
};

/** As `pageOf`, with the error that ELB gives for a marker that is none. */
export function elbPage<T>(
  items: readonly T[],
  input: { PageSize: number; Marker?: string | undefined },
): { items: T[]; next?: string } {
  try {
    return pageOf(items, input.PageSize, input.Marker);
  } catch (error) {
    throw validationError(`Marker '${input.Marker ?? ''}' is invalid: ${String(error)}`);
  }
}

/** @throws AwsError TargetGroupNotFound */
export function findTargetGroup(cloud: Cloud, arn: string): TargetGroup {
  const found = cloud.state.world.targetGroups.find((group) => group.arn === arn);
  if (!found) throw new AwsError('TargetGroupNotFound', `Target groups '${arn}' not found`);
  return found;
}

/** The name in a target group's ARN. */
export function nameOf(group: TargetGroup): string {
  return group.arn.split('/')[1] ?? '';
}

const describeInput = z.object({
  TargetGroupArns: z.array(z.string()).optional(),
  Names: z.array(z.string()).optional(),
  LoadBalancerArn: z.string().optional(),
  ...pageFields,
});

function describeTargetGroups(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(describeInput, given);
  const { targetGroups } = cloud.state.world;
  let found = targetGroups;
  if (input.TargetGroupArns) found = input.TargetGroupArns.map((arn) => findTargetGroup(cloud, arn));
  if (input.Names) {
    const missing = input.Names.find((name) => !targetGroups.some((group) => nameOf(group) === name));
    if (missing !== undefined) throw new AwsError('TargetGroupNotFound', `One or more target groups not found`);
    found = targetGroups.filter((group) => input.Names?.includes(nameOf(group)));
  }
  if (input.LoadBalancerArn !== undefined) {
    found = found.filter((group) => loadBalancersOf(cloud, group.arn).some(({ arn }) => arn === input.LoadBalancerArn));
  }
  const page = elbPage(found, input);
  return { TargetGroups: page.items.map((group) => describe(cloud, group)), NextMarker: page.next };
}

function describe(cloud: Cloud, group: TargetGroup): Record<string, unknown> {
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: nameOf(group),
    Protocol: 'HTTP',
    ProtocolVersion: 'HTTP1',
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: 'traffic-port',
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: group.healthCheckIntervalSeconds,
    HealthCheckTimeoutSeconds: 5,
    HealthyThresholdCount: group.healthyThreshold,
    UnhealthyThresholdCount: group.unhealthyThreshold,
    HealthCheckPath: '/',
    Matcher: { HttpCode: '200' },
    LoadBalancerArns: loadBalancersOf(cloud, group.arn).map(({ arn }) => arn),
    TargetType: group.targetType,
    IpAddressType: 'ipv4',
  };
}

function describeAttributes(cloud: Cloud, given: unknown): Record<string, unknown> {
  const { TargetGroupArn } = parseQueryInput(z.object({ TargetGroupArn: z.string() }), given);
  const group = findTargetGroup(cloud, TargetGroupArn);
  const attributes: Record<string, string | number> = {
    'stickiness.enabled': 'false',
    'deregistration_delay.timeout_seconds': group.deregistrationDelaySeconds,
    'stickiness.app_cookie.cookie_name': '',
    'stickiness.type': 'lb_cookie',
    'stickiness.lb_cookie.duration_seconds': 86400,
    'slow_start.duration_seconds': group.slowStartSeconds,
    'stickiness.app_cookie.duration_seconds': 86400,
    'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
    'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': 1,
    'target_group_health.dns_failover.minimum_healthy_targets.count': 1,
    'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
    'load_balancing.algorithm.type': 'round_robin',
    'load_balancing.algorithm.anomaly_mitigation': 'off',
  };
  return { Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })) };
}

const healthInput = z.object({
  TargetGroupArn: z.string(),
  Targets: z.array(z.object({ Id: z.string(), Port: z.coerce.number().optional() })).optional(),
});

function describeHealth(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseQueryInput(healthInput, given);
  const group = findTargetGroup(cloud, input.TargetGroupArn);
  const registered = cloud.state.targets.filter((target) => target.groupArn === group.arn);
  if (!input.Targets) return { TargetHealthDescriptions: registered.map(health) };
  return {
    TargetHealthDescriptions: input.Targets.map(({ Id, Port = group.port }) => {
      const target = registered.find((candidate) => candidate.ip === Id && candidate.port === Port);
      if (target) return health(target);
      const notRegistered = {
        State: 'unused',
        Reason: 'Target.NotRegistered',
        Description: 'Target is not registered to the target group',
      };
      return { Target: { Id, Port }, TargetHealth: notRegistered };
    }),
  };
}

function health(target: Target): Record<string, unknown> {
  return {
    Target: { Id: target.ip, Port: target.port, AvailabilityZone: target.zone },
    HealthCheckPort: String(target.port),
    TargetHealth: { State: target.state, Reason: target.reason, Description: target.description },
  };
}

/** ELBv2's reads of target groups. */
export const targetGroupOperations: Operations = {
  DescribeTargetGroups: read(describeTargetGroups),
  DescribeTargetGroupAttributes: read(describeAttributes),
  DescribeTargetHealth: read(describeHealth),
};
