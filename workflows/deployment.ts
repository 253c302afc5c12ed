import { allHandlersFinished, CancellationScope, condition, setHandler, TemporalFailure } from '@temporalio/workflow';
import type { DeliveryHandle } from '../model/delivery.js';
import { MINUTE } from '../model/duration.js';
import { planDeployment } from '../model/plan.js';
import type { Stage } from '../model/stage.js';
import { iso } from '../model/wire.js';
import type { DeploymentDocument, DeploymentStatus } from '../model/wire.js';
import { installControls } from './controls.js';
import { documentOf, noteProgress, pendingState, stageRows } from './deployment-state.js';
import type { DeploymentState } from './deployment-state.js';
import type { DeploymentInput } from './messages.js';
import { documentQuery, goSignal, supersedeSignal } from './messages.js';
import { changing, reading, remembering } from './proxies.js';
import { publisher } from './publish.js';
import { reasonOf } from './reason.js';
import { rollBack, undo } from './rollback.js';
import { runStage } from './stages/run.js';
import type { StageRun } from './stages/stage-run.js';
import { notices } from './notices.js';

const LOOK_FOR_APPLICATION = 30 * MINUTE;
/** Cleaning up after a success may take a while (draining); past this it is left to people, with a warning. */
const FINISH_WITHIN = 60 * MINUTE;

/** One rollout, from its place in the queue to its end. Its result is its final document, readable without a worker. */
export async function deployment(input: DeploymentInput): Promise<DeploymentDocument> {
  const state = pendingState(input);
  const publish = publisher(state);
  const people = notices(state);
  // The pipeline runs in this scope; stopping it is how a cancel, a rollback and Temporal's own cancel reach a running stage.
  const forward = new CancellationScope();
  const stop = (): void => forward.cancel();

  setHandler(documentQuery, () => documentOf(state), { description: 'The deployment document.' });
  setHandler(goSignal, () => void (state.go = true));
  setHandler(supersedeSignal, ({ by }) => void (state.supersededBy = by));
  installControls(state, stop, publish);
  CancellationScope.current().cancelRequested.catch(() => {
    if (state.phase === 'CLOSING' || state.phase === 'ROLLING_BACK') return;
    state.ending ??= { why: 'CANCEL', rollback: true, reason: 'Cancelled in Temporal; rolled back.' };
    stop();
  });

  await CancellationScope.nonCancellable(async () => {
    publish();
    if (await turn(state)) {
      await goForwardOrBack(state, forward, publish, people);
    }
    await close(state, publish, people);
  });
  return documentOf(state);
}

/** Waits for the application's word. False when the deployment ended before it began. */
async function turn(state: DeploymentState): Promise<boolean> {
  const decided = (): boolean => state.go || state.supersededBy !== undefined || state.ending !== undefined;
  while (!(await condition(decided, LOOK_FOR_APPLICATION, { summary: 'wait for its turn' }))) {
    // The application may have been terminated: nobody would ever say go.
    await remembering.wakeApplication(state.input.app);
  }
  if (state.ending) {
    end(state, 'CANCELLED', `${state.ending.reason} Nothing had been changed.`);
    return false;
  }
  if (state.supersededBy !== undefined) {
    end(state, 'SUPERSEDED', `${state.supersededBy} was asked for before this one began.`);
    return false;
  }
  return true;
}

async function goForwardOrBack(
  state: DeploymentState,
  forward: CancellationScope,
  publish: () => void,
  people: ReturnType<typeof notices>,
): Promise<void> {
  state.phase = 'FORWARD';
  state.status = 'RUNNING';
  state.startedAt = Date.now();
  state.reason = 'Looking at what runs now.';
  publish();
  try {
    await forward.run(() => goForward(state, publish, people));
    return;
  } catch (error) {
    // A TypeError is a bug of ours: the workflow task fails and is tried again until it is mended. Nothing is rolled back for it.
    if (!(error instanceof TemporalFailure)) throw error;
    closeCurrentStage(state, error);
    state.ending ??= { why: 'FAILED_STAGE', rollback: state.input.release.autoRollback, reason: reasonOf(error) };
  }
  await goBack(state, state.ending, publish, people);
}

async function goBack(
  state: DeploymentState,
  ending: NonNullable<DeploymentState['ending']>,
  publish: () => void,
  people: ReturnType<typeof notices>,
): Promise<void> {
  delete state.paused;
  const { handle } = state;
  if (!handle) {
    end(state, ending.why === 'CANCEL' ? 'CANCELLED' : 'FAILED', `${ending.reason} No traffic had been moved.`);
    return;
  }
  if (!ending.rollback) {
    const kept =
      ending.why === 'FAILED_STAGE' ? `${ending.reason} autoRollback is off, so all was left as it is.` : ending.reason;
    end(state, ending.why === 'FAILED_STAGE' ? 'FAILED' : 'CANCELLED', kept);
    return;
  }
  state.phase = 'ROLLING_BACK';
  state.status = 'ROLLING_BACK';
  state.reason = ending.reason;
  await rollBack(state, handle, ending.reason, publish, (why) => people.stuck(handle, why));
  const final = ending.why === 'CANCEL' ? 'CANCELLED' : 'ROLLED_BACK';
  end(state, final, ending.reason);
  if (final === 'ROLLED_BACK') people.tell('ROLLED_BACK', ending.reason);
}

/** The way to success. Throws when a stage fails or the scope is cancelled. */
async function goForward(
  state: DeploymentState,
  publish: () => void,
  people: ReturnType<typeof notices>,
): Promise<void> {
  const { input } = state;
  if (input.restore) await restore(state, input.restore, people);
  const found = await reading.preflight.executeWithOptions(
    { summary: 'look at the service, the target groups and the rules', startToCloseTimeout: 5 * MINUTE },
    [
      {
        app: input.app,
        deployment: input.id,
        release: input.release,
        adopt: input.adopt,
        repair: input.strategy === 'QUICK_SYNC' || input.rollbackTo !== undefined,
      },
    ],
  );
  state.warnings.push(...found.warnings);
  if (found.problems.length > 0 || !found.snapshot) {
    end(state, 'FAILED', found.problems.join(' ') || 'The preflight saw no snapshot.');
    return;
  }
  const deadline = Date.now() + input.release.timeout;
  const plan = planDeployment(input.release, input.rollbackTo ? 'QUICK_SYNC' : input.strategy, found);
  const already = input.rollbackTo?.taskDefinitionArn;
  if (
    plan.kind === 'NOTHING_TO_DO' ||
    (already !== undefined && already === found.running?.taskDefinitionArn && found.unchanged)
  ) {
    if (found.running) state.taskDefinition = found.running.taskDefinitionArn;
    end(
      state,
      'SUCCEEDED',
      already === undefined ? plan.reason : `Nothing to do: ${input.release.image} runs already.`,
    );
    return;
  }
  state.stages = stageRows(plan.stages);
  state.reason = plan.reason;
  publish();
  const begun = await changing.begin.executeWithOptions(
    { summary: 'register the task definition, bring the service up to the file', scheduleToCloseTimeout: 30 * MINUTE },
    [
      {
        app: input.app,
        deployment: input.id,
        uid: input.uid,
        release: input.release,
        snapshot: found.snapshot,
        ...(already !== undefined && { taskDefinitionArn: already }),
      },
    ],
  );
  state.handle = begun.handle;
  state.taskDefinition = begun.handle.taskDefinitionArn;
  noteProgress(state, begun);
  await runStages(state, plan.stages, begun.handle, deadline, publish, people);
  await CancellationScope.nonCancellable(() => finish(state, begun.handle));
}

/** Undoes what an earlier deployment was told to keep, before anything new begins. */
async function restore(
  state: DeploymentState,
  kept: DeliveryHandle,
  people: ReturnType<typeof notices>,
): Promise<void> {
  state.reason = `Restoring the last good version: ${kept.deployment} had been told to keep what it had done.`;
  await CancellationScope.nonCancellable(() =>
    undo(
      kept,
      state.reason,
      (progress) => noteProgress(state, progress),
      (why) => people.stuck(kept, why),
    ),
  );
}

async function runStages(
  state: DeploymentState,
  stages: readonly Stage[],
  handle: DeliveryHandle,
  deadline: number,
  publish: () => void,
  people: ReturnType<typeof notices>,
): Promise<void> {
  for (const [index, stage] of stages.entries()) {
    if (state.paused) {
      publish();
      await condition(() => !state.paused);
    }
    const row = state.stages[index];
    if (!row) throw new TypeError(`stage ${stage.id} has no row`);
    row.status = 'RUNNING';
    row.startedAt = iso(Date.now());
    state.current = row.id;
    state.reason = `Stage ${index + 1} of ${stages.length}: ${stage.name}.`;
    publish();
    const run: StageRun = {
      state,
      row,
      handle,
      deadline: Math.min(Date.now() + stage.timeout, deadline),
      publish,
      tell: people.tell,
    };
    const done = await runStage(run, stage);
    row.status = done.status;
    row.completedAt = iso(Date.now());
    delete row.expectedEndAt;
    if (done.reason !== undefined) row.reason = done.reason;
    delete state.current;
  }
  if (state.paused) {
    publish();
    await condition(() => !state.paused);
  }
}

/** The new version stands alone; what is left of the old one goes. */
async function finish(state: DeploymentState, handle: DeliveryHandle): Promise<void> {
  state.phase = 'CLOSING';
  try {
    const progress = await changing.finish.executeWithOptions(
      { summary: 'remove the retired task set', scheduleToCloseTimeout: FINISH_WITHIN },
      [{ handle }],
    );
    noteProgress(state, progress);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    state.warnings.push(
      `The retired task set could not be removed: ${reasonOf(error)} The next deployment tries again.`,
    );
  }
  end(state, 'SUCCEEDED', `${state.input.release.image} runs as the primary, with all of the traffic.`);
}

/** Marks the stage that was running when the pipeline stopped. */
function closeCurrentStage(state: DeploymentState, error: unknown): void {
  const row = state.stages.find((s) => s.id === state.current);
  if (!row) return;
  row.status = state.ending ? 'CANCELLED' : 'FAILED';
  row.reason = state.ending?.reason ?? reasonOf(error);
  row.completedAt = iso(Date.now());
  delete row.expectedEndAt;
  delete state.current;
}

function end(state: DeploymentState, status: DeploymentStatus, reason: string): void {
  state.phase = 'CLOSING';
  state.status = status;
  state.reason = reason;
  state.completedAt = Date.now();
}

/** The last acts: the lists, the application, the people; then the handlers that still run. */
async function close(state: DeploymentState, publish: () => void, people: ReturnType<typeof notices>): Promise<void> {
  const { input, ending, handle } = state;
  const completedAt = state.completedAt ?? Date.now();
  publish();
  await remembering.tellApplication({
    n: input.n,
    release: { ...input.release, pipeline: [], warnings: [] },
    entry: {
      id: input.id,
      status: state.status,
      image: input.release.image,
      ...(input.commit && { commit: input.commit.hash }),
      ...(state.taskDefinition !== undefined && { taskDefinition: state.taskDefinition }),
      startedAt: iso(state.startedAt ?? completedAt),
      completedAt: iso(completedAt),
      reason: state.reason.slice(0, 200),
    },
    ...(handle && ending && !ending.rollback && { kept: handle }),
  });
  await people.delivered();
  await condition(allHandlersFinished);
}
