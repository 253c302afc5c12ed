import { createHash } from 'node:crypto';
import { RunTaskCommand, type RunTaskCommandInput } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { AskedTask } from '../../model/delivery.js';
import { MINUTE } from '../../model/duration.js';
import type { TaskHandle } from '../../model/standalone-task.js';
import { change } from '../aws/change.js';
import { kindOf, stageFailed } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { findTask, findTaskPatiently, nameOfTask } from './find-standalone.js';
import { TAG } from './tags.js';
import type { Task } from './tasks.js';

/** ECS forgets a stopped task after about an hour (ecs-alb-facts §10); by then "not found" no longer says "was not run". */
const REMEMBERED = 50 * MINUTE;

/** Reasons for which a task finds no place now and may find one later. */
const NO_ROOM = /RESOURCE:|AGENT|capacity/i;

const answerSchema = z.object({
  tasks: z.array(z.object({ taskArn: z.string() })).default([]),
  failures: z
    .array(z.object({ reason: z.string().optional(), detail: z.string().optional(), arn: z.string().optional() }))
    .default([]),
});

/** The same for each repeat of a call whose answer was not heard: ECS then answers with the task that it ran before. */
function tokenOf({ uid }: TaskHandle, attempt: number): string {
  return createHash('sha256').update(`${uid}\ntask\n${attempt}`).digest('hex').slice(0, 32);
}

function inputOf(handle: TaskHandle, stage: string, attempt: number): RunTaskCommandInput {
  const { release, uid, deployment, app, taskDefinitionArn } = handle;
  const { cluster, launchType, networkConfiguration } = release.task;
  const tags = {
    [TAG.managedBy]: 'sluice',
    [TAG.application]: app,
    [TAG.deployment]: deployment,
    [TAG.uid]: uid,
    [TAG.stage]: stage,
  };
  return {
    cluster,
    taskDefinition: taskDefinitionArn,
    count: 1,
    launchType,
    ...(networkConfiguration && { networkConfiguration }),
    startedBy: uid,
    clientToken: tokenOf(handle, attempt),
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  };
}

/** An error after which it is known that the call did nothing. */
function didNothing(error: unknown): boolean {
  return kindOf(error) !== 'unknown';
}

/**
 * The task of this deployment, run if it was not. Written down before it is asked for, found again by `startedBy`, asked for with a
 * client token: a worker that is killed between the call and its answer makes no second run.
 * @returns its ARN. Waits, saying so, while the cluster has no room.
 */
export async function ensureTask(run: Run, handle: TaskHandle, stage: string): Promise<string> {
  const { report, ctx } = run;
  const { release } = handle;
  const { asked } = report.before;
  const heard = (task: Pick<Task, 'taskArn'>, of: AskedTask): string => {
    report.asked({ ...of, taskArn: task.taskArn });
    return task.taskArn;
  };
  if (asked?.taskArn !== undefined) return asked.taskArn;

  let attempt: AskedTask = asked ?? { at: ctx.clock.now(), attempt: 1 };
  const known = ctx.attempt > 1 ? await findTaskPatiently(run, handle) : await findTask(run, handle);
  if (known) {
    report.info(`Found task ${nameOfTask(known.taskArn)}: it was run before`);
    return heard(known, attempt);
  }
  if (asked && ctx.clock.now() - asked.at > REMEMBERED) {
    throw stageFailed(
      'The task was asked for, and no worker heard the answer for so long that ECS would have forgotten it: whether it ran is not known. Look in its logs, then deploy again if it did not.',
    );
  }
  const polls = poller(run);
  for (;;) {
    let found: Task | undefined;
    report.asked(attempt);
    try {
      const answer = await change(run, {
        command: 'RunTask',
        resource: release.taskDefinition.family,
        async look() {
          found = await findTask(run, handle);
          return found ? undefined : {};
        },
        send: (_seen, options) =>
          run.aws.ecsChanges.send(new RunTaskCommand(inputOf(handle, stage, attempt.attempt)), options),
        say: () => `Asked ECS to run ${release.taskDefinition.family} once on ${release.task.cluster}`,
      });
      if (found) return heard(found, attempt);
      const { tasks, failures } = answerSchema.parse(answer);
      const [task] = tasks;
      if (task) return heard(task, attempt);
      const why = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(': ')).join('; ');
      if (!NO_ROOM.test(why)) throw stageFailed(`ECS did not run the task: ${why || 'it gave no reason'}.`);
      report.detail(`No room for the task yet: ${why}`);
    } catch (error) {
      if (didNothing(error)) report.asked(undefined);
      throw error;
    }
    await polls.next();
    // The answer said that nothing was run; a new attempt gets a new token.
    attempt = { at: ctx.clock.now(), attempt: attempt.attempt + 1 };
  }
}
