import type { Commit } from './release.js';
import type { DeploymentStatus } from './wire.js';

/** What one block of a chain deploys: every application that fits all that is written (pipecd.md §1.1). */
export interface ChainMatcher {
  name?: string;
  labels?: Record<string, string>;
}

/** An application that a chain may deploy, at the head of its repository. */
export interface ChainedApplication {
  app: string;
  repoId: string;
  /** Of its application file. */
  path: string;
  commit: Commit;
}

/** One application of a block. */
export interface ChainNode {
  app: string;
  status: DeploymentStatus | 'WAITING';
  deployment?: string;
  /** Why it waits, or how its deployment ended. */
  reason?: string;
}

export type ChainStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** Applications that are deployed side by side. */
export interface ChainBlock {
  /** What it was written as. */
  matcher: ChainMatcher;
  status: 'NOT_STARTED' | ChainStatus;
  reason?: string;
  nodes: ChainNode[];
}

/** The deployments that follow a good one, block after block. Times are ISO 8601. */
export interface ChainDocument {
  /** The deployment that it follows. */
  id: string;
  app: string;
  status: ChainStatus;
  /** One sentence. */
  reason: string;
  startedAt: string;
  completedAt?: string;
  blocks: ChainBlock[];
}

export interface ChainList {
  chains: ChainDocument[];
}

/** A matcher in words. */
export function describeMatcher({ name, labels = {} }: ChainMatcher): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [...(name === undefined ? [] : [name]), ...(pairs.length > 0 ? [`labels ${pairs.join(', ')}`] : [])].join(
    ' with ',
  );
}

/** Whether an application fits. */
export function fitsMatcher(
  { name, labels = {} }: ChainMatcher,
  application: { app: string; labels: Readonly<Record<string, string>> },
): boolean {
  if (name !== undefined && name !== application.app) return false;
  return Object.entries(labels).every(([key, value]) => application.labels[key] === value);
}
