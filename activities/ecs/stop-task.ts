import { StopTaskCommand } from '@aws-sdk/client-ecs';
import type { TaskHandle, TaskStopped } from '../../model/standalone-task.js';
import { change } from '../aws/change.js';
import { isNotFound } from '../aws/errors.js';
import { pause, poller, type Run } from '../run.js';
import { findTask, findTaskPatiently, nameOfTask } from './find-standalone.js';
import { readTask, type Task } from './tasks.js';

/** Of StopTask's reason, which the task then shows. */
const LONGEST = 255;

/** Stops a task unless it was told to stop already. */
async function tellToStop(run: Run, { release, deployment }: TaskHandle, task: Task, reason: string): Promise<void> {
  const { cluster } = release.task;
  await change(run, {
    command: 'StopTask',
    resource: task.taskArn,
    async look() {
      const now = await readTask(run, cluster, task.taskArn);
      return now && now.desiredStatus !== 'STOPPED' ? now : undefined;
    },
    send: (_now, options) =>
      run.aws.ecsChanges.send(
        new StopTaskCommand({
          cluster,
          task: task.taskArn,
          reason: `Sluice, ${deployment}: ${reason}`.slice(0, LONGEST),
        }),
        options,
      ),
    say: () => `Told task ${nameOfTask(task.taskArn)} to stop`,
  });
}

/** In a cluster that is not there nothing runs: to ask again for ever would end no deployment. */
function noCluster(error: unknown): undefined {
  if (isNotFound(error, 'ClusterNotFoundException')) return undefined;
  throw error;
}

/**
 * Stops the task of a deployment that ends early, and waits until it has stopped. One that is not there is looked for once more some
 * time after, in case a worker that was cut off had asked for it in between.
 */
export async function stopTask(
  run: Run,
  { handle, reason }: { handle: TaskHandle; reason: string },
): Promise<TaskStopped> {
  const { report, settings } = run;
  const { cluster } = handle.release.task;
  report.detail('Looking for the task');
  let task = await findTaskPatiently(run, handle).catch(noCluster);
  if (!task) {
    await pause(run, settings.rollbackRecheck);
    task = await findTask(run, handle).catch(noCluster);
  }
  const found = task ? (task.lastStatus === 'STOPPED' ? 'ENDED' : 'STOPPED') : 'NONE';
  if (task && found === 'STOPPED') await tellToStop(run, handle, task, reason);
  const polls = poller(run);
  while (task && task.lastStatus !== 'STOPPED') {
    report.detail(`Task ${nameOfTask(task.taskArn)} is stopping: ${task.lastStatus}`);
    await polls.next();
    task = await readTask(run, cluster, task.taskArn);
  }
  report.detail(WORDS[found]);
  return { ...report.progress(), found };
}

const WORDS: Readonly<Record<TaskStopped['found'], string>> = {
  NONE: 'No task of this deployment is to be found: nothing to stop',
  ENDED: 'The task had ended; what it did stays',
  STOPPED: 'The task was stopped; what it had done until then stays',
};
