import { condition, CancellationScope, TemporalFailure } from '@temporalio/workflow';
import { MINUTE } from '../../model/duration.js';
import { ROLLBACK_STAGE } from '../../model/stage.js';
import type { ScriptStage } from '../../model/stage.js';
import { iso } from '../../model/wire.js';
import type { StageDocument } from '../../model/wire.js';
import type { DeploymentState } from '../deployment-state.js';
import { noteProgress } from '../deployment-state.js';
import type { Notices } from '../notices.js';
import { running } from '../proxies.js';
import { reasonOf } from '../reason.js';
import { isSkipped, skippedEnd } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** For a command of a rollback, which holds up the application's next deployment and cannot be stopped. */
const ROLLBACK_LIMIT = 30 * MINUTE;

/** The SCRIPT_RUN stage: a command on the worker; its end decides. */
export async function script(run: StageRun, stage: ScriptStage): Promise<StageEnd> {
  const { state, row, deadline } = run;
  const scope = new CancellationScope();
  try {
    const { work, first } = await scope.run(async () => {
      const work = execute(state, stage, row.id, stage.run, deadline, false);
      const skipped = condition(() => isSkipped(run)).then(() => 'SKIPPED' as const);
      return { work, first: await Promise.race([skipped, work]) };
    });
    if (first !== 'SKIPPED') {
      noteProgress(state, first, row);
      return { status: 'SUCCEEDED' };
    }
    scope.cancel();
    // The next stage does not begin beside a process that is still being ended.
    await work.catch(() => undefined);
    return skippedEnd(run);
  } finally {
    scope.cancel();
  }
}

/**
 * The commands that undo what scripts had done, the last one first. By then the requests are off the new version and it is gone: one that
 * fails is told and stops nothing. To be called in a scope that cannot be cancelled.
 */
export async function undoScripts(state: DeploymentState, publish: () => void, people: Notices): Promise<void> {
  const begun = state.stages
    .filter(({ status }) => status !== 'NOT_STARTED' && status !== 'SKIPPED')
    .map(({ id }) => id);
  for (const stage of state.input.release.pipeline.toReversed()) {
    if (stage.name !== 'SCRIPT_RUN' || stage.onRollback === undefined || !begun.includes(stage.id)) continue;
    const row: StageDocument = {
      id: `${stage.id}-${ROLLBACK_STAGE.id}`,
      name: 'SCRIPT_RUN_ROLLBACK',
      status: 'RUNNING',
      startedAt: iso(Date.now()),
    };
    state.stages.push(row);
    publish();
    people.stage(row);
    try {
      const deadline = Date.now() + Math.min(stage.timeout, ROLLBACK_LIMIT);
      noteProgress(state, await execute(state, stage, row.id, stage.onRollback, deadline, true), row);
      row.status = 'SUCCEEDED';
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      row.status = 'FAILED';
      row.reason = reasonOf(error);
      state.warnings.push(`The onRollback command of ${stage.id} failed: ${row.reason}`);
    }
    row.completedAt = iso(Date.now());
    people.stage(row);
  }
}

function execute(
  state: DeploymentState,
  { sealedEnv }: ScriptStage,
  row: string,
  command: string,
  deadline: number,
  rollback: boolean,
): ReturnType<typeof running.runScript> {
  // The activity gives up at the deadline by itself; the minute is for an answer that comes late.
  const within = Math.max(deadline - Date.now(), 0) + MINUTE;
  return running.runScript.executeWithOptions(
    {
      summary: command.trim().split('\n')[0]?.slice(0, 150) ?? 'script',
      startToCloseTimeout: within,
      scheduleToCloseTimeout: within,
    },
    [
      {
        stage: row,
        run: command,
        ...(sealedEnv !== undefined && { sealedEnv }),
        about: aboutOf(state, rollback),
        deadline,
      },
    ],
  );
}

/** What PipeCD tells a script (its variables `SR_…`), under the same names. */
function aboutOf({ input, reason }: DeploymentState, rollback: boolean): Record<string, string> {
  const { id, app, release, commit, trigger } = input;
  const about: Record<string, string> = {
    DEPLOYMENT_ID: id,
    APPLICATION_ID: app,
    APPLICATION_NAME: app,
    TRIGGERED_AT: String(Math.floor(trigger.at / 1_000)),
    TRIGGERED_COMMANDER: trigger.by,
    TRIGGERED_COMMIT_HASH: commit?.hash ?? '',
    SUMMARY: reason,
    IMAGE: release.image,
    IS_ROLLBACK: String(rollback),
  };
  for (const [name, value] of Object.entries(release.labels)) {
    about[`LABELS_${name.toUpperCase().replaceAll(/\W/g, '_')}`] = value;
  }
  return about;
}
