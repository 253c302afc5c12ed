import type { GitRepository } from '../../config/server.js';
import type { Commit } from '../../model/release.js';

/** A repository as git is asked for it. */
export type Repository = Pick<GitRepository, 'repoId' | 'remote' | 'branch'>;

/** The files of one commit. */
export interface GitFiles {
  /** All paths, from the root of the repository. */
  list(): Promise<string[]>;
  /** Undefined where there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
}

/** What is asked of git. Every function throws GitFailure, in words for people, when the repository does not answer. */
export interface Git {
  /** The commit that the branch is at: one question to the host, and nothing is fetched. */
  head(repository: Repository): Promise<string>;
  /** The commit that a branch, a tag or the beginning of a hash means; undefined when there is none. */
  resolve(repository: Repository, ref: string): Promise<string | undefined>;
  /** Fetches what is not here yet. */
  commit(repository: Repository, hash: string): Promise<Commit>;
  open(repository: Repository, hash: string): Promise<GitFiles>;
  /** Paths that differ between two commits; undefined when the first is not known any more, as after a forced push. */
  changedPaths(repository: Repository, from: string, to: string): Promise<string[] | undefined>;
  /** Whether the second commit contains the first. False where either is not known. */
  isAncestor(repository: Repository, ancestor: string, of: string): Promise<boolean>;
}

/** Why a repository could not be read: what happened, and what to do. */
export class GitFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GitFailure';
  }
}
