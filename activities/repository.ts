import type { ChainedApplication, ChainMatcher } from '../model/chain.js';
import type {
  CommitDeployed,
  FileRenamed,
  ReadRelease,
  ReleaseInGit,
  RepositoryFiles,
  RepositoryLook,
  SealedFiles,
} from '../model/repository.js';
import type { Commit } from '../model/release.js';

/** A commit that is to be brought out for one application. */
export interface CommitToDeploy {
  repoId: string;
  /** Of the application file. */
  path: string;
  app: string;
  commit: Commit;
  /** The chain that asks for it. */
  chain?: string;
}

/** A file that registered one application and now says the name of another one. */
export interface FileToRename {
  repoId: string;
  path: string;
  from: string;
  to: string;
  commit: Commit;
}

/** What a block of a chain is made of; nothing that fits is a problem, for a wrong name would pass for good. */
export type FoundChained = { applications: ChainedApplication[] } | { problem: string };

export interface RepositoryActivities {
  /** Which commit the branch is at; undefined when the repository is not configured any more. */
  lookAtRepository(repoId: string): Promise<RepositoryLook | undefined>;
  /**
   * How the application files stand at a commit, and which of them it deploys.
   * @param input `considered`: by path, the commit from which changes are counted
   */
  readRepository(input: { repoId: string; head: string; considered: Record<string, string> }): Promise<RepositoryFiles>;
  /** Starts the deployment of a commit, once however often it is asked. */
  deployCommit(input: CommitToDeploy): Promise<CommitDeployed>;
  /** Has an application go on under the name that its file has now. */
  renameApplication(input: FileToRename): Promise<FileRenamed>;
  /**
   * The applications at the heads of the repositories that a chain deploys next.
   * @param input `not`: those that it has deployed already
   */
  findChained(input: { matcher: ChainMatcher; not: string[] }): Promise<FoundChained>;
  /** Reads a release from git, or from files with encrypted secrets, for one who asks for a deployment of it. */
  readRelease(input: ReleaseInGit | SealedFiles): Promise<ReadRelease>;
}
