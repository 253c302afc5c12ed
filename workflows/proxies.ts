import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ActivityInterfaceFor } from '@temporalio/workflow';
import { HOUR, SECOND, MINUTE } from '../model/duration.js';
import type { ArchiveActivities } from '../activities/archive.js';
import type { DeliveryActivities } from '../activities/delivery.js';
import type { DriftActivities } from '../activities/drift.js';
import type { EventActivities } from '../activities/events.js';
import type { MeasureActivities } from '../activities/measure.js';
import type { DoctorActivities, MemoryActivities, PeopleActivities } from '../activities/people.js';
import type { RepositoryActivities } from '../activities/repository.js';
import type { ScriptActivities } from '../activities/script.js';
import type { TaskActivities } from '../activities/task.js';

/** A worker that is cut off is noticed this fast, and a cancelled activity hears of it within this time. */
const HEARTBEAT = 10 * SECOND;
const RETRY = { initialInterval: SECOND, backoffCoefficient: 2, maximumInterval: 30 * SECOND };

/**
 * Activities that change AWS. A cancelled one is waited for, so that a rollback never races with the stage that it undoes; what
 * bounds the wait is the heartbeat. The default cancellation type of SDK 1.24 is TRY_CANCEL whatever its documentation says, so
 * each proxy names its own.
 */
export const changing = proxyActivities<
  Pick<DeliveryActivities, 'begin' | 'advance' | 'finish' | 'restoreStickiness' | 'renameService'> &
    Pick<TaskActivities, 'registerTask' | 'runTask'>
>({
  startToCloseTimeout: 6 * HOUR,
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
});

/** Commands of the user's. A cancelled one is waited for: its process is ended, and its last words are kept. */
export const running = proxyActivities<ScriptActivities>({
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: RETRY,
  // Each call says how long its command may take.
  startToCloseTimeout: 6 * HOUR,
});

/** A rollback is repeated for as long as it takes. */
export const undoing = proxyActivities<
  Pick<DeliveryActivities, 'restoreTraffic' | 'cleanUp'> & Pick<TaskActivities, 'stopTask'>
>({
  startToCloseTimeout: 6 * HOUR,
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { ...RETRY, maximumInterval: 10 * SECOND },
});

/** Activities that only read: nothing is lost when one is left behind, and the rollback begins at once. */
export const reading = proxyActivities<
  Pick<DeliveryActivities, 'preflight' | 'preview' | 'showTaskSets' | 'locate'> &
    Pick<TaskActivities, 'inspectTask'> &
    MeasureActivities
>({
  startToCloseTimeout: 2 * HOUR,
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: RETRY,
});

type Remembering = MemoryActivities & DoctorActivities & Pick<ArchiveActivities, 'readArchive'>;

const remember = (summary: string): ActivityInterfaceFor<Remembering> =>
  proxyActivities<Remembering>({
    summary,
    startToCloseTimeout: MINUTE,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: RETRY,
  });

/** Looks at Temporal, at tags and at the archive. */
export const remembering = {
  lookAtDeployment: remember('is it open, or how did it end?').lookAtDeployment,
  wakeApplication: remember('ask the application for its turn').wakeApplication,
  tellApplication: remember('tell the application how it ended').tellApplication,
  recallAnalysis: remember('recall the evidence that the last good version left').recallAnalysis,
  recallApplication: remember('recall what is deployed from tags and earlier deployments').recallApplication,
  takeOver: remember('hand the application over to its new name').takeOver,
  lastRelease: remember('recall what was brought out last').lastRelease,
  readArchive: remember('read the archive').readArchive,
  examine: remember('look at credentials, rights, metrics providers and clocks').examine,
};

/** A look for drift is short, and the next one comes anyway. */
export const comparing = proxyActivities<DriftActivities>({
  startToCloseTimeout: 45 * SECOND,
  scheduleToCloseTimeout: 2 * MINUTE,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...RETRY, maximumAttempts: 3 },
});

/** Activities that read git and start deployments; what hangs is given up, and the next look tries again. */
export const looking = proxyActivities<RepositoryActivities & EventActivities>({
  startToCloseTimeout: 30 * MINUTE,
  scheduleToCloseTimeout: HOUR,
  heartbeatTimeout: 3 * HEARTBEAT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: RETRY,
});

/** People are told in the background, for an hour at most. */
export const telling = proxyActivities<PeopleActivities>({
  startToCloseTimeout: 30 * SECOND,
  scheduleToCloseTimeout: HOUR,
  cancellationType: ActivityCancellationType.ABANDON,
  retry: { ...RETRY, maximumInterval: 5 * MINUTE },
});

/** Keeps an ended deployment: for an hour at most, since its workflow stays open for it. */
export const archiving = proxyActivities<Pick<ArchiveActivities, 'archive'>>({
  startToCloseTimeout: 5 * MINUTE,
  scheduleToCloseTimeout: HOUR,
  heartbeatTimeout: HEARTBEAT,
  cancellationType: ActivityCancellationType.ABANDON,
  retry: { ...RETRY, maximumInterval: 5 * MINUTE },
});

/** The first look of all may write thousands of deployments; a second attempt goes on where the first one stopped. */
export const sweeping = proxyActivities<Pick<ArchiveActivities, 'sweepArchive'>>({
  startToCloseTimeout: 6 * HOUR,
  heartbeatTimeout: 3 * HEARTBEAT,
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...RETRY, maximumAttempts: 5 },
});
