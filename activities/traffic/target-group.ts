import {
  DescribeLoadBalancersCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { z } from 'zod';
import { isNotFound } from '../aws/errors.js';

export interface TargetGroupFacts {
  arn: string;
  name: string;
  protocol: string;
  /** ip, instance, lambda, alb. */
  targetType: string;
  vpcId?: string;
  loadBalancerArns: string[];
}

const groupsSchema = z.object({
  TargetGroups: z
    .array(
      z.object({
        TargetGroupArn: z.string(),
        TargetGroupName: z.string().default(''),
        Protocol: z.string().default(''),
        TargetType: z.string().default('instance'),
        VpcId: z.string().optional(),
        LoadBalancerArns: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

/** A target group; undefined when there is none of this ARN. */
export async function readTargetGroup(
  elb: ElasticLoadBalancingV2Client,
  arn: string,
): Promise<TargetGroupFacts | undefined> {
  try {
    const answer = groupsSchema.parse(await elb.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] })));
    const group = answer.TargetGroups.find((one) => one.TargetGroupArn === arn);
    if (!group) return undefined;
    return {
      arn,
      name: group.TargetGroupName || nameOfGroup(arn),
      protocol: group.Protocol,
      targetType: group.TargetType,
      ...(group.VpcId !== undefined && { vpcId: group.VpcId }),
      loadBalancerArns: group.LoadBalancerArns,
    };
  } catch (error) {
    if (isNotFound(error, 'TargetGroupNotFoundException')) return undefined;
    throw error;
  }
}

/** The name in a target group's ARN: what people call it. */
export function nameOfGroup(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

/** Two groups or more in words: `blue, green and white`. */
export function namesOfGroups(arns: string[]): string {
  const names = arns.map(nameOfGroup);
  return [names.slice(0, -1).join(', '), names.at(-1)].join(' and ');
}

const attributesSchema = z.object({
  Attributes: z.array(z.object({ Key: z.string(), Value: z.string().default('') })).default([]),
});

/** Seconds that a group's targets take to leave it, and to take their whole share when they are new (0: at once). */
export async function readGroupTimes(
  elb: ElasticLoadBalancingV2Client,
  arn: string,
): Promise<{ deregistrationDelay: number; slowStart: number }> {
  const { Attributes } = attributesSchema.parse(
    await elb.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn })),
  );
  const value = (key: string, otherwise: number): number => {
    const found = Number(Attributes.find((one) => one.Key === key)?.Value);
    return Number.isFinite(found) ? found : otherwise;
  };
  // 300 s is AWS's default (ecs-alb-facts §13).
  return {
    deregistrationDelay: value('deregistration_delay.timeout_seconds', 300),
    slowStart: value('slow_start.duration_seconds', 0),
  };
}

const loadBalancersSchema = z.object({
  LoadBalancers: z
    .array(z.object({ Type: z.string().default(''), State: z.object({ Code: z.string() }).optional() }))
    .default([]),
});

/** Type (`application`, `network` …) and state of a load balancer. */
export async function readLoadBalancer(
  elb: ElasticLoadBalancingV2Client,
  arn: string,
): Promise<{ type: string; state: string } | undefined> {
  const answer = loadBalancersSchema.parse(
    await elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] })),
  );
  const [found] = answer.LoadBalancers;
  return found && { type: found.Type, state: found.State?.Code ?? 'active' };
}
