/** The tags that Sluice writes. They, not names, say what is ours: names are used again. */
export const TAG = {
  /** On services and task sets: the application that they belong to. */
  application: 'sluice:application',
  managedBy: 'sluice:managed-by',
  /** On task sets and standalone tasks: the deployment that made them, and its random id. */
  deployment: 'sluice:deployment',
  uid: 'sluice:uid',
  role: 'sluice:role',
  stage: 'sluice:stage',
  /** On task sets: the desired count in the file of that deployment (ecs-alb-facts §15). */
  desiredCount: 'sluice:desired-count',
  /** On task definition revisions: the hash of their content (ecs-alb-facts §17). */
  content: 'sluice:content',
  /** On them too: the fields that hold a secret of the repository's, so that a later comparison shows none of their values. */
  secrets: 'sluice:secrets',
} as const;

/** What PipeCD puts on all that it makes (pipecd.md §2). */
export const PIPECD_TAG = 'pipecd-dev-managed-by';
export const PIPECD_APPLICATION_TAG = 'pipecd-dev-application';

/**
 * `primary`: the new version in the primary group. `baseline`: the old version, made afresh beside the canary. `restored`: the old
 * version, built again by a rollback that found it gone.
 */
export type TaskSetRole = 'primary' | 'canary' | 'baseline' | 'restored';
