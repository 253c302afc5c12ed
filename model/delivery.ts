import type { JsonObject } from './json.js';
import type { Release, SealedTaskDefinition } from './release.js';

/** Percent of the requests that each side gets; they add up to 100. */
export interface Weights {
  primary: number;
  canary: number;
  /** Above 0; absent when the baseline gets none. */
  baseline?: number;
}

export const ALL_PRIMARY: Weights = { primary: 100, canary: 0 };

/** The weights that give these shares, percent, and the primary what is left. */
export function weightsFor(canary: number, baseline = 0): Weights {
  return { primary: 100 - canary - baseline, canary, ...(baseline > 0 && { baseline }) };
}

/**
 * Where a delivery can be told to go. Stages speak of positions and never of weights in rules, task sets or target groups, so that
 * a second driver (ECS-native deployments with PAUSE hooks) can take the same stages (ecs-alb-facts §D).
 */
export type Position =
  | { at: 'SYNCED' }
  | { at: 'CANARY_READY'; scale: number }
  | { at: 'BASELINE_READY'; scale: number }
  | { at: 'TRAFFIC'; canary: number; baseline?: number }
  | { at: 'PROMOTED' }
  | { at: 'CANARY_GONE' }
  | { at: 'BASELINE_GONE' };

/** A line of the deployment's log: written for the people who watch it, in their words. */
export interface LogLine {
  at: number;
  level: 'info' | 'warning' | 'error';
  text: string;
}

/** One AWS change that was made, for the page's list of calls: `elasticloadbalancing:ModifyRule` on which ARN, and what changed. */
export interface AwsChange {
  at: number;
  action: string;
  resource: string;
  summary: string;
}

/** A listener rule that forwards to exactly the delivery's groups, as it stood when the deployment began. */
export interface RuleSnapshot {
  listenerArn: string;
  ruleArn: string;
  isDefault: boolean;
  weights: Weights;
  stickiness?: { enabled: boolean; durationSeconds?: number };
  /** The rule's actions as read, whole: what is sent back with other weights, and what shows whether somebody else changed it. */
  actions: JsonObject[];
}

/** A task set as it stood when the deployment began, whole enough to be built again. */
export interface TaskSetSnapshot {
  taskSetArn: string;
  id: string;
  taskDefinitionArn: string;
  taskDefinition: SealedTaskDefinition;
  /** Percent. */
  scale: number;
  /** Members of CreateTaskSet: loadBalancers, networkConfiguration, launchType … */
  createTaskSet: JsonObject;
  tags: { key: string; value: string }[];
}

/** What stood before the first change. Opaque to the stages: the driver alone reads it. */
export interface Snapshot {
  takenAt: number;
  accountId: string;
  region: string;
  /** Absent where tasks are found by service discovery. */
  loadBalancerArn?: string;
  service?: { serviceArn: string; desiredCount: number };
  /** Absent on a first deployment. */
  primary?: TaskSetSnapshot;
  rules: RuleSnapshot[];
  /** Rules outside the pair that reached the canary's group already: what they answer once it is empty was said before the start. */
  rulesOnCanary: string[];
  /** The same of the baseline's group; absent where the file names none. */
  rulesOnBaseline?: string[];
  /** Task sets besides the primary that are ours to remove after success: of our own earlier runs, PipeCD's with consent. */
  leftovers: string[];
}

/** What the preflight found, reads only. `problems` end the deployment FAILED before any change. */
export interface Preflight {
  problems: string[];
  warnings: string[];
  snapshot?: Snapshot;
  /** No primary task set stands: there is nothing to compare with and nothing to go back to. */
  firstDeployment: boolean;
  /** The primary already runs this content at full scale with the weights on it, and the service fields are as in the file. */
  unchanged: boolean;
  running?: { image?: string; taskDefinitionArn: string; content?: string; deployment?: string };
  /** Most tasks that stand at once on the way, for the page and the plan (ecs-alb-facts §24). */
  peakTasks: number;
  log: LogLine[];
}

/** The driver's own memory of one delivery: everything an activity needs to find its way again after a crash. */
export interface DeliveryHandle {
  app: string;
  /** `<app>-<n>`. */
  deployment: string;
  /** Random, so that what is written to AWS is ours even if `<app>-<n>` was used before (a lost Temporal database). */
  uid: string;
  release: Release;
  snapshot: Snapshot;
  /** Full ARN of the registered revision. */
  taskDefinitionArn: string;
}

/** What an ANALYSIS needs to see whether the traffic is still as it was set: the rules, and the canary's share. */
export interface Traffic {
  provider: string;
  app: string;
  deployment: string;
  snapshot: Pick<Snapshot, 'region' | 'accountId' | 'loadBalancerArn' | 'rules'>;
  targetGroups: Release['targetGroups'];
  wanted: Weights;
}

/** What a mutating activity answers: the traffic as wanted and as read back, and what it did, for the log. */
export interface Progress {
  traffic?: { wanted: Weights; verified?: Weights; verifiedAt?: number };
  /** One sentence for the stage's row: `2 of 2 targets healthy on green`. */
  detail: string;
  log: LogLine[];
  changes: AwsChange[];
}

/** What a running activity heartbeats, so that the page moves while it runs. The last 50 log lines at most. */
export interface ActivityHeartbeat {
  stage: string;
  detail: string;
  traffic?: Progress['traffic'];
  log: LogLine[];
  /** The AWS changes made so far, so that a retry's answer tells the whole story. */
  changes?: AwsChange[];
  /** A task set that this activity made: known before any read shows it (ecs-alb-facts §25). */
  created?: { taskSetArn: string; attempt: number };
  /** A standalone task that this activity asks for, and its ARN once ECS has answered. */
  asked?: AskedTask;
}

/** One attempt to run a standalone task: written down before the call, so that no later attempt runs a second one unknowingly. */
export interface AskedTask {
  /** Epoch ms. */
  at: number;
  attempt: number;
  taskArn?: string;
}
