import { versionFaults } from '../panel/fault.js';
import { newId, worldTime } from './cloud.js';
import type { Cloud } from './cloud.js';
import type { Service, Task, TaskSet } from './state.js';
import { deregister, register } from './target-health.js';
import { MINUTE, SECOND, scaled } from './times.js';

/** Longest pause between two tries to start tasks that cannot start (ECS developer guide, service-throttle-logic). */
const LONGEST_BACKOFF = (27 * MINUTE) / SECOND;
const FIRST_BACKOFF = 10;
/** How long a container that exits at its start lives. */
const SHORT_LIFE = 1;
const KEPT_EVENTS = 100;

/** Tasks that a set is to run: the service's desired count times the scale, rounded up (API page TaskSet). */
export function computedDesiredCount(service: Service, set: TaskSet): number {
  if (set.status === 'DRAINING') return 0;
  return Math.ceil(Number(((service.desiredCount * set.scale) / 100).toFixed(6)));
}

/** The tasks of a set that ECS wants to run, oldest first. */
export function wantedTasks(cloud: Cloud, set: TaskSet): Task[] {
  return cloud.state.tasks.filter(
    (task) => task.taskSetId === set.id && task.serviceArn === set.serviceArn && task.desiredStatus === 'RUNNING',
  );
}

/** Writes one of the service's event messages (the API shows the newest 100). */
export function tell(cloud: Cloud, service: Service, message: string): void {
  service.events.unshift({
    id: newId(cloud, 32),
    at: cloud.state.now,
    message: `(service ${service.name}) ${message}`,
  });
  service.events.splice(KEPT_EVENTS);
}

/** One look of the ECS scheduler: starts and stops tasks, takes each further on its way, and removes drained sets. */
export function schedule(cloud: Cloud): void {
  for (const service of cloud.state.services) {
    if (service.controller !== 'EXTERNAL') continue;
    for (const set of cloud.state.taskSets.filter((candidate) => candidate.serviceArn === service.arn)) {
      startAndStop(cloud, service, set);
    }
  }
  for (const task of cloud.state.tasks) moveOn(cloud, task);
  forget(cloud);
  for (const service of cloud.state.services) watchSteadiness(cloud, service);
}

function startAndStop(cloud: Cloud, service: Service, set: TaskSet): void {
  const { now } = cloud.state;
  const wanted = wantedTasks(cloud, set);
  const computed = computedDesiredCount(service, set);
  const surplus = wanted.length - computed;
  if (surplus > 0) {
    const order = [...wanted].sort(
      (a, b) => Number(a.lastStatus === 'RUNNING') - Number(b.lastStatus === 'RUNNING') || b.createdAt - a.createdAt,
    );
    for (const task of order.slice(0, surplus)) {
      stopTask(cloud, task, 'ServiceSchedulerInitiated', `Scaling activity initiated by (deployment ${set.id})`);
    }
    tell(
      cloud,
      service,
      `has stopped ${surplus} running tasks: ${order
        .slice(0, surplus)
        .map((task) => `(task ${task.id})`)
        .join(' ')}.`,
    );
  }
  if (surplus >= 0 || now < set.nextStartAt) return;
  const started: string[] = [];
  for (let missing = -surplus; missing > 0; missing -= 1) started.push(`(task ${startTask(cloud, service, set)})`);
  tell(cloud, service, `has started ${started.length} tasks: ${started.join(' ')}.`);
}

function startTask(cloud: Cloud, service: Service, set: TaskSet): string {
  const task = newTask(
    cloud,
    { ...set, clusterArn: service.clusterArn },
    { serviceArn: service.arn, taskSetId: set.id },
  );
  return task.id;
}

/** Starts a task: provisioned first, then pending, then running. */
export function newTask(
  cloud: Cloud,
  place: Pick<TaskSet, 'clusterArn' | 'taskDefinition' | 'subnets'>,
  owner: Pick<Task, 'serviceArn' | 'taskSetId' | 'standalone'>,
): Task {
  const { state } = cloud;
  const id = newId(cloud, 32);
  const definition = state.taskDefinitions.find((candidate) => candidate.arn === place.taskDefinition);
  const subnet = place.subnets[state.serial % Math.max(1, place.subnets.length)] ?? 'subnet-0a1b2c3d';
  const zone = state.world.subnets.find((candidate) => candidate.id === subnet)?.zone ?? `${state.world.region}a`;
  const task: Task = {
    id,
    arn: place.clusterArn.replace(':cluster/', ':task/') + `/${id}`,
    ...owner,
    taskDefinition: place.taskDefinition,
    images: definition?.containers.map((container) => container.image) ?? [],
    ip: addressOf(cloud),
    subnet,
    zone,
    desiredStatus: 'RUNNING',
    lastStatus: 'PROVISIONING',
    createdAt: state.now,
    nextAt: state.now + worldTime(cloud, 'provisionSeconds'),
  };
  state.tasks.push(task);
  return task;
}

/** Private, the next one each time. On loopback in 127.64.0.0/10: the rest is for others. */
function addressOf({ state: { serial }, tasksOnLoopback }: Cloud): string {
  const high = (serial >> 16) & 255;
  return `${tasksOnLoopback ? `127.${64 | (high & 63)}` : `10.${high}`}.${(serial >> 8) & 255}.${serial & 255}`;
}

function moveOn(cloud: Cloud, task: Task): void {
  const { now, faults } = cloud.state;
  if (task.nextAt === undefined || now < task.nextAt) {
    if (task.lastStatus === 'RUNNING' && task.desiredStatus === 'RUNNING') crashIfDue(cloud, task);
    return;
  }
  const found = versionFaults(faults, task.images);
  switch (task.lastStatus) {
    case 'PROVISIONING':
      if (found.some((fault) => fault.noCapacity)) return;
      task.lastStatus = 'PENDING';
      task.nextAt = now + worldTime(cloud, 'startSeconds') - worldTime(cloud, 'provisionSeconds');
      return;
    case 'PENDING':
      if (found.some((fault) => fault.crash === 'cannotPull')) return failStart(cloud, task);
      run(cloud, task);
      return;
    case 'RUNNING':
      return;
    case 'DEACTIVATING':
      task.lastStatus = 'STOPPING';
      task.nextAt = now + worldTime(cloud, 'stopSeconds');
      return;
    case 'STOPPING':
    case 'DEPROVISIONING':
      task.lastStatus = 'STOPPED';
      task.stoppedAt = now;
      delete task.nextAt;
      return;
    case 'STOPPED':
      return;
  }
}

function run(cloud: Cloud, task: Task): void {
  task.lastStatus = 'RUNNING';
  task.startedAt = cloud.state.now;
  delete task.nextAt;
  const set = setOf(cloud, task);
  if (!set) {
    crashIfDue(cloud, task);
    return;
  }
  set.failedStarts = 0;
  const { targetGroupArn, containerPort } = set.loadBalancer ?? {};
  if (targetGroupArn !== undefined && containerPort !== undefined) register(cloud, targetGroupArn, task, containerPort);
  crashIfDue(cloud, task);
}

function crashIfDue(cloud: Cloud, task: Task): void {
  const age = cloud.state.now - (task.startedAt ?? cloud.state.now);
  for (const fault of versionFaults(cloud.state.faults, task.images)) {
    const life =
      fault.crash === 'atStart'
        ? scaled(SHORT_LIFE, cloud.speed)
        : fault.crash === 'afterSeconds'
          ? (fault.afterSeconds ?? 0) * SECOND
          : Infinity;
    if (age < life) continue;
    stopTask(cloud, task, 'EssentialContainerExited', 'Essential container in task exited', 1);
    return;
  }
  if (task.standalone) endIfDue(cloud, task, age);
}

/** A task that RunTask started ends by itself when it has done what it was for. */
function endIfDue(cloud: Cloud, task: Task, age: number): void {
  const found = versionFaults(cloud.state.faults, task.images);
  const runSeconds = found.find((fault) => fault.runSeconds !== undefined)?.runSeconds;
  const life = runSeconds === undefined ? worldTime(cloud, 'runSeconds') : runSeconds * SECOND;
  if (age < life) return;
  const exitCode = found.find((fault) => fault.exitCode !== undefined)?.exitCode ?? 0;
  stopTask(cloud, task, 'EssentialContainerExited', 'Essential container in task exited', exitCode);
}

function failStart(cloud: Cloud, task: Task): void {
  const set = setOf(cloud, task);
  if (set) {
    set.failedStarts += 1;
    const backoff = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** set.failedStarts);
    set.nextStartAt = cloud.state.now + scaled(backoff, cloud.speed);
  }
  stopTask(
    cloud,
    task,
    'TaskFailedToStart',
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${task.images[0] ?? ''}: not found`,
  );
}

/**
 * Ends a task. Its target leaves the group at once as far as new requests are concerned; a task that lives waits for the
 * deregistration delay before it is stopped.
 */
export function stopTask(cloud: Cloud, task: Task, stopCode: string, reason: string, exitCode?: number): void {
  const { now } = cloud.state;
  if (task.desiredStatus === 'STOPPED') return;
  const wasRunning = task.lastStatus === 'RUNNING';
  task.desiredStatus = 'STOPPED';
  task.stopCode = stopCode;
  task.stoppedReason = reason;
  task.stoppingAt = now;
  const drainedAt = deregister(cloud, task);
  if (exitCode !== undefined || !wasRunning) {
    task.lastStatus = 'DEPROVISIONING';
    task.nextAt = now + worldTime(cloud, 'stopSeconds');
    if (exitCode !== undefined) task.exitCode = exitCode;
    return;
  }
  task.exitCode = 0;
  task.lastStatus = 'DEACTIVATING';
  task.nextAt = drainedAt ?? now;
}

function setOf(cloud: Cloud, task: Task): TaskSet | undefined {
  return cloud.state.taskSets.find((set) => set.id === task.taskSetId && set.serviceArn === task.serviceArn);
}

/** Drained sets vanish when their last task has stopped, and with them their place among the five; stopped tasks an hour later. */
function forget(cloud: Cloud): void {
  const { state } = cloud;
  const kept = worldTime(cloud, 'stoppedTaskSeconds');
  remove(state.tasks, (task) => task.stoppedAt !== undefined && state.now - task.stoppedAt > kept);
  for (const id of Object.keys(cloud.traffic.byTask)) {
    if (!state.tasks.some((task) => task.id === id)) Reflect.deleteProperty(cloud.traffic.byTask, id);
  }
  remove(
    state.taskSets,
    (set) =>
      set.status === 'DRAINING' &&
      !state.tasks.some(
        (task) => task.taskSetId === set.id && task.serviceArn === set.serviceArn && task.lastStatus !== 'STOPPED',
      ),
  );
}

function watchSteadiness(cloud: Cloud, service: Service): void {
  const sets = cloud.state.taskSets.filter((set) => set.serviceArn === service.arn);
  for (const set of sets) {
    const steady = isSteady(cloud, service, set);
    if (steady === set.steady) continue;
    set.steady = steady;
    set.steadyAt = cloud.state.now;
    if (steady && set.status !== 'DRAINING') tell(cloud, service, `(deployment ${set.id}) has reached a steady state.`);
  }
}

/** STEADY_STATE as the API page of TaskSet defines it: as many running as computed, none pending, all of them healthy. */
function isSteady(cloud: Cloud, service: Service, set: TaskSet): boolean {
  const tasks = wantedTasks(cloud, set);
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
  if (tasks.length !== running.length || running.length !== computedDesiredCount(service, set)) return false;
  if (set.loadBalancer?.targetGroupArn === undefined) return true;
  return running.every((task) =>
    cloud.state.targets.some((target) => target.taskId === task.id && target.state === 'healthy'),
  );
}

/** Removes in place what the test tells of. */
export function remove<T>(list: T[], gone: (item: T) => boolean): void {
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const item = list[index];
    if (item !== undefined && gone(item)) list.splice(index, 1);
  }
}
