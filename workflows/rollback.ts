import { CancellationScope, sleep, TemporalFailure } from '@temporalio/workflow';
import type { DeliveryHandle, Progress } from '../model/delivery.js';
import { MINUTE, SECOND } from '../model/duration.js';
import { ROLLBACK_STAGE } from '../model/stage.js';
import type { StageDocument } from '../model/wire.js';
import { iso } from '../model/wire.js';
import type { DeploymentState } from './deployment-state.js';
import { noteProgress } from './deployment-state.js';
import type { Notices } from './notices.js';
import { undoing } from './proxies.js';
import { reasonOf } from './reason.js';

const STUCK_AFTER = 10 * MINUTE;
/** Each time costs ten events of the 50,000 that a workflow may have: at the longest pause that is two weeks. */
const TRY_AGAIN = { first: 30 * SECOND, longest: 5 * MINUTE };

/** Repeats for as long as it takes; people hear of it when it takes long, and again when it failed for good and is begun anew. */
export async function untilDone<P extends Progress>(
  work: () => Promise<P>,
  onStuck: (why: string) => void,
): Promise<P> {
  const watch = new CancellationScope();
  void watch
    .run(() => sleep(STUCK_AFTER, { summary: 'tell people when the rollback takes ten minutes' }))
    .then(
      () => onStuck('It has not finished within ten minutes.'),
      () => undefined,
    );
  try {
    for (let pause = TRY_AGAIN.first; ; pause = Math.min(2 * pause, TRY_AGAIN.longest)) {
      try {
        return await work();
      } catch (error) {
        // A failure of an activity is tried again; a bug in this code must fail the workflow task, not be swallowed here.
        if (!(error instanceof TemporalFailure)) throw error;
        onStuck(reasonOf(error));
        await sleep(pause);
      }
    }
  } finally {
    watch.cancel();
  }
}

/**
 * Takes a delivery back by what is observed in AWS: the requests first, the cleaning up after (ecs-alb-facts §1). To be called in
 * a scope that cannot be cancelled. Returns when both are done, however long that takes.
 */
export async function undo(
  handle: DeliveryHandle,
  reason: string,
  onProgress: (progress: Progress) => void,
  onStuck: (why: string) => void,
): Promise<void> {
  const restored = await untilDone(
    () =>
      undoing.restoreTraffic.executeWithOptions({ summary: `take the traffic off ${handle.release.image}` }, [
        { handle, reason },
      ]),
    onStuck,
  );
  onProgress(restored);
  const cleaned = await untilDone(
    () => undoing.cleanUp.executeWithOptions({ summary: 'remove what the deployment had made' }, [{ handle, reason }]),
    onStuck,
  );
  onProgress(cleaned);
}

/** The ROLLBACK stage of a deployment: appended to its stages, shown as it goes. */
export async function rollBack(
  state: DeploymentState,
  handle: DeliveryHandle,
  reason: string,
  publish: () => void,
  people: Notices,
): Promise<void> {
  const row: StageDocument = {
    ...ROLLBACK_STAGE,
    status: 'RUNNING',
    startedAt: iso(Date.now()),
    reason,
  };
  state.stages.push(row);
  state.current = row.id;
  publish();
  people.tell('DEPLOYMENT_ROLLING_BACK', reason);
  people.stage(row);
  await undo(
    handle,
    reason,
    (progress) => {
      noteProgress(state, progress, row);
      publish();
    },
    (why) => people.stuck(handle, why),
  );
  row.status = 'SUCCEEDED';
  row.completedAt = iso(Date.now());
  people.stage(row);
  delete state.current;
}
