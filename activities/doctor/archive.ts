import { randomBytes } from 'node:crypto';
import type { ArchivePlace } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import { openStore } from '../archive/open.js';
import type { Check } from '../people.js';
import { withinLimit } from './time-limit.js';

const LIMIT = 15 * SECOND;

/** Whether a bucket can be listed and read, asked by a name that nothing has. A folder has no rights of its own to tell of. */
export async function examineArchive(place: ArchivePlace): Promise<Check[]> {
  if ('folder' in place) return [];
  const name = 'archive';
  // A fresh one, so that credentials mended a moment ago are seen.
  const store = await openStore(place);
  const nothing = `sluice-doctor/${randomBytes(16).toString('hex')}`;
  try {
    await withinLimit(LIMIT, async () => {
      await store.list(nothing);
      await store.read(nothing);
    });
    const detail = `${store.place} can be listed and read. Whether it can be written is not known: nothing is written to it.`;
    return [{ name, ok: true, detail }];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [{ name, ok: false, detail: `${store.place}: ${said}` }];
  }
}
