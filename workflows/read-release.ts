import type { ReadRelease, ReleaseInGit, SealedFiles } from '../model/repository.js';
import { looking } from './proxies.js';

/** Reads a release for the API, which holds no right to any repository, and no key for secrets. */
export async function readRelease(asked: ReleaseInGit | SealedFiles): Promise<ReadRelease> {
  return await looking.readRelease(asked);
}
