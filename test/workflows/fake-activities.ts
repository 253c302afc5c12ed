import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type { ArchiveActivities } from '../../activities/archive.js';
import type { DeliveryActivities } from '../../activities/delivery.js';
import type { MeasureActivities } from '../../activities/measure.js';
import type { DoctorActivities, PeopleActivities, ToDeliver } from '../../activities/people.js';
import type { ScriptActivities } from '../../activities/script.js';
import type { TaskActivities } from '../../activities/task.js';
import { ALL_PRIMARY, weightsFor } from '../../model/delivery.js';
import type { Position, Preflight, Progress, Snapshot, Weights } from '../../model/delivery.js';
import type { Outcome } from '../../model/evidence.js';
import { FAILURE } from '../../model/failure.js';
import type { Notice, Routing } from '../../model/notification.js';
import type { TaskPreview, TaskStopped } from '../../model/standalone-task.js';
import type { DeploymentDocument } from '../../model/wire.js';
import type { DeploymentEnded } from '../../workflows/messages.js';
import { routingTo } from '../support/routes.js';

/** What was asked of the outside world, in order. */
export interface Call {
  activity: string;
  detail: string;
}

/** The outside world of a workflow test: it keeps the calls, and does what the test scripted. */
export interface FakeWorld {
  calls: Call[];
  /** Who is told of what, what each was told, and what a receiver answers (it throws, or names its thread). */
  routing: Routing;
  told: ToDeliver[];
  receive: (what: ToDeliver) => string | undefined;
  /** What was handed over to an announcement. */
  notices: Notice[];
  ended: DeploymentEnded[];
  /** What was kept for good, and why it cannot be. */
  archived: DeploymentDocument[];
  archiveError?: string | undefined;
  preflight: Partial<Preflight>;
  /** How a window ends. */
  outcome: (window: number) => Outcome;
  /** Positions that cannot be reached. */
  unreachable: Set<Position['at']>;
  /** Positions that are under way until the activity is cancelled. */
  endless: Set<Position['at']>;
  /** Positions that are reached only when their activity is cancelled, and then all the same. */
  reachedAtLast: Set<Position['at']>;
  /** How often a rollback's first part fails for good before it works. */
  rollbackFailures: number;
  rollbackError: () => string;
  /** Commands that fail, and those that go on until they are ended. */
  failing: Set<string>;
  endlessScripts: Set<string>;
  /** Whether what is left of the old version cannot be removed yet. */
  endlessFinish: boolean;
  /** How a standalone task does: it ends well or badly, or goes on until it is stopped. */
  task: 'GOOD' | 'BAD' | 'ENDLESS';
  inspected: Partial<TaskPreview>;
  stopped: TaskStopped['found'];
  /** Whether AWS refuses to write tags. */
  tagsRefused: boolean;
}

export const SNAPSHOT: Snapshot = {
  takenAt: 0,
  accountId: '123456789012',
  region: 'eu-central-1',
  loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/main/3333333333333333',
  rules: [],
} as unknown as Snapshot;

/** A world in which all goes well. */
export function fakeWorld(): FakeWorld {
  return {
    calls: [],
    routing: { ...routingTo(), webhook: true },
    told: [],
    receive: () => undefined,
    notices: [],
    ended: [],
    archived: [],
    preflight: {},
    outcome: () => 'PASS',
    unreachable: new Set(),
    endless: new Set(),
    reachedAtLast: new Set(),
    rollbackFailures: 0,
    rollbackError: () => 'AccessDenied',
    failing: new Set(),
    endlessScripts: new Set(),
    endlessFinish: false,
    task: 'GOOD',
    inspected: {},
    stopped: 'ENDED',
    tagsRefused: false,
  };
}

async function untilCancelled(): Promise<never> {
  for (;;) {
    Context.current().heartbeat();
    await Context.current().sleep(200);
  }
}

function wordsOf(position: Position): string {
  if (position.at !== 'TRAFFIC') return position.at;
  const baseline = position.baseline === undefined ? '' : ` + ${position.baseline}`;
  return `TRAFFIC ${position.canary}${baseline}`;
}

/** The activities of that world. */
export function fakeActivities(
  world: FakeWorld,
): DeliveryActivities &
  TaskActivities &
  MeasureActivities &
  PeopleActivities &
  DoctorActivities &
  ScriptActivities &
  Pick<ArchiveActivities, 'archive'> {
  const did = (activity: string, detail = ''): void => void world.calls.push({ activity, detail });
  const progress = (detail: string, wanted?: Weights): Progress => ({
    detail,
    log: [],
    changes: [],
    ...(wanted && { traffic: { wanted, verified: wanted, verifiedAt: Date.now() } }),
  });

  return {
    async runScript({ stage, run, about }) {
      did('runScript', `${stage}: ${run}${about['IS_ROLLBACK'] === 'true' ? ' (rollback)' : ''}`);
      if (world.endlessScripts.has(run)) await untilCancelled();
      if (world.failing.has(run))
        throw ApplicationFailure.nonRetryable('The command ended with exit code 3.', FAILURE.stage);
      return progress(`${run} done`);
    },
    async preflight({ deployment }) {
      did('preflight', deployment);
      return Promise.resolve({
        problems: [],
        warnings: [],
        snapshot: SNAPSHOT,
        firstDeployment: false,
        unchanged: false,
        running: { taskDefinitionArn: 'shop:1' },
        peakTasks: 5,
        log: [],
        ...world.preflight,
      });
    },
    showTaskSets: () => Promise.reject(new Error('nobody looks here')),
    async inspectTask({ deployment }) {
      did('inspectTask', deployment);
      return Promise.resolve({ problems: [], warnings: [], taskDefinition: [], log: [], ...world.inspected });
    },
    async registerTask({ app, deployment, uid, release }) {
      did('registerTask', release.image);
      const handle = { app, deployment, uid, region: 'eu-central-1', release, taskDefinitionArn: 'jobs:1' };
      return Promise.resolve({ handle, ...progress('registered') });
    },
    async runTask({ stage }) {
      did('runTask', stage);
      if (world.task === 'ENDLESS') await untilCancelled();
      if (world.task === 'BAD') throw ApplicationFailure.nonRetryable('job ended with exit code 3.', FAILURE.stage);
      return progress('job ended with exit code 0.');
    },
    async stopTask({ reason }) {
      did('stopTask', reason);
      const words = { NONE: 'Nothing to stop', ENDED: 'The task had ended', STOPPED: 'The task was stopped' };
      return Promise.resolve({ ...progress(words[world.stopped]), found: world.stopped });
    },
    preview: () => Promise.reject(new Error('nobody plans here')),
    async begin({ app, deployment, uid, release, taskDefinitionArn }) {
      did('begin', taskDefinitionArn ?? release.image);
      return Promise.resolve({
        handle: {
          app,
          deployment,
          uid,
          release,
          snapshot: world.preflight.snapshot ?? SNAPSHOT,
          taskDefinitionArn: taskDefinitionArn ?? `shop:${release.image.split(':').at(-1) ?? ''}`,
        },
        ...progress('registered'),
      });
    },
    async advance({ position }) {
      did('advance', wordsOf(position));
      if (world.unreachable.has(position.at)) {
        throw ApplicationFailure.nonRetryable('3 tasks stopped: exit code 1.', FAILURE.stage);
      }
      if (world.endless.has(position.at)) await untilCancelled();
      if (world.reachedAtLast.has(position.at)) await untilCancelled().catch(() => undefined);
      return progress(
        'reached',
        position.at === 'TRAFFIC' ? weightsFor(position.canary, position.baseline) : undefined,
      );
    },
    observe: () => Promise.resolve(progress('as set')),
    locate: () => Promise.resolve({}),
    async restoreTraffic({ reason }) {
      did('restoreTraffic', reason);
      if (world.rollbackFailures-- > 0) throw ApplicationFailure.nonRetryable(world.rollbackError(), 'Other');
      return Promise.resolve({
        ...progress('restored', ALL_PRIMARY),
        traffic: { wanted: ALL_PRIMARY, verified: ALL_PRIMARY },
      });
    },
    async cleanUp() {
      did('cleanUp');
      return Promise.resolve(progress('clean'));
    },
    async restoreStickiness({ deployment }) {
      did('restoreStickiness', deployment);
      return Promise.resolve(progress('sticky again'));
    },
    renameService({ from, to }) {
      did('renameService', `${from} → ${to}`);
      if (world.tagsRefused) {
        return Promise.reject(ApplicationFailure.nonRetryable('AWS does not allow it.', FAILURE.stage));
      }
      return Promise.resolve(progress('renamed'));
    },
    async finish() {
      did('finish');
      while (world.endlessFinish) {
        Context.current().heartbeat();
        await Context.current().sleep(100);
      }
      return Promise.resolve(progress('finished'));
    },
    async measure({ metric, windows }) {
      did('measure', `${metric.name} ${windows.map((w) => w.window).join(',')}`);
      return Promise.resolve({
        log: [],
        measurements: windows.map(({ window, from, to }) => {
          const outcome = world.outcome(window);
          return {
            metric: metric.name,
            window,
            from,
            to,
            outcome,
            points: outcome === 'PASS' || outcome === 'FAIL' ? [{ at: from, value: outcome === 'PASS' ? 0 : 0.3 }] : [],
            query: metric.query,
            reason: `scripted ${outcome}`,
            judgedAt: to,
          };
        }),
      });
    },
    routing: () => Promise.resolve(world.routing),
    async deliver(what) {
      // An attempt counts when it is taken: others are tried again.
      const thread = world.receive(what);
      world.told.push(what);
      return Promise.resolve({ delivered: true, ...(thread !== undefined && { thread }) });
    },
    async notify(notice) {
      world.notices.push(notice);
      return Promise.resolve({ delivered: true });
    },
    archive: (document) => {
      if (world.archiveError !== undefined) return Promise.reject(new Error(world.archiveError));
      world.archived.push(document);
      return Promise.resolve({ name: document.id, bytes: 1 });
    },
    examine: () => Promise.resolve({ checks: [] }),
  };
}
