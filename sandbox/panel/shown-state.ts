import { stickySeconds, weightsOf } from '../elb/action.js';
import { countTasks } from '../ecs/task-set-answer.js';
import type { Cloud } from '../cloud/cloud.js';
import { computedDesiredCount } from '../cloud/scheduler.js';
import type { Task } from '../cloud/state.js';
import type { Counters } from '../cloud/traffic-record.js';
import type { World } from '../world.js';

/** What `GET /_sandbox/state` shows: the cloud as it is, nothing hidden. Times are ISO. */
export interface ShownState {
  now: string;
  speed: number;
  account: string;
  region: string;
  world: World;
  services: {
    name: string;
    arn: string;
    cluster: string;
    controller: string;
    desiredCount: number;
    tags: Record<string, string>;
  }[];
  taskSets: {
    id: string;
    arn: string;
    service: string;
    status: string;
    externalId: string | undefined;
    taskDefinition: string;
    images: string[];
    targetGroup: string | undefined;
    scale: number;
    computedDesiredCount: number;
    runningCount: number;
    pendingCount: number;
    steady: boolean;
    tags: Record<string, string>;
  }[];
  tasks: (Pick<Task, 'id' | 'arn' | 'images' | 'ip' | 'zone' | 'lastStatus' | 'desiredStatus'> & {
    taskSet: string;
    stopCode: string | undefined;
    stoppedReason: string | undefined;
    /** Of a task that RunTask started. */
    startedBy: string | undefined;
    exitCode: number | undefined;
  })[];
  targets: { targetGroup: string; ip: string; port: number; task: string; state: string; reason: string | undefined }[];
  taskDefinitions: { arn: string; family: string; active: boolean; images: string[]; tags: Record<string, string> }[];
  rules: {
    arn: string;
    listener: string;
    default: boolean;
    weights: Record<string, number>;
    stickySeconds: number | undefined;
  }[];
  counters: Counters;
}

/** The cloud's state for people and tests to look at. */
export function showState(cloud: Cloud): ShownState {
  const { state } = cloud;
  const imagesOf = (arn: string) =>
    state.taskDefinitions.find((one) => one.arn === arn)?.containers.map(({ image }) => image) ?? [];
  return {
    now: new Date(state.now).toISOString(),
    speed: cloud.speed,
    account: state.world.account,
    region: state.world.region,
    world: state.world,
    services: state.services.map(({ name, arn, clusterArn, controller, desiredCount, tags }) => ({
      name,
      arn,
      cluster: clusterArn,
      controller,
      desiredCount,
      tags,
    })),
    taskSets: state.taskSets.map((set) => {
      const service = state.services.find((candidate) => candidate.arn === set.serviceArn);
      const { running, pending } = countTasks(cloud, set);
      return {
        id: set.id,
        arn: set.arn,
        service: service?.name ?? '',
        status: set.status,
        externalId: set.externalId,
        taskDefinition: set.taskDefinition,
        images: imagesOf(set.taskDefinition),
        targetGroup: set.loadBalancer?.targetGroupArn,
        scale: set.scale,
        computedDesiredCount: service ? computedDesiredCount(service, set) : 0,
        runningCount: running,
        pendingCount: pending,
        steady: set.steady,
        tags: set.tags,
      };
    }),
    tasks: state.tasks.map(
      ({ id, arn, images, ip, zone, lastStatus, desiredStatus, taskSetId, stopCode, stoppedReason, ...task }) => ({
        id,
        arn,
        images,
        ip,
        zone,
        lastStatus,
        desiredStatus,
        taskSet: taskSetId,
        stopCode,
        stoppedReason,
        startedBy: task.standalone?.startedBy,
        exitCode: task.exitCode,
      }),
    ),
    targets: state.targets.map(({ groupArn, ip, port, taskId, state: health, reason }) => ({
      targetGroup: groupArn,
      ip,
      port,
      task: taskId,
      state: health,
      reason,
    })),
    taskDefinitions: state.taskDefinitions.map(({ arn, family, active, tags }) => ({
      arn,
      family,
      active,
      images: imagesOf(arn),
      tags,
    })),
    rules: state.rules.map((rule) => ({
      arn: rule.arn,
      listener: rule.listenerArn,
      default: rule.priority === undefined,
      weights: Object.fromEntries(weightsOf(rule.actions).map(({ arn, weight }) => [arn, weight])),
      stickySeconds: stickySeconds(rule.actions),
    })),
    counters: cloud.traffic.counters,
  };
}
