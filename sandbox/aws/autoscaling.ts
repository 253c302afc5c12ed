import { z } from 'zod';
import type { Cloud } from '../cloud/cloud.js';
import { read } from './operation.js';
import type { Operations } from './operation.js';
import { parseJsonInput } from './parse.js';

const describeInput = z.object({
  ServiceNamespace: z.string(),
  ResourceIds: z.array(z.string()).optional(),
  ScalableDimension: z.string().optional(),
});

const DESIRED_COUNT = 'ecs:service:DesiredCount';

function describeScalableTargets(cloud: Cloud, given: unknown): Record<string, unknown> {
  const input = parseJsonInput(describeInput, given);
  const { account, scalableTargets } = cloud.state.world;
  const meant = input.ServiceNamespace === 'ecs' && (input.ScalableDimension ?? DESIRED_COUNT) === DESIRED_COUNT;
  const found = meant
    ? scalableTargets.filter(({ resourceId }) => input.ResourceIds?.includes(resourceId) ?? true)
    : [];
  return {
    ScalableTargets: found.map(({ resourceId, min, max }) => ({
      ServiceNamespace: 'ecs',
      ResourceId: resourceId,
      ScalableDimension: DESIRED_COUNT,
      MinCapacity: min,
      MaxCapacity: max,
      RoleARN: `arn:aws:iam::${account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
      CreationTime: 0,
    })),
  };
}

/** Application Auto Scaling's one operation that a delivery asks. */
export const autoscalingOperations: Operations = { DescribeScalableTargets: read(describeScalableTargets) };
