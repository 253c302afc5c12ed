import { DescribeTasksCommand, ListTasksCommand, type ListTasksCommandInput } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { Run } from '../run.js';
import type { ServiceName } from './service.js';

const taskSchema = z.object({
  taskArn: z.string(),
  startedBy: z.string().optional(),
  lastStatus: z.string().default(''),
  desiredStatus: z.string().default(''),
  healthStatus: z.string().default('UNKNOWN'),
  startedAt: z.date().optional(),
  stoppedAt: z.date().optional(),
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  attachments: z
    .array(
      z.object({
        type: z.string().default(''),
        details: z.array(z.object({ name: z.string().optional(), value: z.string().optional() })).default([]),
      }),
    )
    .default([]),
  containers: z
    .array(
      z.object({
        name: z.string().default(''),
        exitCode: z.number().optional(),
        reason: z.string().optional(),
        networkInterfaces: z.array(z.object({ privateIpv4Address: z.string().optional() })).default([]),
      }),
    )
    .default([]),
});

/** A task as DescribeTasks answers it. */
export type Task = z.infer<typeof taskSchema>;

const listSchema = z.object({ taskArns: z.array(z.string()).default([]), nextToken: z.string().optional() });
const tasksSchema = z.object({ tasks: z.array(taskSchema).default([]) });

/** DescribeTasks takes no more. */
const AT_ONCE = 100;

async function listAndDescribe(run: Pick<Run, 'aws'>, input: ListTasksCommandInput): Promise<Task[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = listSchema.parse(
      await run.aws.ecs.send(new ListTasksCommand({ ...input, ...(nextToken && { nextToken }) })),
    );
    arns.push(...page.taskArns);
    nextToken = page.nextToken;
  } while (nextToken);
  const tasks: Task[] = [];
  for (let from = 0; from < arns.length; from += AT_ONCE) {
    const answer = await run.aws.ecs.send(
      new DescribeTasksCommand({ cluster: input.cluster, tasks: arns.slice(from, from + AT_ONCE) }),
    );
    tasks.push(...tasksSchema.parse(answer).tasks);
  }
  return tasks;
}

/** The tasks that a task set wants to run. ListTasks by `startedBy` takes no other filter (ecs-alb-facts §10). */
export function readTasksOf(
  run: Pick<Run, 'aws'>,
  { cluster }: Pick<ServiceName, 'cluster'>,
  taskSetId: string,
): Promise<Task[]> {
  return listAndDescribe(run, { cluster, startedBy: taskSetId });
}

/** The tasks of a service that stopped, as far as ECS remembers (about an hour, §10). */
export function readAllStopped(run: Pick<Run, 'aws'>, { cluster, serviceName }: ServiceName): Promise<Task[]> {
  return listAndDescribe(run, { cluster, serviceName, desiredStatus: 'STOPPED' });
}

/** Those of them that were of one task set. */
export async function readStoppedTasks(run: Run, name: ServiceName, taskSetId: string): Promise<Task[]> {
  return (await readAllStopped(run, name)).filter((task) => task.startedBy === taskSetId);
}

/**
 * The tasks that one deployment ran without a service: those that run, else those that ECS still remembers. ListTasks by `startedBy`
 * knows no stopped ones, so they are found among their family's.
 */
export async function readTasksStartedBy(
  run: Pick<Run, 'aws'>,
  { cluster, family, startedBy }: { cluster: string; family: string; startedBy: string },
): Promise<Task[]> {
  const running = await listAndDescribe(run, { cluster, startedBy });
  if (running.length > 0) return running;
  const stopped = await listAndDescribe(run, { cluster, family, desiredStatus: 'STOPPED' });
  return stopped.filter((task) => task.startedBy === startedBy);
}

/** One task; undefined when ECS does not know it: not yet, or no longer. */
export async function readTask(run: Pick<Run, 'aws'>, cluster: string, taskArn: string): Promise<Task | undefined> {
  const answer = await run.aws.ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }));
  return tasksSchema.parse(answer).tasks[0];
}

/** The private IPv4 addresses of a task (awsvpc): what its targets are registered as. */
export function addressesOf(task: Task): string[] {
  const fromAttachments = task.attachments
    .flatMap(({ details }) => details)
    .filter(({ name }) => name === 'privateIPv4Address')
    .map(({ value }) => value);
  const fromContainers = task.containers.flatMap(({ networkInterfaces }) =>
    networkInterfaces.map(({ privateIpv4Address }) => privateIpv4Address),
  );
  return [...new Set([...fromAttachments, ...fromContainers])].filter((address) => address !== undefined);
}
