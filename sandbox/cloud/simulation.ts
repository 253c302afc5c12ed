import type { Cloud } from './cloud.js';
import { schedule, stopTask, tell } from './scheduler.js';
import { checkTargets } from './target-health.js';
import { HOUR, bucketLength, scaled, stepLength } from './times.js';
import { sendTraffic } from './traffic.js';

/** A longer absence (the machine slept, the sandbox was down) is not lived through step by step. */
const LONGEST_CATCH_UP = 2 * HOUR;
/** A long absence is lived through in coarser steps, so that the caller who ends it does not wait for seconds. */
const MAX_STEPS = 10_000;

/**
 * Lets everything happen that is due up to `to`: requests by the rules as they are, tasks, health checks, draining.
 *
 * @param to - epoch ms; nothing happens when it is not after the last call's
 */
export function advance(cloud: Cloud, to: number): void {
  const { state } = cloud;
  const bucket = bucketLength(cloud.speed);
  if (to - state.now > LONGEST_CATCH_UP) state.now = to - LONGEST_CATCH_UP;
  const step = Math.max(stepLength(cloud.speed), (to - state.now) / MAX_STEPS);
  while (state.now < to) {
    const from = state.now;
    const edge = (Math.floor(from / bucket) + 1) * bucket;
    const next = Math.min(to, from + step, edge);
    sendTraffic(cloud, from, next);
    state.now = next;
    settle(cloud);
  }
}

/** Lets ECS and the load balancers react to the state as it is, without time passing. */
export function settle(cloud: Cloud): void {
  schedule(cloud);
  for (const id of checkTargets(cloud)) replaceUnhealthy(cloud, id);
}

/** ECS stops a task whose target is unhealthy, once the service's grace period is over. */
function replaceUnhealthy(cloud: Cloud, taskId: string): void {
  const { state } = cloud;
  const task = state.tasks.find((candidate) => candidate.id === taskId);
  const service = state.services.find((candidate) => candidate.arn === task?.serviceArn);
  if (!task || !service) return;
  const age = state.now - (task.startedAt ?? state.now);
  if (age < scaled(service.healthCheckGraceSeconds, cloud.speed)) return;
  const group = state.targets.find((target) => target.taskId === taskId)?.groupArn ?? '';
  tell(cloud, service, `(task ${taskId}) failed ELB health checks in (target-group ${group}).`);
  stopTask(cloud, task, 'ServiceSchedulerInitiated', `Task failed ELB health checks in (target-group ${group})`);
}
