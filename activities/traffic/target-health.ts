import {
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { z } from 'zod';

/** A registered target and what the load balancer thinks of it. */
export interface TargetHealth {
  address: string;
  port: number;
  /** initial, healthy, unhealthy, unused, draining, unhealthy.draining, unavailable. */
  state: string;
  reason?: string;
  description?: string;
}

const answerSchema = z.object({
  TargetHealthDescriptions: z
    .array(
      z.object({
        Target: z.object({ Id: z.string(), Port: z.number().default(0) }),
        TargetHealth: z.object({
          State: z.string().default('unavailable'),
          Reason: z.string().optional(),
          Description: z.string().optional(),
        }),
      }),
    )
    .default([]),
});

/** All targets registered in a group, those that leave it included. */
export async function readTargetHealth(
  elb: ElasticLoadBalancingV2Client,
  targetGroupArn: string,
): Promise<TargetHealth[]> {
  const answer = answerSchema.parse(
    await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn })),
  );
  return answer.TargetHealthDescriptions.map(({ Target, TargetHealth: health }) => ({
    address: Target.Id,
    port: Target.Port,
    state: health.State,
    ...(health.Reason !== undefined && { reason: health.Reason }),
    ...(health.Description !== undefined && { description: health.Description }),
  }));
}
