import { DescribeTaskSetsCommand } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { isNotFound } from '../aws/errors.js';
import { pause, type Run } from '../run.js';
import type { ServiceName } from './service.js';
import { tagOf } from './service.js';
import { TAG, type TaskSetRole } from './tags.js';

const taskSetSchema = z.looseObject({
  id: z.string(),
  taskSetArn: z.string(),
  status: z.string(),
  taskDefinition: z.string().default(''),
  computedDesiredCount: z.number().default(0),
  runningCount: z.number().default(0),
  pendingCount: z.number().default(0),
  stabilityStatus: z.string().default(''),
  scale: z.object({ value: z.number().default(0) }).default({ value: 0 }),
  externalId: z.string().optional(),
  loadBalancers: z
    .array(
      z.looseObject({
        targetGroupArn: z.string().optional(),
        containerName: z.string().optional(),
        containerPort: z.number().optional(),
      }),
    )
    .default([]),
  tags: z.array(z.object({ key: z.string().default(''), value: z.string().default('') })).default([]),
});

/** A task set as DescribeTaskSets answers it, with its tags. */
export type TaskSet = z.infer<typeof taskSetSchema>;

const answerSchema = z.object({ taskSets: z.array(taskSetSchema).default([]) });

/** All task sets of a service, those that are DRAINING included: they count for the limit of five (ecs-alb-facts §13). */
export async function readTaskSets(run: Run, { cluster, serviceName }: ServiceName): Promise<TaskSet[]> {
  try {
    const answer = await run.aws.ecs.send(
      new DescribeTaskSetsCommand({ cluster, service: serviceName, include: ['TAGS'] }),
    );
    return answerSchema.parse(answer).taskSets;
  } catch (error) {
    if (isNotFound(error, 'ServiceNotFoundException', 'ServiceNotActiveException')) return [];
    throw error;
  }
}

/** Whether a set still holds, or will hold, tasks by its own will. */
export function isStanding({ status }: TaskSet): boolean {
  return status !== 'DRAINING';
}

export function isPrimary({ status }: TaskSet): boolean {
  return status === 'PRIMARY';
}

/** Whether a deployment made the set, for one of the given roles (any when none is given). */
export function madeBy(set: TaskSet, uid: string, ...roles: TaskSetRole[]): boolean {
  const role = tagOf(set, TAG.role);
  return tagOf(set, TAG.uid) === uid && (roles.length === 0 || roles.some((one) => one === role));
}

/** The target group that the set's tasks register in. */
export function groupOf(set: TaskSet): string | undefined {
  return set.loadBalancers[0]?.targetGroupArn;
}

/** The last part of a set's ARN, which the console shows. */
export function shortName({ taskSetArn }: Pick<TaskSet, 'taskSetArn'>): string {
  return taskSetArn.split('/').at(-1) ?? taskSetArn;
}

const LOOKS = 3;

/**
 * Looks for a task set that may just have been made: it is absent only after three looks over the `absence` time
 * (ecs-alb-facts §25). Answers at the first look that shows it.
 */
export async function findPatiently(
  run: Run,
  service: ServiceName,
  match: (set: TaskSet) => boolean,
): Promise<TaskSet | undefined> {
  for (let look = 1; ; look += 1) {
    const found = (await readTaskSets(run, service)).find(match);
    if (found || look === LOOKS) return found;
    await pause(run, run.settings.absence / (LOOKS - 1));
  }
}
