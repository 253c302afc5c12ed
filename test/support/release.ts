import { MINUTE, HOUR } from '../../model/duration.js';
import type { ThresholdMetric } from '../../model/metric.js';
import type { Release, StandaloneTask, TaskRelease } from '../../model/release.js';
import type { AnalysisStage, Stage } from '../../model/stage.js';

const GROUP = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup';

/** A THRESHOLD metric of the seed's failing case: 10-minute windows, at most 0.01. */
export function thresholdMetric(over: Partial<ThresholdMetric> = {}): ThresholdMetric {
  return {
    strategy: 'THRESHOLD',
    name: 'metrics-0',
    provider: 'datadog',
    source: 'DATADOG',
    query: 'sum:errors{*}.as_count() / sum:requests{*}.as_count()',
    expected: { max: 0.01 },
    interval: 10 * MINUTE,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: 30_000,
    maxDelay: 20 * MINUTE,
    resolution: MINUTE,
    minMeasured: 0.5,
    errorLimit: 4,
    dryRun: false,
    ...over,
  };
}

/** An ANALYSIS stage of 30 minutes with that metric. */
export function analysisStage(over: Partial<AnalysisStage> = {}): AnalysisStage {
  return {
    id: 'stage-2',
    name: 'ANALYSIS',
    timeout: 6 * HOUR,
    duration: 30 * MINUTE,
    initialDelay: 0,
    onNoData: 'ROLLBACK',
    onNotEnoughData: 'WAIT_APPROVAL',
    maxDuration: 30 * MINUTE,
    metrics: [thresholdMetric()],
    ...over,
  };
}

/** The seed's pipeline: canary 30 % scale, 20 % traffic, analysis, promotion, traffic back, clean. */
export function canaryPipeline(analysis: Stage = analysisStage()): Stage[] {
  const timeout = 30 * MINUTE;
  return [
    { id: 'stage-0', name: 'ECS_CANARY_ROLLOUT', scale: 30, timeout },
    { id: 'stage-1', name: 'ECS_TRAFFIC_ROUTING', canary: 20, allowUndersized: false, timeout },
    { ...analysis, id: 'stage-2' },
    { id: 'stage-3', name: 'ECS_PRIMARY_ROLLOUT', timeout },
    { id: 'stage-4', name: 'ECS_TRAFFIC_ROUTING', canary: 0, allowUndersized: false, timeout },
    { id: 'stage-5', name: 'ECS_CANARY_CLEAN', timeout },
  ];
}

/** The same with a baseline of the canary's size and share. */
export function baselinePipeline(): Stage[] {
  const timeout = 30 * MINUTE;
  return [
    { id: 'stage-0', name: 'ECS_CANARY_ROLLOUT', scale: 30, timeout },
    { id: 'baseline', name: 'ECS_BASELINE_ROLLOUT', scale: 30, timeout },
    { id: 'stage-1', name: 'ECS_TRAFFIC_ROUTING', canary: 20, baseline: 20, allowUndersized: false, timeout },
    ...canaryPipeline().slice(2, 5),
    { id: 'baseline-clean', name: 'ECS_BASELINE_CLEAN', timeout },
    { id: 'stage-5', name: 'ECS_CANARY_CLEAN', timeout },
  ];
}

/** What one deployment is asked to bring out, as the spec makes it of the seed's files. */
export function release(over: Partial<Release> = {}): Release {
  return {
    app: 'shop',
    labels: { team: 'xyz' },
    provider: 'aws',
    service: {
      cluster: 'arn:aws:ecs:eu-central-1:123456789012:cluster/main',
      serviceName: 'shop',
      desiredCount: 2,
      createService: {},
      updateService: {},
      createTaskSet: { launchType: 'FARGATE' },
      tags: [],
    },
    taskDefinition: { family: 'shop', content: 'c'.repeat(64), images: { web: 'nginx:2' }, sealed: 'sealed:v1:' },
    targetGroups: {
      primary: { targetGroupArn: `${GROUP}/blue/1111111111111111`, containerName: 'web', containerPort: 80 },
      canary: { targetGroupArn: `${GROUP}/green/2222222222222222`, containerName: 'web', containerPort: 80 },
    },
    image: 'nginx:2',
    pipeline: canaryPipeline(),
    alwaysUsePipeline: false,
    autoRollback: true,
    timeout: 6 * HOUR,
    strictRules: false,
    warnings: [],
    ...over,
  };
}

/** What is left of a release without its service: a standalone task. */
export function asTask(whole: Release, task: StandaloneTask): TaskRelease {
  const release: TaskRelease = { ...whole, task };
  for (const field of ['service', 'targetGroups', 'strictRules']) Reflect.deleteProperty(release, field);
  return release;
}

/** A standalone task, of the same files but for the service. */
export function taskRelease(over: Partial<TaskRelease> = {}): TaskRelease {
  return { ...asTask(release({ pipeline: [] }), { cluster: 'main', launchType: 'FARGATE', run: true }), ...over };
}
