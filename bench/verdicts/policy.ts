import type { Rollout } from './rollout.js';

/** What became of a rollout. */
export interface Verdict {
  verdict: 'PROMOTE' | 'ROLLBACK' | 'HOLD';
  /** Minutes from the first canary traffic. */
  at: number;
  /** How many of its looks saw any data of the canary. 0 with PROMOTE is a promotion that nothing was measured for. */
  measurements: number;
}

/** One way to judge rollouts, in one configuration. */
export interface Policy {
  name: string;
  /** The share of good versions that it is allowed to roll back, where it has such a setting. */
  budget?: number;
  judge: (rollout: Rollout) => Verdict;
}
