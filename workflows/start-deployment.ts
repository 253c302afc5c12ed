import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  uuid4,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { Memory, Queued } from './application-memory.js';
import { deployment } from './deployment.js';
import { deploymentId, deploymentWorkflowId } from '../model/workflow-id.js';
import { deploymentSignals, goSignal, supersedeSignal } from './messages.js';
import type { Control, DeploymentInput } from './messages.js';
import { SluiceApp, SluiceCommit, SluiceLabels, SluiceStatus, SluiceTriggeredBy } from './search-attributes.js';

/**
 * Starts a deployment's workflow, PENDING, under the application's next free number. It is abandoned to itself: whatever happens to
 * the application's workflow (it continues as new, it is terminated), the deployment goes on.
 */
export async function startDeployment(
  app: string,
  memory: Memory,
  input: Omit<DeploymentInput, 'id' | 'app' | 'n' | 'uid'>,
): Promise<Queued> {
  for (;;) {
    const n = ++memory.highest;
    const id = deploymentId(app, n);
    try {
      await startChild(deployment, {
        workflowId: deploymentWorkflowId(id),
        args: [{ ...input, id, app, n, uid: uuid4() }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticSummary: input.rollbackTo
          ? `${app}: back to ${input.rollbackTo.deployment}`
          : `${app}: deploy ${input.release.image}`,
        typedSearchAttributes: [
          { key: SluiceApp, value: app },
          { key: SluiceStatus, value: 'PENDING' },
          { key: SluiceTriggeredBy, value: input.trigger.by },
          ...(input.commit ? [{ key: SluiceCommit, value: input.commit.hash }] : []),
          { key: SluiceLabels, value: Object.entries(input.release.labels).map(([k, v]) => `${k}=${v}`) },
        ],
      });
      return { id, n, rollback: input.rollbackTo !== undefined };
    } catch (error) {
      // A number that was given before the memory was lost: take the next one.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

/** Signals a deployment. False when it is gone. */
async function tell(
  id: string,
  send: (handle: ReturnType<typeof getExternalWorkflowHandle>) => Promise<void>,
): Promise<boolean> {
  try {
    await send(getExternalWorkflowHandle(deploymentWorkflowId(id)));
    return true;
  } catch {
    return false;
  }
}

/** Gives the lock to a deployment; a second time does nothing. False when it is gone. */
export function letGo(id: string): Promise<boolean> {
  return tell(id, (deployment) => deployment.signal(goSignal));
}

/** Ends a deployment that has not begun. */
export function supersede(id: string, by: string): Promise<boolean> {
  return tell(id, (deployment) => deployment.signal(supersedeSignal, { by }));
}

/** Stops a deployment and rolls it back. */
export function cancelDeployment(id: string, control: Control): Promise<boolean> {
  return tell(id, (deployment) => deployment.signal(deploymentSignals.cancel, { ...control, rollback: true }));
}
