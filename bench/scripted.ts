import type { ArchiveActivities } from '../activities/archive.js';
import type { DeliveryActivities } from '../activities/delivery.js';
import type { MeasureActivities, MeasureInput } from '../activities/measure.js';
import type { MemoryActivities, PeopleActivities } from '../activities/people.js';
import type { DeliveryHandle, Progress, Snapshot } from '../model/delivery.js';
import { MINUTE, SECOND } from '../model/duration.js';
import type { Measurement } from '../model/evidence.js';
import type { Release } from '../model/release.js';
import { release } from '../test/support/release.js';

const PLACE = 'eu-central-1:123456789012';
const LISTENER = `arn:aws:elasticloadbalancing:${PLACE}:listener/app/main/3333333333333333/4444444444444444`;
const TASK_SET = `arn:aws:ecs:${PLACE}:task-set/main/shop/ecs-svc/1234567890123456789`;
/** The length of a sealed task definition of one container with a dozen variables. */
const SEALED = `sealed:v1:${'x'.repeat(2_400)}`;
/** What a stage says on its way, as seen on the sandbox: looks, waits and changes. */
const LINES_OF_A_STAGE = 6;
const FILTER = '{env:prd,hostname:sample-lb-1234567890.ap-northeast-1.elb.amazonaws.com}';

/** The seed's own query. */
export const QUERY = `sum:aws.applicationelb.httpcode_elb_5xx${FILTER}.as_count() / sum:aws.applicationelb.request_count${FILTER}.as_count()`;

/** A release whose parts are as long as those of the seed's files. */
export function fullRelease(over: Partial<Release> = {}): Release {
  const { taskDefinition, ...rest } = release();
  return { ...rest, taskDefinition: { ...taskDefinition, sealed: SEALED }, ...over };
}

function snapshotOf({ taskDefinition, targetGroups, service }: Release): Snapshot {
  const group = (arn: string | undefined, weight: number) => ({ TargetGroupArn: arn ?? '', Weight: weight });
  return {
    takenAt: Date.now(),
    accountId: '123456789012',
    region: 'eu-central-1',
    loadBalancerArn: `arn:aws:elasticloadbalancing:${PLACE}:loadbalancer/app/main/3333333333333333`,
    service: { serviceArn: `arn:aws:ecs:${PLACE}:service/main/${service.serviceName}`, desiredCount: 2 },
    primary: {
      taskSetArn: TASK_SET,
      id: 'ecs-svc/1234567890123456789',
      taskDefinitionArn: `arn:aws:ecs:${PLACE}:task-definition/shop:41`,
      taskDefinition,
      scale: 100,
      createTaskSet: {
        launchType: 'FARGATE',
        networkConfiguration: {
          awsvpcConfiguration: { subnets: ['subnet-0123456789abcdef0'], assignPublicIp: 'ENABLED' },
        },
        loadBalancers: [{ ...targetGroups.primary }],
      },
      tags: ['application', 'deployment', 'uid', 'role', 'stage', 'managed-by'].map((name) => ({
        key: `sluice:${name}`,
        value: '6f1c2a34-6de9-41cf-af1f-c996dabbec0e',
      })),
    },
    rules: [
      {
        listenerArn: LISTENER,
        ruleArn: `${LISTENER.replace(':listener/', ':listener-rule/')}/5555555555555555`,
        isDefault: true,
        weights: { primary: 100, canary: 0 },
        actions: [
          {
            Type: 'forward',
            ForwardConfig: {
              TargetGroups: [
                group(targetGroups.primary?.targetGroupArn, 100),
                group(targetGroups.canary?.targetGroupArn, 0),
              ],
              TargetGroupStickinessConfig: { Enabled: false },
            },
          },
        ],
      },
    ],
    rulesOnCanary: [],
    leftovers: [],
  };
}

/** What a stage answers: its log, a change of AWS, and the traffic where it moved it. */
export function progress(canary?: number): Progress {
  const at = Date.now();
  const weights = { primary: 100 - (canary ?? 0), canary: canary ?? 0 };
  return {
    detail: '2 of 2 targets healthy on green',
    log: Array.from({ length: LINES_OF_A_STAGE }, (_, line) => ({
      at: at + line,
      level: 'info' as const,
      text: `Task set 1234567890123456789 is steady: ${line} of 2 targets healthy on green`,
    })),
    changes: [{ at, action: 'ecs:CreateTaskSet', resource: TASK_SET, summary: 'Created a task set for the canary' }],
    ...(canary !== undefined && { traffic: { wanted: weights, verified: weights, verifiedAt: at } }),
  };
}

/** A window as it is kept: one point for each bucket, the query as sent, the reason in words. */
export function measurement(
  window: { window: number; from: number; to: number },
  metric: Pick<MeasureInput['metric'], 'name' | 'resolution'>,
): Measurement {
  const { from, to } = window;
  const buckets = Math.max(1, Math.floor((to - from) / metric.resolution));
  return {
    metric: metric.name,
    ...window,
    outcome: 'PASS',
    value: 0.0012345678,
    points: Array.from({ length: buckets }, (_, bucket) => ({
      at: from + bucket * metric.resolution,
      value: 0.0012345678,
    })),
    query: QUERY,
    reason: `Worst of ${buckets} points is 0.0012 at ${new Date(from).toISOString()}, within at most 0.01.`,
    judgedAt: to + metric.resolution,
    delaySeconds: metric.resolution / SECOND,
    newest: to,
  };
}

/** The real activities' interfaces, answered at once with results of real size. Every window passes. */
export function scriptedActivities(): DeliveryActivities &
  MeasureActivities &
  PeopleActivities &
  Pick<MemoryActivities, 'tellApplication' | 'wakeApplication'> &
  Pick<ArchiveActivities, 'archive'> {
  return {
    showTaskSets: () => Promise.reject(new Error('nobody looks here')),
    preview: () => Promise.reject(new Error('nobody plans here')),
    renameService: () => Promise.reject(new Error('nobody is renamed here')),
    preflight: ({ release: asked }) =>
      Promise.resolve({
        problems: [],
        warnings: [],
        snapshot: snapshotOf(asked),
        firstDeployment: false,
        unchanged: false,
        running: { taskDefinitionArn: `arn:aws:ecs:${PLACE}:task-definition/shop:41` },
        peakTasks: 5,
        log: progress().log,
      }),
    begin({ app, deployment, uid, release: asked }) {
      const handle: DeliveryHandle = {
        app,
        deployment,
        uid,
        release: asked,
        snapshot: snapshotOf(asked),
        taskDefinitionArn: `arn:aws:ecs:${PLACE}:task-definition/shop:42`,
      };
      return Promise.resolve({ handle, ...progress() });
    },
    advance: ({ position }) => Promise.resolve(progress(position.at === 'TRAFFIC' ? position.canary : undefined)),
    observe: () => Promise.resolve(progress(20)),
    locate: () => Promise.resolve({}),
    restoreTraffic: () => Promise.resolve(progress(0)),
    cleanUp: () => Promise.resolve(progress()),
    restoreStickiness: () => Promise.resolve(progress(0)),
    finish: () => Promise.resolve(progress()),
    measure: ({ metric, windows }) =>
      Promise.resolve({
        measurements: windows.map((window) => measurement(window, metric)),
        log: windows.map(({ window, to }) => ({
          at: to,
          level: 'info' as const,
          text: `${metric.name} window ${window}: PASS 0.0012. Data complete after ${MINUTE / SECOND}s.`,
        })),
      }),
    routing: () => Promise.resolve({ routes: [], webhook: false, approvalReminder: 0 }),
    deliver: () => Promise.resolve({ delivered: false }),
    notify: () => Promise.resolve({ delivered: true }),
    tellApplication: () => Promise.resolve(),
    archive: ({ id }) => Promise.resolve({ name: id, bytes: 1 }),
    wakeApplication: () => Promise.resolve(),
  };
}
