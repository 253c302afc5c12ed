import type { TaskSetPlace } from '../../model/metric.js';
import type { FoundTask } from '../metrics/tasks/scraper.js';
import type { Run } from '../run.js';
import { addressesOf, readTasksOf } from './tasks.js';

/** `ecs-svc/0123456789`: behind the cluster and the service in a task set's ARN, and what its tasks carry as `startedBy`. */
function idOf(taskSetArn: string): string {
  const [, path = ''] = taskSetArn.split(':task-set/');
  return path.split('/').slice(2).join('/');
}

/**
 * The running tasks of a task set, and the private address of each. A task that ECS is stopping is left out: it leaves its target group,
 * and its address may be another's soon.
 */
export async function findTasks(run: Pick<Run, 'aws'>, { cluster, taskSetArn }: TaskSetPlace): Promise<FoundTask[]> {
  const tasks = await readTasksOf(run, { cluster }, idOf(taskSetArn));
  return tasks
    .filter(({ lastStatus, desiredStatus }) => lastStatus === 'RUNNING' && desiredStatus !== 'STOPPED')
    .map((task) => {
      const [address] = addressesOf(task);
      return { taskArn: task.taskArn, ...(address !== undefined && { address }) };
    });
}
