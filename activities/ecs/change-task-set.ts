import { DeleteTaskSetCommand, UpdateServicePrimaryTaskSetCommand, UpdateTaskSetCommand } from '@aws-sdk/client-ecs';
import { change } from '../aws/change.js';
import { isNotFound } from '../aws/errors.js';
import type { Run } from '../run.js';
import type { ServiceName } from './service.js';
import { isPrimary, isStanding, readTaskSets, shortName, type TaskSet } from './task-set.js';

async function lookFor(run: Run, service: ServiceName, taskSetArn: string): Promise<TaskSet | undefined> {
  return (await readTaskSets(run, service)).find((set) => set.taskSetArn === taskSetArn);
}

/** Scales a task set, if it stands and is at another scale. @param guard looks once more whether it may be; throws when not. */
export async function scaleTaskSet(
  run: Run,
  service: ServiceName,
  taskSetArn: string,
  wanted: { scale: number; say: string },
  guard?: () => Promise<void>,
): Promise<void> {
  await change(run, {
    command: 'UpdateTaskSet',
    resource: taskSetArn,
    async look() {
      const set = await lookFor(run, service, taskSetArn);
      if (!set || !isStanding(set) || set.scale.value === wanted.scale) return undefined;
      await guard?.();
      return set;
    },
    send: (_set, options) =>
      run.aws.ecsChanges.send(
        new UpdateTaskSetCommand({
          cluster: service.cluster,
          service: service.serviceName,
          taskSet: taskSetArn,
          scale: { unit: 'PERCENT', value: wanted.scale },
        }),
        options,
      ),
    say: (set) => `${wanted.say}: task set ${shortName(set)} from ${set.scale.value} % to ${wanted.scale} %`,
  });
}

/** Makes a task set the service's primary, if it is not. Moves no traffic (ecs-alb-facts §1). */
export async function makePrimary(run: Run, service: ServiceName, taskSetArn: string, say: string): Promise<void> {
  await change(run, {
    command: 'UpdateServicePrimaryTaskSet',
    resource: taskSetArn,
    async look() {
      const set = await lookFor(run, service, taskSetArn);
      if (!set) throw new Error(`Task set ${taskSetArn} is not listed; it is looked for again.`);
      return isPrimary(set) ? undefined : set;
    },
    send: (_set, options) =>
      run.aws.ecsChanges.send(
        new UpdateServicePrimaryTaskSetCommand({
          cluster: service.cluster,
          service: service.serviceName,
          primaryTaskSet: taskSetArn,
        }),
        options,
      ),
    say: (set) => `${say}: task set ${shortName(set)} is the primary`,
  });
}

/**
 * Deletes a task set with force; one that is gone or on its way is done (ecs-alb-facts §14). The primary is refused unless asked for,
 * as a first deployment's rollback does: nothing would stand in its place.
 */
export async function deleteTaskSet(
  run: Run,
  service: ServiceName,
  taskSetArn: string,
  wanted: { say: string; evenPrimary?: boolean },
  guard?: () => Promise<void>,
): Promise<void> {
  await change(run, {
    command: 'DeleteTaskSet',
    resource: taskSetArn,
    async look() {
      const set = await lookFor(run, service, taskSetArn);
      if (!set || !isStanding(set)) return undefined;
      if (isPrimary(set) && !wanted.evenPrimary) {
        throw new Error(`Task set ${shortName(set)} is the primary of ${service.serviceName}: it is not deleted.`);
      }
      await guard?.();
      return set;
    },
    async send(_set, options) {
      try {
        await run.aws.ecsChanges.send(
          new DeleteTaskSetCommand({
            cluster: service.cluster,
            service: service.serviceName,
            taskSet: taskSetArn,
            force: true,
          }),
          options,
        );
      } catch (error) {
        if (!isNotFound(error, 'TaskSetNotFoundException')) throw error;
      }
    },
    say: (set) => `${wanted.say}: deleted task set ${shortName(set)}`,
  });
}
