import type { LogLine, Progress } from './delivery.js';
import type { Difference } from './plan-preview.js';
import type { TaskRelease } from './release.js';

/** The memory of one run of a standalone task: what an activity needs to find it again after a crash. */
export interface TaskHandle {
  app: string;
  /** `<app>-<n>`. */
  deployment: string;
  /** Random; names in AWS what is ours. */
  uid: string;
  region: string;
  release: TaskRelease;
  /** Full ARN of the registered revision. */
  taskDefinitionArn: string;
}

/** What a look at AWS told before a standalone task is run. Reads only. */
export interface TaskPreview {
  /** End the deployment FAILED before anything is run. */
  problems: string[];
  warnings: string[];
  /** In what the file differs from the family's newest revision; all of it where there is none. */
  taskDefinition: Difference[];
  /** This content is registered already. */
  registered?: { taskDefinitionArn: string };
  log: LogLine[];
}

/** What became of a standalone task whose deployment ends early. */
export interface TaskStopped extends Progress {
  /** NONE: it had not begun. ENDED: it was over. STOPPED: it still ran. */
  found: 'NONE' | 'ENDED' | 'STOPPED';
}
