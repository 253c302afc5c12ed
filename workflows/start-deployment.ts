import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  uuid4,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import type { Memory } from './application-memory.js';
import { deployment } from './deployment.js';
import { asRollback } from './deployment-state.js';
import { deploymentId, deploymentWorkflowId } from '../model/workflow-id.js';
import { deploymentSignals, goSignal, supersedeSignal } from './messages.js';
import type { Control, DeploymentInput, Go, OpenDeployment } from './messages.js';
import { remembering } from './proxies.js';
import { SluiceApp, SluiceCommit, SluiceLabels, SluiceStatus, SluiceTriggeredBy } from './search-attributes.js';

/** Characters that Temporal takes for a summary. */
const SUMMARY_LENGTH = 200;

/**
 * Starts a deployment's workflow, PENDING, under the application's next free number. It is abandoned to itself: whatever happens to
 * the application's workflow (it continues as new, it is terminated), the deployment goes on.
 * @param onOpen told of a deployment that has the number already and is open: Visibility had not shown it.
 */
export async function startDeployment(
  app: string,
  memory: Memory,
  input: Omit<DeploymentInput, 'id' | 'app' | 'n' | 'uid'>,
  onOpen: (found: OpenDeployment) => Promise<void>,
): Promise<OpenDeployment> {
  for (;;) {
    const n = ++memory.highest;
    const id = deploymentId(app, n);
    try {
      await startChild(deployment, {
        workflowId: deploymentWorkflowId(id),
        args: [{ ...input, id, app, n, uid: uuid4() }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        staticDetails: aboutOf(input),
        staticSummary: summaryOf(app, input).slice(0, SUMMARY_LENGTH),
        typedSearchAttributes: [
          { key: SluiceApp, value: app },
          { key: SluiceStatus, value: 'PENDING' },
          { key: SluiceTriggeredBy, value: keyword(input.trigger.by) },
          ...(input.commit ? [{ key: SluiceCommit, value: keyword(input.commit.hash) }] : []),
          { key: SluiceLabels, value: Object.entries(input.release.labels).map(([k, v]) => keyword(`${k}=${v}`)) },
        ],
      });
      return { id, n, ...asRollback(input) };
    } catch (error) {
      // A number that was given before the memory was lost: take the next one.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { open } = await remembering.lookAtDeployment(id);
      if (open) await onOpen({ id, n });
    }
  }
}

/** What is known from the start, for Temporal's own UI: Markdown. What becomes of it stands in the current details. */
function aboutOf({ trigger, commit }: Pick<DeploymentInput, 'trigger' | 'commit'>): string {
  const title = commit?.message?.split('\n', 1)[0];
  return [
    `Asked for by **${trigger.by}**.`,
    ...(commit ? [`Commit \`${commit.hash}\`${title ? `: ${title}` : ''}`] : []),
    '*Request Cancellation* stops it and rolls back. *Terminate* leaves AWS as it is at that moment.',
  ].join('\n\n');
}

function summaryOf(
  app: string,
  { release, rollbackTo, drift }: Pick<DeploymentInput, 'release' | 'rollbackTo' | 'drift'>,
): string {
  if (!rollbackTo) return `${app}: deploy ${release.image}`;
  return drift === undefined
    ? `${app}: back to ${rollbackTo.deployment}`
    : `${app}: ${rollbackTo.deployment} once more`;
}

/** A longer one would keep the deployment out of every list on PostgreSQL and MySQL, whose columns have 255 characters. */
function keyword(value: string): string {
  return value.slice(0, 255);
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
export function letGo(id: string, go: Go): Promise<boolean> {
  return tell(id, (deployment) => deployment.signal(goSignal, go));
}

/** Ends a deployment that has not begun. */
export function supersede(id: string, by: string): Promise<boolean> {
  return tell(id, (deployment) => deployment.signal(supersedeSignal, { by }));
}

/** Stops a deployment and rolls it back. */
export function cancelDeployment(id: string, control: Control): Promise<boolean> {
  return tell(id, (deployment) => deployment.signal(deploymentSignals.cancel, { ...control, rollback: true }));
}
