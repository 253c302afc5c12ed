import type { MetricProgress } from '../model/evidence.js';
import type { Notice, Routing } from '../model/notification.js';
import type { AnyRelease } from '../model/release.js';
import type { HistoryEntry } from '../model/wire.js';
import type { DeploymentEnded, OpenDeployment, TakeOver, TakeOverAnswer } from '../workflows/messages.js';

/** One notice for one receiver. */
export interface ToDeliver {
  receiver: string;
  notice: Notice;
  /** The thread that the deployment's earlier notices are in, where the receiver has threads. */
  thread?: string;
}

export interface Delivered {
  /** False where the receiver is not configured any more. */
  delivered: boolean;
  /** Where the deployment's next notices belong. */
  thread?: string;
}

export interface PeopleActivities {
  /** Who is told of what. */
  routing(): Promise<Routing>;
  /** Delivers a notice to one receiver. Retried by the caller's policy. */
  deliver(what: ToDeliver): Promise<Delivered>;
  /** Hands a notice over to a workflow of its own, which delivers it; answers whether anybody wants it. */
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
  release?: AnyRelease;
}

export interface MemoryActivities {
  /** Whether the deployment still has something to do, and how it ended when it ended by itself. */
  lookAtDeployment(id: string): Promise<{ open: boolean; ended?: HistoryEntry }>;
  /** What can be known of an application whose workflow has no memory: from Visibility and, given a service, from AWS's tags. */
  recallApplication(input: { app: string; release?: AnyRelease }): Promise<Recalled>;
  /** Tells the application that a deployment ended, and starts it where it does not run. */
  tellApplication(ended: DeploymentEnded): Promise<void>;
  /** How far an analysis came that was stopped: what its workflow knows, also when it is closed; nothing when it never began. */
  recallAnalysis(input: { deployment: string; stage: string }): Promise<MetricProgress[]>;
  /** Tells an application one step of its taking over another one, and starts it where it does not run. */
  takeOver(input: { app: string; asked: TakeOver }): Promise<TakeOverAnswer>;
  /** What the first of these deployments was asked to bring out whose history can be read. */
  lastRelease(input: { deployments: string[] }): Promise<AnyRelease | undefined>;
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
