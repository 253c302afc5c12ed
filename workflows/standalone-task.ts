import { MINUTE } from '../model/duration.js';
import { planTask } from '../model/plan.js';
import type { TaskRelease } from '../model/release.js';
import { ROLLBACK_STAGE } from '../model/stage.js';
import type { TaskHandle } from '../model/standalone-task.js';
import { iso } from '../model/wire.js';
import type { StageDocument } from '../model/wire.js';
import { end, noteProgress, stageRows } from './deployment-state.js';
import type { DeploymentState, Ending } from './deployment-state.js';
import type { Notices } from './notices.js';
import { changing, reading, undoing } from './proxies.js';
import { untilDone } from './rollback.js';
import { runStages, stagesInWords } from './run-stages.js';
import { undoScripts } from './stages/script.js';

/** The way to success of a task without a service: register, run, wait. Throws when a stage fails or the scope is cancelled. */
export async function runToItsEnd(
  state: DeploymentState,
  release: TaskRelease,
  publish: () => void,
  people: Notices,
): Promise<void> {
  const { app, id, uid, strategy, commit } = state.input;
  const found = await reading.inspectTask.executeWithOptions(
    { summary: 'look at the account and the task definitions', startToCloseTimeout: 5 * MINUTE },
    [{ app, deployment: id, release }],
  );
  state.warnings.push(...found.warnings);
  if (found.problems.length > 0) {
    end(state, 'FAILED', found.problems.join(' '));
    return;
  }
  const deadline = Date.now() + release.timeout;
  const plan = planTask(release, strategy, commit?.message);
  state.stages = stageRows(plan.stages);
  state.reason = plan.reason;
  publish();
  people.tell('DEPLOYMENT_PLANNED', plan.reason);
  people.tell('DEPLOYMENT_STARTED', `${stagesInWords(plan.stages)}.`);
  const begun = await changing.registerTask.executeWithOptions(
    { summary: 'register the task definition', scheduleToCloseTimeout: 30 * MINUTE },
    [{ app, deployment: id, uid, release }],
  );
  state.task = begun.handle;
  state.taskDefinition = begun.handle.taskDefinitionArn;
  noteProgress(state, begun);
  await runStages(state, plan.stages, begun.handle, deadline, publish, people);
  end(state, 'SUCCEEDED', release.task.run ? `${release.image} ran to its end.` : `${release.image} is registered.`);
}

/**
 * The end of a task's deployment that did not come to its end: the task is stopped if it runs. What it did is not taken back, because
 * nobody but its author knows how; the onRollback commands of scripts are the place for that.
 */
export async function endTask(
  state: DeploymentState,
  ending: Ending,
  publish: () => void,
  people: Notices,
): Promise<void> {
  const failed = ending.why === 'FAILED_STAGE';
  const final = failed ? 'FAILED' : 'CANCELLED';
  const { task } = state;
  if (!task) {
    end(state, final, `${ending.reason} No task had been run.`);
    return;
  }
  if (!ending.rollback && !failed) {
    end(state, final, `${ending.reason} A task that runs goes on, and is not watched any more.`);
    return;
  }
  state.phase = 'ROLLING_BACK';
  state.status = 'ROLLING_BACK';
  state.reason = ending.reason;
  const stopped = await stop(state, task, ending.reason, publish, people);
  if (ending.rollback) await undoScripts(state, publish, people);
  end(state, final, `${ending.reason} ${stopped}.`);
}

/** Stops the task, as the last stage of the deployment. Answers what became of it, in words. */
async function stop(
  state: DeploymentState,
  handle: TaskHandle,
  reason: string,
  publish: () => void,
  people: Notices,
): Promise<string> {
  const row: StageDocument = { ...ROLLBACK_STAGE, status: 'RUNNING', startedAt: iso(Date.now()), reason };
  state.stages.push(row);
  state.current = row.id;
  publish();
  const progress = await untilDone(
    () => undoing.stopTask.executeWithOptions({ summary: 'stop the task, if it runs' }, [{ handle, reason }]),
    (why) => people.stuck(handle, why),
  );
  noteProgress(state, progress, row);
  row.status = 'SUCCEEDED';
  row.completedAt = iso(Date.now());
  delete state.current;
  return progress.detail;
}
