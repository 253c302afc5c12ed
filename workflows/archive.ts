import { log, TemporalFailure } from '@temporalio/workflow';
import { documentOf } from './deployment-state.js';
import type { DeploymentState } from './deployment-state.js';
import { archiving } from './proxies.js';
import { reasonOf } from './reason.js';

/**
 * Keeps the deployment for good: its last act, when all that it could wait for is over. It changes no end: what cannot be written within
 * an hour is said in the warnings, and the archivist tries again.
 */
export async function archive(state: DeploymentState): Promise<void> {
  try {
    await archiving.archive.executeWithOptions({ summary: 'keep it for good' }, [documentOf(state)]);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    const why = reasonOf(error);
    log.warn('not archived yet', { deployment: state.input.id, why });
    state.warnings.push(`It is not in the archive yet, and is tried again every few hours: ${why}`);
  }
}
