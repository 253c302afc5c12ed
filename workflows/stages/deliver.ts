import type { Position } from '../../model/delivery.js';
import { MINUTE } from '../../model/duration.js';
import { noteProgress } from '../deployment-state.js';
import { changing } from '../proxies.js';
import { deliveryOf } from './stage-run.js';
import type { StageEnd, StageRun } from './stage-run.js';

/** Takes the delivery to a position: the whole of every ECS stage, since the driver knows the way. */
export async function deliver(run: StageRun, position: Position, summary: string): Promise<StageEnd> {
  const { state, row, deadline } = run;
  const handle = deliveryOf(run);
  const progress = await changing.advance.executeWithOptions(
    // The driver gives up at the deadline by itself and says why; the minute is for an answer that comes late.
    { summary, scheduleToCloseTimeout: Math.max(deadline - Date.now(), 0) + MINUTE },
    [{ handle, stage: row.id, position, deadline, ...(state.traffic && { traffic: state.traffic }) }],
  );
  noteProgress(state, progress, row);
  return { status: 'SUCCEEDED' };
}
