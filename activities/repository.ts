import type {
  CommitDeployed,
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
}

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
  /** Reads a release from git, or from files with encrypted secrets, for one who asks for a deployment of it. */
  readRelease(input: ReleaseInGit | SealedFiles): Promise<ReadRelease>;
}
