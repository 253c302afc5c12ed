import type { TaskDocument, TaskSetDocument, TaskSetsDocument, TaskSetsInput } from '../../model/task-sets.js';
import { iso } from '../../model/wire.js';
import type { Run } from '../run.js';
import { readTargetHealth } from '../traffic/target-health.js';
import type { TargetHealth } from '../traffic/target-health.js';
import { tagOf } from './service.js';
import { TAG } from './tags.js';
import { groupOf, readTaskSets, shortName } from './task-set.js';
import type { TaskSet } from './task-set.js';
import { addressesOf, readAllStopped, readTasksOf } from './tasks.js';
import type { Task } from './tasks.js';

/** More of one set tell nothing new: the same tasks fail for the same reason. */
const STOPPED_SHOWN = 10;

/** Looks at the task sets of a service with their tasks and targets. Reads only. */
export async function showTaskSets(run: Run, { app, cluster, service }: TaskSetsInput): Promise<TaskSetsDocument> {
  const name = { cluster, serviceName: service };
  const sets = await readTaskSets(run, name);
  const stopped = sets.length > 0 ? await readAllStopped(run, name) : [];
  const groups = [...new Set(sets.flatMap((set) => groupOf(set) ?? []))];
  const health = new Map(
    await Promise.all(
      groups.map(async (arn): Promise<[string, TargetHealth[]]> => [arn, await readTargetHealth(run.aws.elb, arn)]),
    ),
  );
  const taskSets: TaskSetDocument[] = [];
  for (const set of sets) {
    const tasks = await readTasksOf(run, name, set.id);
    const live = tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
    const ended = stopped.filter(({ startedBy }) => startedBy === set.id).sort((a, b) => stopOf(b) - stopOf(a));
    taskSets.push(describe(set, live, ended, health.get(groupOf(set) ?? '') ?? []));
  }
  return { app, at: iso(run.ctx.clock.now()), cluster, service, taskSets };
}

function stopOf({ stoppedAt }: Task): number {
  return stoppedAt?.getTime() ?? 0;
}

function describe(set: TaskSet, live: Task[], stopped: Task[], targets: TargetHealth[]): TaskSetDocument {
  const group = groupOf(set);
  const [role, deployment] = [tagOf(set, TAG.role), tagOf(set, TAG.deployment)];
  const more = stopped.length - STOPPED_SHOWN;
  return {
    id: shortName(set),
    status: set.status,
    ...(role !== undefined && { role }),
    ...(deployment !== undefined && { deployment }),
    taskDefinition: set.taskDefinition.split('/').at(-1) ?? '',
    scale: set.scale.value,
    desired: set.computedDesiredCount,
    running: set.runningCount,
    pending: set.pendingCount,
    stability: set.stabilityStatus,
    ...(group !== undefined && { targetGroup: group.split('/').at(-2) ?? group }),
    tasks: [...live, ...stopped.slice(0, STOPPED_SHOWN)].map((task) => describeTask(task, targets)),
    ...(more > 0 && { moreStopped: more }),
  };
}

function describeTask(task: Task, targets: TargetHealth[]): TaskDocument {
  const [address] = addressesOf(task);
  const ended = task.lastStatus === 'STOPPED';
  // The address of one that stopped may be another's by now.
  const target = ended ? undefined : targets.find((one) => one.address === address);
  const told = task.containers.filter(({ exitCode, reason }) => exitCode !== undefined || reason !== undefined);
  return {
    id: task.taskArn.split('/').at(-1) ?? task.taskArn,
    status: task.lastStatus,
    ...(task.healthStatus !== 'UNKNOWN' && { health: task.healthStatus }),
    ...(address !== undefined && !ended && { address }),
    ...(target && {
      target: { state: target.state, ...(target.reason !== undefined && { reason: wordsOf(target) }) },
    }),
    ...(task.startedAt && { startedAt: task.startedAt.toISOString() }),
    ...(task.stoppedAt && { stoppedAt: task.stoppedAt.toISOString() }),
    ...(task.stoppedReason !== undefined && { stoppedReason: task.stoppedReason }),
    containers: told.map(({ name, exitCode, reason }) => ({
      name,
      ...(exitCode !== undefined && { exitCode }),
      ...(reason !== undefined && { reason }),
    })),
  };
}

function wordsOf({ reason = '', description }: TargetHealth): string {
  return description === undefined ? reason : `${reason}: ${description}`;
}
