import type { MetricProgress } from '../model/evidence.js';
import type { Release } from '../model/release.js';
import type { HistoryEntry } from '../model/wire.js';
import type { DeploymentEnded, OpenDeployment } from '../workflows/messages.js';

/** What a webhook is told. `id` is the same for each attempt, so that a receiver can drop a repeat. */
export interface Notice {
  id: string;
  event: 'ROLLED_BACK' | 'WAITING_APPROVAL' | 'ROLLBACK_STUCK' | 'TRIGGER_FAILED' | 'EVENT_FAILED' | 'OUT_OF_SYNC';
  app?: string;
  deployment?: string;
  /** The repository from which an application cannot be deployed, or which cannot be read. */
  repository?: string;
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

/** What AWS's tags tell of the version that runs: enough to go on after the Temporal database was lost. */
export interface Recalled {
  /** Highest number that a deployment of this application was ever given, as far as can be seen. */
  highest: number;
  /** Deployments whose workflows are open, oldest first. */
  open: OpenDeployment[];
  running?: { deployment: string; taskDefinition: string };
  /** Ended deployments that Temporal still knows, newest first. */
  history: HistoryEntry[];
  /** The release of the newest good one of them. */
  release?: Release;
}

export interface MemoryActivities {
  /** Whether the deployment still has something to do, and how it ended when it ended by itself. */
  lookAtDeployment(id: string): Promise<{ open: boolean; ended?: HistoryEntry }>;
  /** What can be known of an application whose workflow has no memory: from Visibility and, given a service, from AWS's tags. */
  recallApplication(input: { app: string; release?: Release }): Promise<Recalled>;
  /** Tells the application that a deployment ended, and starts it where it does not run. */
  tellApplication(ended: DeploymentEnded): Promise<void>;
  /** How far an analysis came that was stopped: what its workflow knows, also when it is closed; nothing when it never began. */
  recallAnalysis(input: { deployment: string; stage: string }): Promise<MetricProgress[]>;
  /** Wakes the application for a deployment that waits, and starts it where it does not run. */
  wakeApplication(app: string, waiting: OpenDeployment): Promise<void>;
}

/** One line of `sluice doctor`. `ok` is null where it could not be told. */
export interface Check {
  name: string;
  ok: boolean | null;
  detail: string;
  fix?: string;
}

export interface DoctorActivities {
  /** Credentials, IAM actions, metrics providers and clock skew, as the worker sees them. */
  examine(): Promise<{ checks: Check[] }>;
}
