import type { Client } from '@temporalio/client';
import type { ArchiveActivities, Swept } from '../archive.js';
import { beating } from '../beating.js';
import type { ActivityContext } from '../context.js';
import { deploymentWorkflowId } from '../../model/workflow-id.js';
import type { ArchiveReader } from './read.js';
import type { ArchiveStore } from './store.js';
import { sweep } from './sweep.js';
import { writeDeployment } from './write.js';

export interface ArchiveDependencies {
  client: Client;
  store: ArchiveStore;
  reader: ArchiveReader;
  context: () => ActivityContext;
}

/** The activities that keep deployments for good, and read them again. */
export function createArchiveActivities({ client, store, reader, context }: ArchiveDependencies): ArchiveActivities {
  return {
    archive: (document) =>
      beating(context(), async () => {
        const { startTime } = await client.workflow.getHandle(deploymentWorkflowId(document.id)).describe();
        return writeDeployment({ client, store }, document, startTime.getTime());
      }),
    sweepArchive() {
      let swept: Swept = { written: 0, failed: 0 };
      return beating(
        context(),
        () => sweep({ client, store }, (now) => void (swept = now)),
        () => `${swept.written} written, ${swept.failed} failed`,
      );
    },
    readArchive: (asked) => reader.answer(asked),
  };
}
