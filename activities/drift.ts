import type { DriftLook } from '../model/drift.js';
import type { Millis } from '../model/duration.js';
import type { Audience } from '../model/notification.js';
import type { DeployAnswer, Redeploy } from '../workflows/messages.js';

/** What one look saw, and whether there is to be a next one. */
export interface DriftSeen extends DriftLook {
  /** Until the next look; absent where nobody looks unasked. */
  interval?: Millis;
  /** The application's workflow does not run: there is nothing to look after until the next deployment. */
  gone?: true;
  /** Whom it is told. */
  audience?: Audience;
  /** What is out of sync is to be deployed again (`trigger.onOutOfSync`), and nothing forbids it now. */
  redeploy?: true;
}

export interface DriftActivities {
  /**
   * Reads only: whether what runs is what the application deployed last. What AWS refuses to show is UNKNOWN; what may pass is thrown, and
   * tried again.
   */
  lookForDrift(app: string): Promise<DriftSeen>;
  /** Asks the application to bring out once more what should be running. `lookedAt` makes a repeat of the request the same one. */
  redeploy(asked: Redeploy & { app: string; lookedAt: string }): Promise<DeployAnswer>;
}
