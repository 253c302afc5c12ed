import type { ArchiveAnswer, ArchiveQuestion } from '../model/archive.js';
import { remembering } from './proxies.js';

const TRIES = 3;

/** Reads the archive for the API, which holds no right to it. */
export async function readArchive(asked: ArchiveQuestion): Promise<ArchiveAnswer> {
  return await remembering.readArchive.executeWithOptions({ retry: { maximumAttempts: TRIES } }, [asked]);
}
