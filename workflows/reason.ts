import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  isCancellation,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';

/** Whether an activity failed, and was not stopped by us; all else is a bug, which the workflow waits to be mended for. */
export function isFailedActivity(error: unknown): boolean {
  return error instanceof TemporalFailure && !isCancellation(error);
}

/** The sentence that people read for a failure: the innermost one that says something. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApplicationFailure) return error.message;
  if (error instanceof ActivityFailure) {
    if (error.cause instanceof TimeoutFailure) return `No worker finished ${error.activityType} in time.`;
    return error.cause ? reasonOf(error.cause) : error.message;
  }
  if (error instanceof ChildWorkflowFailure) {
    return error.cause ? `The ${error.workflowType} ended early: ${reasonOf(error.cause)}` : error.message;
  }
  return error instanceof Error ? error.message : String(error);
}
