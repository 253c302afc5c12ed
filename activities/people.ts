import type { DeploymentStatus } from '../model/wire.js';

/** What a webhook is told. `id` is the same for each attempt, so that a receiver can drop a repeat. */
export interface Notice {
  id: string;
  event: 'ROLLED_BACK' | 'WAITING_APPROVAL' | 'ROLLBACK_STUCK';
  app: string;
  deployment: string;
  at: number;
  /** One sentence. */
  reason: string;
  /** Commands to do by hand, when a rollback is stuck. */
  commands?: string[];
  link: string;
}

export interface PeopleActivities {
  /** Delivers to the configured webhook, if there is one; answers whether it did. Retried by the caller's policy. */
  notify(notice: Notice): Promise<{ delivered: boolean }>;
}

export interface MemoryActivities {
  /** Whether the deployment's workflow is still open, and its final status when it is not and ended by itself. */
  lookAtDeployment(id: string): Promise<{ open: boolean; status?: DeploymentStatus }>;
  /**
   * What can be known of an application whose workflow has no memory: from Visibility (highest number, open deployments) and, when
   * the release is given, from the tags in AWS (the running version's deployment and its owner).
   */
  recallApplication(app: string): Promise<{ highest: number; open: string[] }>;
}
