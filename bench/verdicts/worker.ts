import { parentPort } from 'node:worker_threads';
import { simulate } from './cell.js';
import { ALL, OURS } from './policies.js';
import type { Profile } from './profile.js';

/** A share of the runs of one profile. */
export interface Task {
  profile: Profile;
  lags: readonly number[];
  policies: 'all' | 'ours';
  runs: { from: number; count: number; seed: number };
}

parentPort?.on('message', ({ profile, lags, policies, runs }: Task) => {
  parentPort?.postMessage(simulate(profile, lags, policies === 'all' ? ALL : OURS, runs));
});
