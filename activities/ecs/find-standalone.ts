import type { TaskHandle } from '../../model/standalone-task.js';
import { pause, type Run } from '../run.js';
import { readTasksStartedBy, type Task } from './tasks.js';

const LOOKS = 3;

/** The task that a deployment ran, by its `startedBy`. @throws ClusterNotFoundException, among others */
export async function findTask(run: Run, { release, uid }: TaskHandle): Promise<Task | undefined> {
  const { task, taskDefinition } = release;
  const [found] = await readTasksStartedBy(run, {
    cluster: task.cluster,
    family: taskDefinition.family,
    startedBy: uid,
  });
  return found;
}

/** The same, patiently: a task that was just asked for may not show in reads yet (ecs-alb-facts §25). */
export async function findTaskPatiently(run: Run, handle: TaskHandle): Promise<Task | undefined> {
  for (let look = 1; ; look += 1) {
    const found = await findTask(run, handle);
    if (found || look === LOOKS) return found;
    await pause(run, run.settings.absence / (LOOKS - 1));
  }
}

/** The last part of a task's ARN, which the console shows. */
export function nameOfTask(taskArn: string): string {
  return taskArn.split('/').at(-1) ?? taskArn;
}
