import type { Millis } from './duration.js';
import type { Audience } from './notification.js';
import type { Finding } from './finding.js';
import type { AnyRelease, Commit } from './release.js';

/** How an application file of a repository stands. */
export type ApplicationFileStatus =
  /** Commits that touch it deploy it. */
  | 'WATCHED'
  /** `trigger.onCommit.disabled`: only requests deploy it. */
  | 'ON_REQUEST'
  /** It cannot be loaded: nothing is deployed from it until it is mended. */
  | 'INVALID'
  /** A commit waits, or was refused; `problem` says why. */
  | 'WAITING'
  | 'REFUSED'
  /** The file is gone: the application stays as it runs. */
  | 'REMOVED';

/** One application file of a repository. */
export interface ApplicationFile {
  /** Of the file, from the root of the repository. */
  path: string;
  /** `spec.name`. */
  app?: string;
  status: ApplicationFileStatus;
  /** What is wrong, with file and line, or why its commit waits. */
  problem?: string;
  /** The newest commit of which it was decided whether it deploys: changes are counted from here. */
  considered?: string;
  /** The last deployment that a commit began. */
  deployment?: string;
  /** The name under which it was deployed before it got its present one: that is still to be taken over. */
  was?: string;
}

/** What is known of a watched repository. */
export interface RepositoryState {
  repoId: string;
  remote: string;
  branch: string;
  head?: Commit;
  /** Epoch ms of the last look that was answered. */
  lookedAt?: number;
  /** Why the last look was not answered, and what to do. */
  problem?: string;
  applications: ApplicationFile[];
  /** By path: who is told when a file's commit cannot be deployed. */
  audiences?: Record<string, Audience>;
}

/** What one look at a repository's branch found: one question to its host. */
export interface RepositoryLook {
  remote: string;
  branch: string;
  /** Until the next look, unless somebody asks for one. */
  interval: Millis;
  /** The commit that the branch is at; absent when the repository did not answer. */
  head?: string;
  /** Why it did not, and what to do. */
  problem?: string;
}

/** The application files at one commit, or why they cannot be read. */
export type RepositoryFiles = { commit: Commit; files: SeenFile[] } | { problem: string };

/** An application file as it was found. */
export interface SeenFile extends Pick<ApplicationFile, 'path' | 'app' | 'problem'> {
  status: 'WATCHED' | 'ON_REQUEST' | 'INVALID';
  audience?: Audience;
  /** Why its newest commit deploys it; absent when that changes nothing of it. */
  due?: string;
}

/** What became of a commit that was to be deployed. `WAITS` is tried again with each look. */
export type CommitDeployed =
  { outcome: 'DEPLOYED'; deployment: string } | { outcome: 'WAITS' | 'REFUSED' | 'INVALID'; problem: string };

/** What became of an application whose file got another name: NONE where it is no rename, for nothing was deployed under the old one. */
export type FileRenamed =
  { outcome: 'RENAMED' } | { outcome: 'NONE' } | { outcome: 'WAITS' | 'REFUSED'; problem: string };

/** What somebody asks to be deployed from git. */
export interface ReleaseInGit {
  app: string;
  repoId: string;
  /** A branch, a tag or a commit; the head of the configured branch when left out. */
  ref?: string;
  /** The folder of the application, or its application file. */
  path: string;
  image?: string | Record<string, string>;
  provider?: string;
}

/** Files with encrypted secrets, which somebody asks to be deployed. */
export interface SealedFiles {
  app: string;
  /** The files by their names, as a JSON object, sealed. */
  sealedFiles: string;
  image?: string | Record<string, string>;
  provider?: string;
}

/** The release, unless `findings` refuse it. */
export interface ReadRelease {
  release?: AnyRelease;
  commit?: Commit;
  findings: Finding[];
}
