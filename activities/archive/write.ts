import type { Client } from '@temporalio/client';
import type { DeploymentDocument } from '../../model/wire.js';
import { packArchived } from '../../records/archived.js';
import { readRecords } from '../../records/history.js';
import { releaseOf } from '../memory/release-of.js';
import { archiveName } from './name.js';
import type { ArchiveStore } from './store.js';

/**
 * Writes an ended deployment with all that its histories hold.
 * @param startedAt when its workflow began, epoch ms
 */
export async function writeDeployment(
  { client, store }: { client: Client; store: ArchiveStore },
  document: DeploymentDocument,
  startedAt: number,
): Promise<{ name: string; bytes: number }> {
  const { id } = document;
  const [page, release] = await Promise.all([
    readRecords(client, new Map(), id, {}, Infinity, () => true),
    releaseOf(client, id),
  ]);
  const bytes = packArchived({
    document,
    // Going back needs the registered revision alone; the sealed text opens with a key that may be gone by then.
    ...(release && { release: { ...release, taskDefinition: { ...release.taskDefinition, sealed: '' } } }),
    records: page?.records ?? [],
  });
  const name = archiveName(document, startedAt);
  await store.write(name, bytes);
  return { name, bytes: bytes.length };
}
