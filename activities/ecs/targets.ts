import { readTargetHealth, type TargetHealth } from '../traffic/target-health.js';
import type { Run } from '../run.js';
import type { ServiceName } from './service.js';
import { groupOf, type TaskSet } from './task-set.js';
import { addressesOf, readStoppedTasks, readTasksOf, type Task } from './tasks.js';

/**
 * The targets that belong to one task set: its tasks by `startedBy`, their addresses, those addresses in its group. A group's health
 * alone does not tell old from new: both stand in the primary group during a promotion (ecs-alb-facts §10).
 * @param leaving also those of tasks that were told to stop: they are registered, and served, for a while longer.
 */
export async function readOwnTargets(
  run: Run,
  service: ServiceName,
  set: TaskSet,
  leaving = false,
): Promise<TargetHealth[]> {
  const group = groupOf(set);
  const tasks = await readTasksOf(run, service, set.id);
  if (leaving) {
    // A task that has stopped serves nobody, and its address may be another one's by now.
    const told = await readStoppedTasks(run, service, set.id);
    tasks.push(...told.filter(({ lastStatus }) => lastStatus !== 'STOPPED'));
  }
  if (!group) return tasks.map(asOwnTarget);
  const addresses = new Set(tasks.flatMap(addressesOf));
  if (addresses.size === 0) return [];
  return (await readTargetHealth(run.aws.elb, group)).filter(({ address }) => addresses.has(address));
}

/**
 * A task that no load balancer knows, as its own target: service discovery names it while it runs and is not known to be unhealthy. ECS
 * takes its name back before it stops it.
 */
function asOwnTarget(task: Task): TargetHealth {
  const [address = task.taskArn] = addressesOf(task);
  return { address, port: 0, ...stateOf(task) };
}

function stateOf({ desiredStatus, lastStatus, healthStatus }: Task): Pick<TargetHealth, 'state' | 'description'> {
  if (desiredStatus === 'STOPPED') return { state: 'draining' };
  if (lastStatus !== 'RUNNING') return { state: 'initial', description: lastStatus };
  if (healthStatus === 'UNHEALTHY') return { state: 'unhealthy', description: 'container health check' };
  return { state: 'healthy' };
}

/** How many of the targets get requests, or will in a moment. */
export function countServing(targets: TargetHealth[]): number {
  return targets.filter(({ state }) => state === 'healthy' || state === 'initial').length;
}

/** How many of the targets are healthy. */
export function countHealthy(targets: TargetHealth[]): number {
  return targets.filter(({ state }) => state === 'healthy').length;
}
