import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../model/duration.js';
import type { WaitStage } from '../../model/stage.js';
import { iso } from '../../model/wire.js';
import { isSkipped, skippedEnd, stageFailed, tookTooLong } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** Waits for a time on a durable timer. */
export async function wait(run: StageRun, stage: WaitStage): Promise<StageEnd> {
  const end = Date.now() + stage.duration;
  run.row.expectedEndAt = iso(end);
  const summary = `WAIT ${formatDuration(stage.duration)}`;
  const allowed = Math.max(run.deadline - Date.now(), 0);
  if (await condition(() => isSkipped(run), Math.min(stage.duration, allowed), { summary })) return skippedEnd(run);
  if (allowed < stage.duration) throw stageFailed(tookTooLong(run, stage));
  return { status: 'SUCCEEDED' };
}
