import { parentPort } from 'node:worker_threads';
import { simulate } from './cell.js';
import { POLICIES } from './policies.js';
import type { Profile } from './profile.js';

/** A share of the runs of one profile. */
export interface Task {
  profile: Profile;
  lags: readonly number[];
  runs: { from: number; count: number; seed: number };
}

parentPort?.on('message', ({ profile, lags, runs }: Task) => {
  parentPort?.postMessage(simulate(profile, lags, POLICIES, runs));
});
