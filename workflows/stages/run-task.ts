import { MINUTE } from '../../model/duration.js';
import type { TaskHandle } from '../../model/standalone-task.js';
import { noteProgress } from '../deployment-state.js';
import { changing } from '../proxies.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** ECS_SYNC without a service: runs the task and waits for its end. */
export async function runTask({ state, row, deadline }: StageRun, handle: TaskHandle): Promise<StageEnd> {
  const { task, taskDefinition } = handle.release;
  if (!task.run) {
    return { status: 'SUCCEEDED', reason: 'Registered and not run, as the file says (runStandaloneTask: false).' };
  }
  const within = Math.max(deadline - Date.now(), 0) + MINUTE;
  const progress = await changing.runTask.executeWithOptions(
    // The activity gives up at the deadline by itself and says why; the minute is for an answer that comes late.
    {
      summary: `run ${taskDefinition.family} once, to its end`,
      startToCloseTimeout: within,
      scheduleToCloseTimeout: within,
    },
    [{ handle, stage: row.id, deadline }],
  );
  noteProgress(state, progress, row);
  return { status: 'SUCCEEDED' };
}
