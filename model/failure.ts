/**
 * The types of ApplicationFailure that cross from activities to workflows. Workflows match on these, never on message text.
 * Anything else that an activity throws is retried.
 */
export const FAILURE = {
  /** The stage cannot succeed: crash loop, time-out, refused by AWS. Rolls back. */
  stage: 'StageFailed',
  /** Somebody else changed what this deployment had written. Stops the deployment; nothing is fought over. */
  changedByOthers: 'ChangedBySomebodyElse',
  /** What the workflow handed over does not make sense: a bug or a hand-made input. Never retried. */
  input: 'BadInput',
} as const;

export type FailureType = (typeof FAILURE)[keyof typeof FAILURE];
