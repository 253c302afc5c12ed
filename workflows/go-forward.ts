import { CancellationScope, TemporalFailure } from '@temporalio/workflow';
import type { DeliveryHandle } from '../model/delivery.js';
import { MINUTE } from '../model/duration.js';
import { planDeployment } from '../model/plan.js';
import { isTask, type Release } from '../model/release.js';
import { end, noteProgress, stageRows } from './deployment-state.js';
import type { DeploymentState } from './deployment-state.js';
import type { Notices } from './notices.js';
import { changing, reading } from './proxies.js';
import { reasonOf } from './reason.js';
import { undo } from './rollback.js';
import { runStages, stagesInWords } from './run-stages.js';
import { runToItsEnd } from './standalone-task.js';

/** Cleaning up after a success may take a while (draining); past this it is left to people, with a warning. */
const FINISH_WITHIN = 60 * MINUTE;

/** The way to success. Throws when a stage fails or the scope is cancelled. */
export async function goForward(state: DeploymentState, publish: () => void, people: Notices): Promise<void> {
  const { release } = state.input;
  if (state.restore) await restore(state, state.restore, publish, people);
  if (isTask(release)) await runToItsEnd(state, release, publish, people);
  else await deliverService(state, release, publish, people);
}

async function deliverService(
  state: DeploymentState,
  release: Release,
  publish: () => void,
  people: Notices,
): Promise<void> {
  const { input } = state;
  const found = await reading.preflight.executeWithOptions(
    { summary: 'look at the service, the target groups and the rules', startToCloseTimeout: 5 * MINUTE },
    [
      {
        app: input.app,
        deployment: input.id,
        release,
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
  state.rules = found.snapshot.rules.map(({ listenerArn, ruleArn, isDefault }) => ({
    listenerArn,
    ruleArn,
    isDefault,
  }));
  const deadline = Date.now() + release.timeout;
  const strategy = input.rollbackTo ? 'QUICK_SYNC' : input.strategy;
  const plan = planDeployment(release, strategy, found, input.commit?.message);
  const already = input.rollbackTo?.taskDefinitionArn;
  const stands = already !== undefined && already === found.running?.taskDefinitionArn && found.unchanged;
  if (plan.kind === 'NOTHING_TO_DO' || (stands && input.drift === undefined)) {
    if (found.running) state.taskDefinition = found.running.taskDefinitionArn;
    end(state, 'SUCCEEDED', already === undefined ? plan.reason : `Nothing to do: ${release.image} runs already.`);
    return;
  }
  // Of a version that stands as it should, drift may leave the count to put right, and task sets of ours to remove.
  const stages = stands ? [] : plan.stages;
  state.stages = stageRows(stages);
  state.reason = input.drift ?? plan.reason;
  publish();
  people.tell('DEPLOYMENT_PLANNED', plan.reason);
  people.tell('DEPLOYMENT_STARTED', `${stagesInWords(plan.stages)}.`);
  const begun = await changing.begin.executeWithOptions(
    { summary: 'register the task definition, bring the service up to the file', scheduleToCloseTimeout: 30 * MINUTE },
    [
      {
        app: input.app,
        deployment: input.id,
        uid: input.uid,
        release,
        snapshot: found.snapshot,
        ...(already !== undefined && { taskDefinitionArn: already }),
        ...(input.drift !== undefined && { again: true as const }),
      },
    ],
  );
  state.handle = begun.handle;
  state.taskDefinition = begun.handle.taskDefinitionArn;
  noteProgress(state, begun);
  await runStages(state, stages, begun.handle, deadline, publish, people);
  await CancellationScope.nonCancellable(() => finish(state, begun.handle, publish));
}

/** Undoes what an earlier deployment was told to keep, before anything new begins. */
async function restore(
  state: DeploymentState,
  kept: DeliveryHandle,
  publish: () => void,
  people: Notices,
): Promise<void> {
  state.reason = `Restoring the last good version: ${kept.deployment} had been told to keep what it had done.`;
  publish();
  await CancellationScope.nonCancellable(() =>
    undo(
      kept,
      state.reason,
      (progress) => noteProgress(state, progress),
      (why) => people.stuck(kept, why),
    ),
  );
  delete state.restore;
}

/** The new version stands alone; what is left of the old one goes. */
async function finish(state: DeploymentState, handle: DeliveryHandle, publish: () => void): Promise<void> {
  state.phase = 'CLOSING';
  state.reason = `${state.input.release.image} has all of the traffic; what is left of the old version is being removed.`;
  publish();
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
