import type { CommitToDeploy } from '../activities/repository.js';
import type { CommitDeployed } from '../model/repository.js';
import { looking } from './proxies.js';
import { isFailedActivity, reasonOf } from './reason.js';

/** Has a commit deployed. One that cannot be deployed now waits, and holds up no other application. */
export async function deployCommit(asked: CommitToDeploy, summary: string): Promise<CommitDeployed> {
  try {
    return await looking.deployCommit.executeWithOptions({ summary }, [asked]);
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    return { outcome: 'WAITS', problem: `The deployment could not be started: ${reasonOf(error)}` };
  }
}
