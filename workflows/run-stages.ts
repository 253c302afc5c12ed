import { CancelledFailure, condition } from '@temporalio/workflow';
import { formatDuration } from '../model/duration.js';
import { whySkipped } from '../model/skip-on.js';
import type { Stage } from '../model/stage.js';
import { iso } from '../model/wire.js';
import type { DeploymentState } from './deployment-state.js';
import type { Notices } from './notices.js';
import { runStage } from './stages/run.js';
import { stageFailed } from './stages/stage-run.js';
import type { StageRun } from './stages/stage-run.js';

/** The stages one after the other. Throws when one fails or the scope is cancelled. */
export async function runStages(
  state: DeploymentState,
  stages: readonly Stage[],
  handle: StageRun['handle'],
  deadline: number,
  publish: () => void,
  people: Notices,
): Promise<void> {
  for (const [index, stage] of stages.entries()) {
    await whilePaused(state, deadline, publish);
    const row = state.stages[index];
    if (!row) throw new TypeError(`stage ${stage.id} has no row`);
    const left = 'skipOn' in stage ? whySkipped(stage.skipOn, state.input.commit) : undefined;
    if (left !== undefined) {
      row.status = 'SKIPPED';
      row.reason = left;
      publish();
      people.stage(row);
      continue;
    }
    row.status = 'RUNNING';
    row.startedAt = iso(Date.now());
    state.current = row.id;
    state.reason = `Stage ${index + 1} of ${stages.length}: ${stage.name}.`;
    publish();
    people.stage(row);
    const run: StageRun = {
      state,
      row,
      handle,
      deadline: Math.min(Date.now() + stage.timeout, deadline),
      publish,
      people,
    };
    const done = await runStage(run, stage);
    row.status = done.status;
    row.completedAt = iso(Date.now());
    delete row.expectedEndAt;
    if (done.reason !== undefined) row.reason = done.reason;
    people.stage(row);
    delete state.current;
  }
  await whilePaused(state, deadline, publish);
  // A stop is heard by what waits in the cancelled scope. One that came while the last stage's work was being done has nobody.
  if (state.ending) throw new CancelledFailure(state.ending.reason);
}

export function stagesInWords(stages: readonly Stage[]): string {
  return stages.map(({ name }) => name).join(', ');
}

/** Holds the next step. A pause that nobody ends before the deployment's time limit goes back, as a gate that nobody opens does. */
async function whilePaused(state: DeploymentState, deadline: number, publish: () => void): Promise<void> {
  const { paused } = state;
  if (!paused) return;
  publish();
  const resumed = await condition(() => !state.paused, Math.max(deadline - Date.now(), 0), {
    summary: 'time limit of the deployment, which is paused',
  });
  if (resumed) return;
  const limit = formatDuration(state.input.release.timeout);
  throw stageFailed(
    `Nobody resumed it within its time limit of ${limit}: paused by ${paused.by}${paused.reason ? `: ${paused.reason}` : ''}.`,
  );
}
