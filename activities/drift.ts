import type { DriftLook } from '../model/drift.js';

export interface DriftActivities {
  /**
   * Reads only: whether what runs is what the application deployed last. What AWS refuses to show is UNKNOWN; what may pass is thrown, and
   * tried again.
   */
  lookForDrift(app: string): Promise<DriftLook>;
}
