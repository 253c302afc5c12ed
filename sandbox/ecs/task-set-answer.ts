import { SECOND } from '../cloud/times.js';
import type { Cloud } from '../cloud/cloud.js';
import { wantedTasks } from '../cloud/scheduler.js';
import type { TaskSet } from '../cloud/state.js';
import { epochSeconds } from './find.js';
import { shownTags } from './tags.js';

/** Whether reads show the set already: ECS's reads are behind its writes. */
export function visible(cloud: Cloud, set: TaskSet): boolean {
  const fault = cloud.state.faults.find((candidate) => candidate.kind === 'consistency');
  const visibleAt = fault ? set.createdAt + fault.hideSeconds * SECOND : set.visibleAt;
  return cloud.state.now >= visibleAt;
}

/** Running and pending tasks of a set; those that are being stopped are neither. */
export function countTasks(cloud: Cloud, set: TaskSet): { running: number; pending: number } {
  const wanted = wantedTasks(cloud, set);
  const running = wanted.filter((task) => task.lastStatus === 'RUNNING').length;
  return { running, pending: wanted.length - running };
}

/** A task set as AWS shows it. */
export function describeTaskSet(
  cloud: Cloud,
  set: TaskSet,
  computed: number,
  withTags: boolean,
): Record<string, unknown> {
  const { running, pending } = countTasks(cloud, set);
  return {
    ...set.shown,
    id: set.id,
    taskSetArn: set.arn,
    serviceArn: set.serviceArn,
    clusterArn: set.clusterArn,
    externalId: set.externalId,
    status: set.status,
    taskDefinition: set.taskDefinition,
    computedDesiredCount: computed,
    runningCount: running,
    pendingCount: pending,
    scale: { value: set.scale, unit: 'PERCENT' },
    loadBalancers: set.loadBalancer ? [set.loadBalancer] : [],
    serviceRegistries: set.shown['serviceRegistries'] ?? [],
    stabilityStatus: set.steady ? 'STEADY_STATE' : 'STABILIZING',
    stabilityStatusAt: epochSeconds(set.steadyAt),
    createdAt: epochSeconds(set.createdAt),
    updatedAt: epochSeconds(set.updatedAt),
    ...(withTags && { tags: shownTags(set.tags) }),
  };
}
