import type { GitRepository } from '../../config/server.js';
import type { Commit } from '../../model/release.js';

/** A repository as git is asked for it. */
export type Repository = Pick<GitRepository, 'repoId' | 'remote' | 'branch' | 'host' | 'access'>;

/** The files of one commit. */
export interface GitFiles {
  /** All paths, from the root of the repository. */
  list(): Promise<string[]>;
  /** Undefined where there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
}

/** A commit to be made on top of another one. */
export interface NewCommit {
  parent: string;
  /** New contents of files that the parent has. */
  files: Readonly<Record<string, Uint8Array>>;
  /** With its trailers. */
  message: string;
  /** A branch of our own, which is made or moved; the repository's own branch when left out. */
  branch?: string;
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
  /** The values of a trailer in the newest commits up to this one, each with its newest commit. */
  trailers(repository: Repository, head: string, key: string): Promise<Map<string, string>>;
  /**
   * Commits and pushes, if the branch is at `parent` still.
   * @returns the commit; undefined when somebody else pushed first. @throws PushRefused when the host does not want it
   */
  push(repository: Repository, commit: NewCommit): Promise<string | undefined>;
}

/** Why a repository could not be read: what happened, and what to do. */
export class GitFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GitFailure';
  }
}

/** The host answered and refused the commit, as for a protected branch: to try again does not help. */
export class PushRefused extends Error {
  override readonly name = 'PushRefused';
}
