import type { ArchivePlace } from '../../config/server.js';
import { folderStore } from './folder.js';
import type { ArchiveStore } from './store.js';

/** The archive where the configuration has it. Nothing is asked of S3 yet; its client is loaded only here, 6.5 MB that few need. */
export async function openStore(place: ArchivePlace): Promise<ArchiveStore> {
  if ('folder' in place) return folderStore(place.folder);
  const { s3Store } = await import('./s3.js');
  return s3Store(place.s3);
}
