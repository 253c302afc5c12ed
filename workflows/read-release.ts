import type { ReadRelease, ReleaseInGit } from '../model/repository.js';
import { looking } from './proxies.js';

/** Reads a release from git for the API, which holds no right to any repository. */
export async function readRelease(asked: ReleaseInGit): Promise<ReadRelease> {
  return await looking.readRelease(asked);
}
