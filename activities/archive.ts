import type { ArchiveAnswer, ArchiveQuestion } from '../model/archive.js';
import type { DeploymentDocument } from '../model/wire.js';

export interface Swept {
  /** Ended deployments that were not in the archive, and are now. */
  written: number;
  /** Those that could not be written, and why the first one could not. */
  failed: number;
  why?: string;
}

export interface ArchiveActivities {
  /** Keeps an ended deployment for good. Again, it writes the same file. */
  archive(document: DeploymentDocument): Promise<{ name: string; bytes: number }>;
  /** Archives each ended deployment that Temporal still knows and the archive does not. */
  sweepArchive(): Promise<Swept>;
  /** Answers a process that has no right to the archive. */
  readArchive(asked: ArchiveQuestion): Promise<ArchiveAnswer>;
}
