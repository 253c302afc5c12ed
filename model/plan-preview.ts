import type { Preflight } from './delivery.js';
import { formatDuration } from './duration.js';
import type { Millis } from './duration.js';
import type { Metric } from './metric.js';
import type { Plan } from './plan.js';
import type { AnyRelease, Release, TaskRelease } from './release.js';
import { isTask } from './release.js';
import type { TaskPreview } from './standalone-task.js';
import type { Stage } from './stage.js';

/** One value that would be another: `from` is absent where it is new, `to` where it goes. */
export interface Difference {
  /** `containerDefinitions[web].image`: list items by their names. */
  path: string;
  from?: string;
  to?: string;
}

/** What a look at AWS told, for a plan. Reads only. */
export interface Preview extends Pick<
  Preflight,
  'problems' | 'warnings' | 'firstDeployment' | 'unchanged' | 'running' | 'peakTasks'
> {
  /** Whether the service is there. */
  exists: boolean;
  /** How many listener rules forward to the pair. */
  rules: number;
  taskDefinition: Difference[];
  service: Difference[];
}

/** One metric of a planned ANALYSIS. */
export interface PlannedMetric {
  stage: string;
  metric: string;
  strategy: string;
  query: string;
  windows: number;
  /** When its first and its last window can be judged at the earliest, after the stage has begun; in words. */
  firstVerdict: string;
  lastVerdict: string;
}

/** `POST /plan`: what a deployment of these files would do now. */
export interface PlanDocument extends Pick<Preview, 'problems' | 'running' | 'taskDefinition' | 'service'> {
  app: string;
  plan: Plan['kind'] | 'REFUSED';
  reason: string;
  version: { image: string; commit?: string };
  stages: { id: string; name: string; does: string }[];
  /** The AWS calls that change something, in their order. */
  changes: string[];
  analysis: PlannedMetric[];
  /** Most tasks that stand at once on the way. */
  peakTasks: number;
  warnings: string[];
}

/** Puts what AWS showed and what was planned into one answer. */
export function planDocument(
  { app, release, commit }: { app: string; release: Release; commit?: string },
  plan: Plan,
  preview: Preview,
  warnings: readonly string[],
): PlanDocument {
  const refused = preview.problems.length > 0;
  const stages = refused ? [] : plan.stages;
  return {
    app,
    plan: refused ? 'REFUSED' : plan.kind,
    reason: refused ? preview.problems.join(' ') : plan.reason,
    version: { image: release.image, ...(commit !== undefined && { commit }) },
    ...(preview.running && { running: preview.running }),
    stages: stages.map((stage) => ({ id: stage.id, name: stage.name, does: inWords(stage, release) })),
    changes: refused || plan.kind === 'NOTHING_TO_DO' ? [] : changesOf(stages, release, preview),
    analysis: stages.flatMap((stage) =>
      stage.name === 'ANALYSIS' ? stage.metrics.map((metric) => planned(stage.id, stage.duration, metric)) : [],
    ),
    peakTasks: preview.peakTasks,
    taskDefinition: preview.taskDefinition,
    service: preview.service,
    problems: preview.problems,
    warnings: [...warnings, ...preview.warnings],
  };
}

/** The same of a task without a service. Only a deployment that runs changes anything, and nothing is there to compare with. */
export function taskPlanDocument(
  { app, release, commit }: { app: string; release: TaskRelease; commit?: string },
  plan: Plan,
  preview: TaskPreview,
  warnings: readonly string[],
): PlanDocument {
  const refused = preview.problems.length > 0;
  const stages = refused ? [] : plan.stages;
  const { task } = release;
  const register = preview.registered ? [] : ['RegisterTaskDefinition'];
  const run = `RunTask on ${task.cluster} (${task.launchType}), once; waits for its end`;
  const runs = task.run && stages.some(({ name }) => name === 'ECS_SYNC');
  return {
    app,
    plan: refused ? 'REFUSED' : plan.kind,
    reason: refused ? preview.problems.join(' ') : plan.reason,
    version: { image: release.image, ...(commit !== undefined && { commit }) },
    stages: stages.map((stage) => ({ id: stage.id, name: stage.name, does: inWords(stage, release) })),
    changes: refused ? [] : [...register, ...(runs ? [run] : [])],
    analysis: [],
    peakTasks: runs ? 1 : 0,
    taskDefinition: preview.taskDefinition,
    service: [],
    problems: preview.problems,
    warnings: [...warnings, ...preview.warnings],
  };
}

function inWords(stage: Stage, release: AnyRelease): string {
  switch (stage.name) {
    case 'ECS_SYNC':
      if (isTask(release)) {
        return release.task.run
          ? 'the task runs once, to its end: exit code 0 of every essential container is success'
          : 'the task definition is registered, and nothing runs';
      }
      return 'the new version replaces the old one at once';
    case 'ECS_CANARY_ROLLOUT':
      return `a canary of ${stage.scale} % of the tasks${isTask(release) || release.targetGroups.primary ? '' : ', which are found at once: its share of the requests is that of its tasks'}`;
    case 'ECS_BASELINE_ROLLOUT':
      return `a baseline of ${stage.scale} % of the tasks`;
    case 'ECS_TRAFFIC_ROUTING': {
      const { canary, baseline = 0 } = stage;
      return `requests: primary ${100 - canary - baseline} %, canary ${canary} %${baseline > 0 ? `, baseline ${baseline} %` : ''}`;
    }
    case 'ECS_PRIMARY_ROLLOUT':
      return 'the new version beside the old one in the primary group, then in its place';
    case 'ECS_CANARY_CLEAN':
      return 'the canary goes';
    case 'ECS_BASELINE_CLEAN':
      return 'the baseline goes';
    case 'WAIT':
      return `waits ${formatDuration(stage.duration)}`;
    case 'WAIT_APPROVAL':
      return `waits for ${stage.minApprovers} approval(s), at most ${formatDuration(stage.timeout)}`;
    case 'ANALYSIS':
      return `judges ${stage.metrics.map(({ name }) => name).join(', ')} for ${formatDuration(stage.duration)}`;
    case 'SCRIPT_RUN':
      return `runs a command on the worker: ${stage.run.trim().split('\n')[0] ?? ''}`;
    default:
      return stage satisfies never;
  }
}

/** As the driver makes them (`activities/ecs`). */
function changesOf(stages: readonly Stage[], release: Release, preview: Preview): string[] {
  const { targetGroups } = release;
  const on = (side: string): string => (targetGroups.primary ? `(${side} group)` : '(service discovery)');
  const { exists, rules, firstDeployment, taskDefinition } = preview;
  const route = (weights: string): string[] =>
    rules === 0 ? [] : [`ModifyRule or ModifyListener × ${rules}: ${weights}`];
  const promote = (): string[] => [
    `CreateTaskSet 100 % ${on('primary')}`,
    'UpdateServicePrimaryTaskSet',
    ...(firstDeployment ? [] : ['UpdateTaskSet 0 % (old version)']),
  ];
  const changes = [
    ...(taskDefinition.length > 0 || firstDeployment
      ? ['RegisterTaskDefinition, unless this content is registered already']
      : []),
    ...(exists ? (preview.service.length > 0 ? ['UpdateService'] : []) : ['CreateService']),
  ];
  for (const stage of stages) {
    switch (stage.name) {
      case 'ECS_SYNC':
        changes.push(...promote(), ...(targetGroups.canary ? route('primary 100 %, where it is not') : []));
        break;
      case 'ECS_CANARY_ROLLOUT':
        changes.push(`CreateTaskSet ${stage.scale} % ${on('canary')}`);
        break;
      case 'ECS_BASELINE_ROLLOUT':
        changes.push(`CreateTaskSet ${stage.scale} % ${on('baseline')}`);
        break;
      case 'ECS_TRAFFIC_ROUTING':
        changes.push(...route(inWords(stage, release).replace('requests: ', '')));
        break;
      case 'ECS_PRIMARY_ROLLOUT':
        changes.push(...promote());
        break;
      case 'ECS_CANARY_CLEAN':
      case 'ECS_BASELINE_CLEAN':
        changes.push(`DeleteTaskSet (${stage.name === 'ECS_CANARY_CLEAN' ? 'canary' : 'baseline'})`);
        break;
      case 'WAIT':
      case 'WAIT_APPROVAL':
      case 'ANALYSIS':
      case 'SCRIPT_RUN':
        break;
      default:
        stage satisfies never;
    }
  }
  return firstDeployment ? changes : [...changes, 'DeleteTaskSet (old version)'];
}

function planned(stage: string, duration: Millis, metric: Metric): PlannedMetric {
  const windows = Math.floor(duration / metric.interval);
  // Where no delay is declared a window is judged as soon as the data show that it is complete.
  const after = (length: Millis): string =>
    metric.delay === undefined
      ? `${formatDuration(length)}, when its data is complete (waited for up to ${formatDuration(metric.maxDelay)})`
      : formatDuration(length + metric.delay);
  return {
    stage,
    metric: metric.name,
    strategy: metric.strategy,
    query: metric.query,
    windows,
    firstVerdict: after(metric.interval),
    lastVerdict: after(windows * metric.interval),
  };
}
