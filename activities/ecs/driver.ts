import type { EcsProvider, ServerConfig } from '../../config/server.js';
import { weightsFor, type DeliveryHandle, type Progress } from '../../model/delivery.js';
import type { DriftLook } from '../../model/drift.js';
import { rollbackCommands, stopTaskCommands } from '../../model/by-hand.js';
import { SECOND } from '../../model/duration.js';
import type { TaskHandle } from '../../model/standalone-task.js';
import { createClientCache, type ClientRequest } from '../aws/clients.js';
import { asRollbackError, asStageError, badInput, isFinal, withRecord } from '../aws/errors.js';
import { createLimiter } from '../aws/limiter.js';
import type { ActivityContext } from '../context.js';
import type { FindTasks } from '../metrics/tasks/scraper.js';
import type { AdvanceInput, DeliveryActivities } from '../delivery.js';
import type { TaskActivities } from '../task.js';
import { unless } from '../metrics/unless.js';
import type { ReadRunning } from '../memory/memory.js';
import { createReport } from '../report.js';
import { createTurns, type Run } from '../run.js';
import { restoreStickiness } from '../traffic/stickiness.js';
import { baselineReady } from './baseline-ready.js';
import { begin } from './begin.js';
import { canaryReady } from './canary-ready.js';
import { cleanUp } from './clean-up.js';
import { lookForDrift, type DriftQuestion } from './drift.js';
import { findTasks } from './find-tasks.js';
import { finish } from './finish.js';
import { inspectTask, registerTask } from './inspect-task.js';
import { locate } from './locate.js';
import { observe } from './observe.js';
import { preflight } from './preflight.js';
import { pairOf } from './preflight-traffic.js';
import { preview } from './preview.js';
import { promote } from './promote.js';
import { renameService } from './rename-service.js';
import { restoreTraffic } from './restore-traffic.js';
import { routeTraffic } from './route-traffic.js';
import { runTask } from './run-task.js';
import { readRunning } from './running.js';
import { showTaskSets } from './show-task-sets.js';
import { sideGone } from './side-gone.js';
import { stepOf } from './step.js';
import { stopTask } from './stop-task.js';
import { sync } from './sync.js';
import type { Secrets } from './task-definition.js';

export interface DriverDependencies extends Secrets {
  config: Pick<ServerConfig, 'ecsProviders' | 'delivery'>;
  /** The context of the activity that is running now. */
  context: () => ActivityContext;
  /** Time for what outlives an activity (the rate limiter). */
  clock: ActivityContext['clock'];
}

/** The activities, and what others ask of AWS: the application's memory, the scraping of tasks between activities, the look for drift. */
export type TaskSetDriver = DeliveryActivities &
  TaskActivities & {
    running: ReadRunning;
    findTasks: FindTasks;
    /** Reads only: compares what runs with what was deployed last. */
    compare: (question: DriftQuestion) => Promise<DriftLook>;
  };

/** What AWS is polled with (ecs-alb-facts §19); a cloud that declares shorter pauses is faster by as much. */
const AWS_POLL = 5 * SECOND;
/** Heartbeats go on while AWS is slow to answer. */
const BEAT = 2 * SECOND;

function advance(run: Run, input: AdvanceInput, secrets: Secrets): Promise<Progress> {
  const step = stepOf(run, input);
  switch (input.position.at) {
    case 'SYNCED':
      return sync(step);
    case 'CANARY_READY':
      return canaryReady(step, input.position.scale);
    case 'BASELINE_READY':
      return baselineReady(step, input.position.scale, secrets);
    case 'TRAFFIC':
      return routeTraffic(step, weightsFor(input.position.canary, input.position.baseline));
    case 'PROMOTED':
      return promote(step);
    case 'CANARY_GONE':
      return sideGone(step, 'canary');
    case 'BASELINE_GONE':
      return sideGone(step, 'baseline');
    default:
      return input.position satisfies never;
  }
}

/**
 * Delivery by task sets (deployment controller EXTERNAL) behind one Application Load Balancer. `ecs-alb-facts.md` is the law of all
 * of it. Keeps nothing between two activities but AWS clients and rate limits.
 */
export function createTaskSetDriver(deps: DriverDependencies): TaskSetDriver {
  const { config, context } = deps;
  const pace = Math.max(1, AWS_POLL / config.delivery.pollMin);
  const inTurn = createTurns();
  const clientsOf = createClientCache(createLimiter(deps.clock, pace));

  function providerOf(name: string): EcsProvider {
    const provider = config.ecsProviders.find((one) => one.name === name);
    if (provider) return provider;
    const known = config.ecsProviders.map((one) => one.name).join(', ') || 'none';
    throw badInput(
      `The worker knows no ECS provider ${name} (known: ${known}). Give worker and api the same configuration.`,
    );
  }

  async function running<T>(
    about: { stage: string; provider: string; deployment: string; deadline?: number; silent?: boolean },
    urgent: boolean,
    work: (run: Run) => Promise<T>,
    failed: (error: unknown, ctx: ActivityContext) => unknown,
  ): Promise<T> {
    const ctx = about.silent ? { ...context(), heartbeat: () => undefined } : context();
    const report = createReport(ctx, about.stage);
    const beat = setInterval(report.beat, BEAT);
    try {
      const request: ClientRequest = { provider: providerOf(about.provider), deployment: about.deployment, urgent };
      const run = {
        ctx,
        report,
        aws: clientsOf(request),
        settings: config.delivery,
        deadline: about.deadline ?? Number.POSITIVE_INFINITY,
        inTurn,
      };
      return await work(run);
    } catch (error) {
      const thrown = failed(error, ctx);
      if (isFinal(thrown)) report.error(thrown.message);
      throw withRecord(thrown, report.record(), ctx.cancelled);
    } finally {
      clearInterval(beat);
    }
  }

  const asStage = (error: unknown, ctx: ActivityContext): unknown => asStageError(error, ctx.cancelled);
  const of = (handle: DeliveryHandle | TaskHandle, stage: string) => ({
    stage,
    provider: handle.release.provider,
    deployment: handle.deployment,
  });

  return {
    preflight: (input) =>
      running(
        { stage: 'preflight', provider: input.release.provider, deployment: input.deployment },
        false,
        (run) => preflight(run, input, deps),
        asStage,
      ),
    preview: (input) =>
      running(
        { stage: 'preview', provider: input.release.provider, deployment: input.deployment },
        false,
        (run) => preview(run, input, deps),
        asStage,
      ),
    showTaskSets: (input) =>
      running(
        { stage: 'look', provider: input.provider, deployment: input.app },
        false,
        (run) => showTaskSets(run, input),
        asStage,
      ),
    begin: (input) =>
      running(
        { stage: 'begin', provider: input.release.provider, deployment: input.deployment },
        false,
        (run) => begin(run, input, deps),
        asStage,
      ),
    advance: (input) =>
      running(
        { ...of(input.handle, input.stage), deadline: input.deadline },
        false,
        (run) => advance(run, input, deps),
        asStage,
      ),
    observe: (traffic) =>
      running(
        // Part of `measure`, whose heartbeat holds the judged windows: a word of ours would take their place.
        { stage: 'observe', provider: traffic.provider, deployment: traffic.deployment, silent: true },
        false,
        (run) => observe(run, traffic),
        asStage,
      ),
    locate: ({ handle }) => running(of(handle, 'locate'), false, (run) => locate(run, handle), asStage),
    restoreTraffic: (input) =>
      running(
        of(input.handle, 'rollback'),
        true,
        (run) => restoreTraffic(run, input, deps),
        (error, ctx) => asRollbackError(error, ctx.cancelled, rollbackCommands(input.handle)),
      ),
    cleanUp: (input) =>
      running(
        of(input.handle, 'rollback'),
        true,
        (run) => cleanUp(run, input, deps),
        (error, ctx) => asRollbackError(error, ctx.cancelled, rollbackCommands(input.handle)),
      ),
    restoreStickiness: (traffic) =>
      running(
        { stage: 'stickiness', provider: traffic.provider, deployment: traffic.deployment },
        false,
        (run) => restoreStickiness(run, traffic, pairOf(traffic.targetGroups)),
        asStage,
      ),
    finish: ({ handle }) => running(of(handle, 'finish'), false, (run) => finish(run, handle), asStage),
    renameService: (input) =>
      running(
        { stage: 'rename', provider: input.release.provider, deployment: input.to },
        false,
        (run) => renameService(run, input),
        asStage,
      ),
    inspectTask: (input) =>
      running(
        { stage: 'preflight', provider: input.release.provider, deployment: input.deployment },
        false,
        (run) => inspectTask(run, input, deps),
        asStage,
      ),
    registerTask: (input) =>
      running(
        { stage: 'begin', provider: input.release.provider, deployment: input.deployment },
        false,
        (run) => registerTask(run, input, deps),
        asStage,
      ),
    runTask: (input) =>
      running(
        { ...of(input.handle, input.stage), deadline: input.deadline },
        false,
        (run) => runTask(run, input, deps),
        asStage,
      ),
    stopTask: (input) =>
      running(
        of(input.handle, 'rollback'),
        true,
        (run) => stopTask(run, input),
        (error, ctx) => asRollbackError(error, ctx.cancelled, stopTaskCommands(input.handle)),
      ),
    findTasks: async (place, cancelled) => {
      // Outside of any activity: nobody to tell, and nothing that a deployment's name would say.
      const aws = clientsOf({ provider: providerOf(place.provider), deployment: 'tasks', urgent: false });
      return await unless(cancelled, findTasks({ aws }, place));
    },
    compare: (question) =>
      running(
        { stage: 'drift', provider: question.release.provider, deployment: question.release.app, silent: true },
        false,
        (run) => lookForDrift(run, question),
        asStage,
      ),
    running: (release, app) =>
      running(
        { stage: 'recall', provider: release.provider, deployment: app },
        false,
        (run) => readRunning(run, release, app),
        asStage,
      ),
  };
}
