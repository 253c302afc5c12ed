import {
  DescribeScalableTargetsCommand,
  type DescribeScalableTargetsCommandInput,
} from '@aws-sdk/client-application-auto-scaling';
import { z } from 'zod';
import { kindOf } from '../aws/errors.js';
import type { Run } from '../run.js';
import type { ServiceName } from './service.js';

export type Scaling = 'none' | 'autoscaling' | 'unknown';

const answerSchema = z.object({ ScalableTargets: z.array(z.unknown()).default([]) });

/** Whether Application Auto Scaling owns the service's desired count. Not allowed to know is `unknown`. */
export async function readScaling(run: Run, { cluster, serviceName }: ServiceName): Promise<Scaling> {
  const input: DescribeScalableTargetsCommandInput = {
    ServiceNamespace: 'ecs',
    ScalableDimension: 'ecs:service:DesiredCount',
    ResourceIds: [`service/${cluster.split('/').at(-1) ?? cluster}/${serviceName}`],
  };
  try {
    const { ScalableTargets } = answerSchema.parse(
      await run.aws.scaling.send(new DescribeScalableTargetsCommand(input)),
    );
    return ScalableTargets.length > 0 ? 'autoscaling' : 'none';
  } catch (error) {
    if (kindOf(error) === 'credentials' || kindOf(error) === 'refused') return 'unknown';
    throw error;
  }
}

export interface DesiredCountQuestion {
  /** In this deployment's file. */
  file?: number | undefined;
  /** In the file of the deployment that made the primary task set; undefined when nobody knows. */
  lastFile?: number | undefined;
  /** Of the service now. */
  service: number;
  scaling: Scaling;
  /** What was deployed is brought back: that somebody scaled the service is what is undone. */
  again?: boolean;
}

/**
 * Whether the file's desired count is sent to a service that stands: only when people changed the number in the file and no scaling
 * target owns it (ecs-alb-facts §15). `why` is worth telling when the number of the file is not the service's.
 */
export function decideDesiredCount({ file, lastFile, service, scaling, again = false }: DesiredCountQuestion): {
  send?: number;
  why?: string;
} {
  if (file === undefined || file === service) return {};
  const keeps = `The service keeps its desired count ${service}; the file says ${file}`;
  if (scaling === 'autoscaling') return { why: `${keeps}, and Application Auto Scaling owns it.` };
  if (scaling === 'unknown') return { why: `${keeps}, and whether Application Auto Scaling owns it may not be read.` };
  if (again) return { send: file };
  if (lastFile === undefined) return { why: `${keeps}, and the running version was not brought out by Sluice.` };
  if (lastFile === file)
    return { why: `${keeps}, as it did in the last deployment: somebody scaled the service since.` };
  return { send: file };
}
