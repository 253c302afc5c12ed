import { condition } from '@temporalio/workflow';
import { formatDuration } from '../../model/duration.js';
import type { WaitStage } from '../../model/stage.js';
import { iso } from '../../model/wire.js';
import { isSkipped, skippedEnd } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** Waits for a time on a durable timer. */
export async function wait(run: StageRun, stage: WaitStage): Promise<StageEnd> {
  run.row.expectedEndAt = iso(Date.now() + stage.duration);
  run.publish();
  const summary = `WAIT ${formatDuration(stage.duration)}`;
  const skipped = await condition(() => isSkipped(run), stage.duration, { summary });
  return skipped ? skippedEnd(run) : { status: 'SUCCEEDED' };
}
