import type { DeploymentDocument, DeploymentStatus } from './wire.js';

/** What is asked of the archive by a process that has no right to it. */
export type ArchiveQuestion = ArchiveListQuestion | ArchiveFileQuestion;

/** The archived deployments of a list, newest first. */
export interface ArchiveListQuestion {
  kind: 'LIST';
  app?: string;
  status?: DeploymentStatus[];
  /** A part of the deployment's id. */
  text?: string;
  /** The last row that is known already: epoch ms of its start, and its id. */
  after?: { at: number; id: string };
  limit: number;
}

/** The file of one deployment, piece by piece. */
export interface ArchiveFileQuestion {
  kind: 'FILE';
  id: string;
  /** Of the first byte that is wanted. */
  offset: number;
}

/** One archived deployment in a list. */
export interface ArchivedRow {
  /** When its workflow began, epoch ms: what lists are sorted by. */
  at: number;
  /** As lists show it, without points and evidence. */
  document: DeploymentDocument;
}

export type ArchiveAnswer =
  | {
      kind: 'LIST';
      /** Of `ArchivedRow[]` as JSON: base64 of gzip, since Temporal keeps what it carries. */ packed: string;
    }
  | {
      kind: 'FILE';
      /** base64 */ bytes: string;
      /** Where the next piece begins; absent after the last. */ next?: number;
    }
  | { kind: 'NONE' };

/** How many rows a list is answered at once, at most. */
export const MOST_ARCHIVED_ROWS = 201;
