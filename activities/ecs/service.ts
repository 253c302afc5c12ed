import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { ServiceDefinition } from '../../model/release.js';
import { isNotFound } from '../aws/errors.js';
import type { Run } from '../run.js';

const tags = z.array(z.object({ key: z.string().default(''), value: z.string().default('') })).default([]);

/** A service as DescribeServices answers it; fields that are only compared with the file are kept as they are. */
const serviceSchema = z.looseObject({
  serviceArn: z.string(),
  status: z.string().default('ACTIVE'),
  desiredCount: z.number().default(0),
  deploymentController: z.object({ type: z.string().optional() }).optional(),
  schedulingStrategy: z.string().optional(),
  events: z.array(z.object({ createdAt: z.date().optional(), message: z.string().default('') })).default([]),
  tags,
});

export type Service = z.infer<typeof serviceSchema>;

const answerSchema = z.object({ services: z.array(serviceSchema).default([]) });

/** The service's place in AWS: what every ECS call names. */
export type ServiceName = Pick<ServiceDefinition, 'cluster' | 'serviceName'>;

/** The service with its tags; undefined when there is none, or only the memory of a deleted one (INACTIVE). */
export async function readService(run: Run, { cluster, serviceName }: ServiceName): Promise<Service | undefined> {
  try {
    const answer = answerSchema.parse(
      await run.aws.ecs.send(new DescribeServicesCommand({ cluster, services: [serviceName], include: ['TAGS'] })),
    );
    return answer.services.find(({ status }) => status !== 'INACTIVE');
  } catch (error) {
    if (isNotFound(error, 'ServiceNotFoundException')) return undefined;
    throw error;
  }
}

/** The service, which must be there: the wait for what it runs would be for nothing. */
export async function readStandingService(run: Run, name: ServiceName): Promise<Service> {
  const service = await readService(run, name);
  if (!service) throw new Error(`Service ${name.serviceName} is not to be found in cluster ${name.cluster}.`);
  return service;
}

/** What the service's scheduler said last since an instant (epoch ms), if it complained. */
export function lastComplaint(service: Service, since: number): string | undefined {
  const complaint = service.events.find(
    ({ createdAt, message }) => (createdAt?.getTime() ?? 0) >= since && /unable|fail|unhealthy|error/i.test(message),
  );
  return complaint?.message.replace(/^\(service [^)]*\) /, '');
}

/** A tag's value. */
export function tagOf({ tags: all }: { tags: { key: string; value: string }[] }, key: string): string | undefined {
  return all.find((tag) => tag.key === key)?.value;
}
