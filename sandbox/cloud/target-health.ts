import { versionFaults } from '../panel/fault.js';
import { weightsOf } from '../elb/action.js';
import { worldTime } from './cloud.js';
import type { Cloud } from './cloud.js';
import type { LoadBalancer, Target, Task } from './state.js';
import { scaled } from './times.js';

const NOT_IN_USE = 'Target group is not configured to receive traffic from the load balancer';
const ZONE_NOT_ENABLED = 'Target is in an Availability Zone that is not enabled for the load balancer';

/** The load balancers that have a rule naming this group, at whatever weight. */
export function loadBalancersOf(cloud: Cloud, groupArn: string): LoadBalancer[] {
  const { listeners, loadBalancers, rules } = cloud.state;
  const naming = rules.filter((rule) => weightsOf(rule.actions).some((side) => side.arn === groupArn));
  const arns = new Set(
    naming.map((rule) => listeners.find((listener) => listener.arn === rule.listenerArn)?.loadBalancerArn),
  );
  return loadBalancers.filter((loadBalancer) => arns.has(loadBalancer.arn));
}

/** Registers a task's address, as ECS does when the task runs. */
export function register(cloud: Cloud, groupArn: string, task: Task, port: number): void {
  const { now, targets } = cloud.state;
  targets.push({
    groupArn,
    ip: task.ip,
    port,
    zone: task.zone,
    taskId: task.id,
    state: 'initial',
    reason: 'Elb.RegistrationInProgress',
    description: 'Target registration is in progress',
    registeredAt: now,
    nextCheckAt: now + worldTime(cloud, 'registrationSeconds'),
    passes: 0,
    fails: 0,
  });
}

/**
 * Takes a task's address out of its group: no new request from now on, `draining` for the whole deregistration delay.
 *
 * @returns when the delay ends, or undefined when the task had no address in any group
 */
export function deregister(cloud: Cloud, task: Task): number | undefined {
  const { now, targets, world } = cloud.state;
  let last: number | undefined;
  for (const target of targets) {
    if (target.taskId !== task.id || target.state === 'draining') continue;
    const delay = world.targetGroups.find((group) => group.arn === target.groupArn)?.deregistrationDelaySeconds ?? 0;
    target.state = 'draining';
    target.reason = 'Target.DeregistrationInProgress';
    target.description = 'Target deregistration is in progress';
    target.drainedAt = now + scaled(delay, cloud.speed);
    last = Math.max(last ?? 0, target.drainedAt);
  }
  return last;
}

/**
 * One look of the load balancers at their targets. A group that no rule names is not checked (`unused`), one that a rule names
 * with weight 0 is; a new target is healthy after one passed check (target-group-health-checks page).
 *
 * @returns the ids of tasks whose target has just been found unhealthy
 */
export function checkTargets(cloud: Cloud): string[] {
  const { state } = cloud;
  const failed: string[] = [];
  const unusable = new Map(state.world.targetGroups.map((group) => [group.arn, loadBalancersOf(cloud, group.arn)]));
  for (const target of state.targets) {
    if (target.state === 'draining') continue;
    const why = whyUnused(target, unusable.get(target.groupArn) ?? []);
    if (why !== undefined) {
      set(target, 'unused', 'Target.NotInUse', why);
      target.passes = 0;
      continue;
    }
    if (target.state === 'unused') {
      set(target, 'initial', 'Elb.RegistrationInProgress', 'Target registration is in progress');
      target.nextCheckAt = state.now + worldTime(cloud, 'registrationSeconds');
    }
    if (state.now >= target.nextCheckAt && check(cloud, target)) failed.push(target.taskId);
  }
  state.targets = state.targets.filter((target) => target.drainedAt === undefined || target.drainedAt > state.now);
  return failed;
}

function whyUnused(target: Target, loadBalancers: readonly LoadBalancer[]): string | undefined {
  if (loadBalancers.length === 0) return NOT_IN_USE;
  const enabled = loadBalancers.some(({ zones }) => zones.length === 0 || zones.includes(target.zone));
  return enabled ? undefined : ZONE_NOT_ENABLED;
}

function check(cloud: Cloud, target: Target): boolean {
  const { state } = cloud;
  const group = state.world.targetGroups.find((candidate) => candidate.arn === target.groupArn);
  const task = state.tasks.find((candidate) => candidate.id === target.taskId);
  if (!group || !task) return false;
  target.nextCheckAt = state.now + scaled(group.healthCheckIntervalSeconds, cloud.speed);
  const passed = !versionFaults(state.faults, task.images).some((fault) => fault.neverHealthy);
  target.passes = passed ? target.passes + 1 : 0;
  target.fails = passed ? 0 : target.fails + 1;
  if (passed && (target.state === 'initial' || target.passes >= group.healthyThreshold)) set(target, 'healthy');
  if (!passed && target.state === 'initial')
    set(target, 'initial', 'Elb.InitialHealthChecking', 'Initial health checks in progress');
  if (target.fails < group.unhealthyThreshold) return false;
  set(target, 'unhealthy', 'Target.ResponseCodeMismatch', 'Health checks failed with these codes: [503]');
  return true;
}

function set(target: Target, state: Target['state'], reason?: string, description?: string): void {
  target.state = state;
  delete target.reason;
  delete target.description;
  if (reason !== undefined) target.reason = reason;
  if (description !== undefined) target.description = description;
}
