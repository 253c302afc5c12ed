import { ApplicationFailure } from '@temporalio/workflow';
import type { DeliveryHandle } from '../../model/delivery.js';
import { formatDuration } from '../../model/duration.js';
import { FAILURE } from '../../model/failure.js';
import type { Stage } from '../../model/stage.js';
import type { TaskHandle } from '../../model/standalone-task.js';
import type { StageDocument } from '../../model/wire.js';
import type { DeploymentState } from '../deployment-state.js';
import type { Notices } from '../notices.js';

/** What a stage's function gets: the deployment, its own row, and the instant (epoch ms) at which it has taken too long. */
export interface StageRun {
  state: DeploymentState;
  row: StageDocument;
  handle: DeliveryHandle | TaskHandle;
  deadline: number;
  /** Shows the state to the outside: memo, search attributes, Temporal's UI. */
  publish: () => void;
  people: Notices;
}

/** The delivery of a service. The files of a task that have a stage which asks for it are refused. */
export function deliveryOf({ handle, row }: StageRun): DeliveryHandle {
  if ('snapshot' in handle) return handle;
  throw new TypeError(`stage ${row.id} (${row.name}) needs a service`);
}

/** How a stage ended when it did not fail. */
export interface StageEnd {
  status: 'SUCCEEDED' | 'SKIPPED';
  reason?: string;
}

/** What a stage throws when it cannot succeed: the deployment rolls back, with this sentence as its reason. */
export function stageFailed(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(reason, FAILURE.stage);
}

/** The sentence for a stage that its time limit ended, or that of the whole deployment where that came first. */
export function tookTooLong({ state, row }: StageRun, { timeout }: Pick<Stage, 'timeout'>): string {
  const began = Date.parse(row.startedAt ?? '');
  const whole = Date.now() < began + timeout;
  const limit = whole
    ? `${formatDuration(state.input.release.timeout)}, the time limit of the whole deployment`
    : `its time limit of ${formatDuration(timeout)}`;
  return `${row.name} was not over within ${limit}.`;
}

/** Whether somebody skipped this stage. */
export function isSkipped({ state, row }: StageRun): boolean {
  return state.skipped.includes(row.id);
}

/** How a skipped stage ends: with the words of the one who skipped it. */
export function skippedEnd({ state, row }: StageRun): StageEnd {
  const entry = state.trail.findLast((e) => e.action === 'skip' && e.stage === row.id);
  return {
    status: 'SKIPPED',
    reason: `Skipped by ${entry?.by ?? 'somebody'}${entry?.reason ? `: ${entry.reason}` : ''}.`,
  };
}
