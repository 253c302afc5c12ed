import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/common';

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
