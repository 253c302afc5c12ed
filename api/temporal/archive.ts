import { gunzipSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import type { ArchiveAnswer, ArchivedRow, ArchiveListQuestion, ArchiveQuestion } from '../../model/archive.js';
import { SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import { readArchived } from '../../records/archived.js';
import type { Archived } from '../../records/archived.js';
import type { DeploymentRecord, RecordPage, RecordPlace } from '../../records/record.js';
import type { LiveDeployment } from '../gateway.js';
import { askWorker } from './ask-worker.js';

/** Deployments of the past do not change; one is asked for several times while somebody looks at it. */
const MOST_KEPT = 16;
/** What is nowhere may be asked for again and again, by a tool that polls. */
const ABSENT_FOR: Millis = 5 * SECOND;
const ANSWER_WITHIN: Millis = 15 * SECOND;
/** In a place: how many of the archived records were read. */
const PLACE = 'archive';

/** What Temporal knows no more, read by way of a worker. */
export interface Archive {
  /** Undefined when it is not in the archive either. @throws ApiProblem 503 when no worker can tell */
  deployment: (id: string) => Promise<Archived | undefined>;
  /** Newest first. @throws ApiProblem 503 when no worker can tell */
  rows: (asked: Omit<ArchiveListQuestion, 'kind'>) => Promise<ArchivedRow[]>;
}

export function createArchive(client: Client): Archive {
  const kept = new Map<string, Promise<Archived | undefined>>();

  const ask = (asked: ArchiveQuestion, summary: string): Promise<ArchiveAnswer> =>
    askWorker<ArchiveAnswer>(client, 'readArchive', asked, {
      summary,
      fix: 'What Temporal knows is there all the same. Start a worker (`sluice up` does), or look at its log.',
      within: ANSWER_WITHIN,
      forget: true,
    });

  async function read(id: string): Promise<Archived | undefined> {
    const pieces: Buffer[] = [];
    for (let offset: number | undefined = 0; offset !== undefined;) {
      const answer = await ask({ kind: 'FILE', id, offset }, `Reads ${id} from the archive`);
      if (answer.kind !== 'FILE') return undefined;
      pieces.push(Buffer.from(answer.bytes, 'base64'));
      offset = answer.next;
    }
    return readArchived(Buffer.concat(pieces));
  }

  return {
    deployment(id) {
      const known = kept.get(id);
      if (known) return known;
      const found = read(id);
      kept.set(id, found);
      const forget = (): boolean => kept.delete(id);
      found.then((archived) => archived ?? setTimeout(forget, ABSENT_FOR).unref(), forget);
      const [oldest] = kept.keys();
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      return found;
    },
    async rows(asked) {
      const answer = await ask({ kind: 'LIST', ...asked }, 'Lists the archive');
      if (answer.kind !== 'LIST') return [];
      // A worker of ours made it of documents of ours.
      return JSON.parse(gunzipSync(Buffer.from(answer.packed, 'base64')).toString('utf8')) as ArchivedRow[];
    },
  };
}

/** An archived deployment as one that has ended. */
export function archivedDeployment(archived: Archived | undefined): LiveDeployment | undefined {
  if (!archived) return undefined;
  return { document: archived.document, log: [], changes: [], measurements: [], historyEvents: 0 };
}

/** The records of an archived deployment after `place`, as `readRecords` gives those of one that Temporal knows. */
export function archivedRecords(
  { records }: Archived,
  place: RecordPlace,
  limit: number,
  wanted: (record: DeploymentRecord) => boolean,
): RecordPage {
  const page: RecordPage = { records: [], place: {}, more: false };
  // The place may be of a history that Temporal has let go meanwhile: then the archive is read from its beginning.
  let seen = place[PLACE] ?? 0;
  for (const record of records.slice(seen)) {
    if (wanted(record)) {
      if (page.records.length === limit) {
        page.more = true;
        break;
      }
      page.records.push(record);
    }
    seen++;
  }
  page.place = { [PLACE]: seen };
  return page;
}
