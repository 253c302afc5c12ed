import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { AnyRelease } from '../model/release.js';
import type { DeploymentDocument } from '../model/wire.js';
import { keyOf } from './record.js';
import type { DeploymentRecord } from './record.js';
import { deploymentDocument } from './stored.js';

/** All that is kept of an ended deployment. */
export interface Archived {
  document: DeploymentDocument;
  /** What it brought out, without its sealed task definition: enough to go back to what it registered. */
  release?: AnyRelease;
  /** In the order in which they were made, each once. */
  records: DeploymentRecord[];
}

// We wrote the lines ourselves, maybe as an older version: what is not known is left out, as with what Temporal keeps.
const Line = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('release'), value: z.custom<AnyRelease>((value) => typeof value === 'object') }),
  z.object({ kind: z.enum(['measurement', 'log', 'change']), value: z.looseObject({ stage: z.string() }) }),
]);

/**
 * The file of a deployment: gzip of JSON lines. The first is its document, then its release, then each record as
 * `GET …/measurements` and `…/log` give it. The same deployment makes the same bytes.
 */
export function packArchived({ document, release, records }: Archived): Buffer {
  const once = new Map(records.map((record) => [keyOf(record), record]));
  const lines = [document, ...(release ? [{ kind: 'release', value: release }] : []), ...once.values()];
  return gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Reads a file of the archive. @throws Error where it is none */
export function readArchived(bytes: Uint8Array): Archived {
  const [head = '', ...lines] = gunzipSync(bytes).toString('utf8').split('\n').filter(Boolean);
  const archived: Archived = { document: deploymentDocument.parse(JSON.parse(head)), records: [] };
  for (const line of lines) {
    const { success, data } = Line.safeParse(JSON.parse(line));
    if (!success) continue;
    if (data.kind === 'release') archived.release = data.value;
    else archived.records.push(data as unknown as DeploymentRecord);
  }
  return archived;
}
