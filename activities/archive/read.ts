import { gzipSync } from 'node:zlib';
import { MOST_ARCHIVED_ROWS } from '../../model/archive.js';
import type { ArchiveAnswer, ArchivedRow, ArchiveListQuestion, ArchiveQuestion } from '../../model/archive.js';
import { SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import { iso } from '../../model/wire.js';
import type { DeploymentDocument } from '../../model/wire.js';
import { readArchived } from '../../records/archived.js';
import { notBegun } from '../../records/document.js';
import type { Archived } from '../../records/archived.js';
import type { Clock } from '../context.js';
import { fewAtOnce } from '../doctor/time-limit.js';
import { namedFiles, namePrefix } from './name.js';
import type { ArchiveName, NamedFile } from './name.js';
import type { ArchiveStore } from './store.js';

/** Temporal takes 2 MiB, and base64 makes four bytes of three. */
const PIECE = 1024 * 1024;
/** The list of all names: what was added meanwhile is in Temporal still. */
const NAMES_KEPT: Millis = 30 * SECOND;
const MOST_ROWS_KEPT = 2_000;
const AT_ONCE = 16;

/** Reads the archive for those who have no right to it, and for this worker itself. */
export interface ArchiveReader {
  answer: (asked: ArchiveQuestion) => Promise<ArchiveAnswer>;
  /** One deployment; undefined when it is not in the archive. */
  deployment: (id: string) => Promise<Archived | undefined>;
  /** The archived deployments of an application, newest number first, by their names alone. */
  namesOf: (app: string) => Promise<ArchiveName[]>;
}

/** Files never change, so what was read of them is kept. */
export function createArchiveReader(store: ArchiveStore, clock: Pick<Clock, 'now'>): ArchiveReader {
  let names: { at: number; all: Promise<NamedFile[]> } | undefined;
  const rows = new Map<string, DeploymentDocument>();

  const named = (prefix: string): Promise<NamedFile[]> => namedFiles(store, prefix);

  function allNames(): Promise<NamedFile[]> {
    if (names && clock.now() - names.at < NAMES_KEPT) return names.all;
    const all = named('');
    names = { at: clock.now(), all };
    // A failure is told to those who asked, and not kept.
    all.catch(() => (names = undefined));
    return all;
  }

  /** An application that was lost and began anew may have given a number twice: the later one is meant. */
  async function bytesOf(id: string): Promise<Buffer | undefined> {
    const prefix = namePrefix(id);
    if (prefix === undefined) return undefined;
    const [file] = (await named(prefix)).sort((a, b) => b.startedAt - a.startedAt);
    return file && store.read(file.name);
  }

  async function documentIn(name: string): Promise<DeploymentDocument> {
    const known = rows.get(name);
    if (known) return known;
    const bytes = await store.read(name);
    if (!bytes) throw new Error('it is not there any more');
    const document = forLists(readArchived(bytes).document);
    rows.set(name, document);
    const [oldest] = rows.keys();
    if (rows.size > MOST_ROWS_KEPT && oldest !== undefined) rows.delete(oldest);
    return document;
  }

  /** One file that cannot be read does not take the list with it. */
  async function rowOf(file: NamedFile): Promise<ArchivedRow> {
    const document = await documentIn(file.name).catch((error: unknown) => byName(file, store.place, error));
    return { at: file.startedAt, document };
  }

  async function list({ app, status, text, after, limit }: ArchiveListQuestion): Promise<ArchivedRow[]> {
    const found = (app === undefined ? await allNames() : await named(`${app}/`))
      .filter((one) => status === undefined || status.length === 0 || status.includes(one.status))
      .filter((one) => text === undefined || one.id.includes(text))
      .sort(newestFirst)
      .filter((one) => !after || newestFirst({ startedAt: after.at, id: after.id }, one) < 0)
      .slice(0, Math.min(limit, MOST_ARCHIVED_ROWS));
    return fewAtOnce(found, AT_ONCE, rowOf);
  }

  return {
    async answer(asked) {
      if (asked.kind === 'LIST') {
        return { kind: 'LIST', packed: gzipSync(JSON.stringify(await list(asked))).toString('base64') };
      }
      const bytes = await bytesOf(asked.id);
      if (!bytes) return { kind: 'NONE' };
      const end = asked.offset + PIECE;
      return {
        kind: 'FILE',
        bytes: bytes.subarray(asked.offset, end).toString('base64'),
        ...(end < bytes.length && { next: end }),
      };
    },
    async deployment(id) {
      const bytes = await bytesOf(id);
      return bytes && readArchived(bytes);
    },
    async namesOf(app) {
      return (await named(`${app}/`)).sort((a, b) => b.n - a.n);
    },
  };
}

function newestFirst(a: Pick<ArchiveName, 'startedAt' | 'id'>, b: Pick<ArchiveName, 'startedAt' | 'id'>): number {
  return b.startedAt - a.startedAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/** As Temporal's memo of a deployment: what lists do not show makes most of it. */
function forLists(document: DeploymentDocument): DeploymentDocument {
  const analysis = document.analysis.map(({ settings: _settings, calibration: _calibration, ...metric }) => ({
    ...metric,
    measurements: [],
  }));
  return { ...document, analysis };
}

/** What the name alone tells. */
function byName(
  { app, id, name, status, startedAt, endedAt }: NamedFile,
  place: string,
  error: unknown,
): DeploymentDocument {
  const why = error instanceof Error ? error.message : String(error);
  return {
    ...notBegun(id, new Date(startedAt)),
    app,
    status,
    completedAt: iso(endedAt),
    reason: `${place}/${name} cannot be read: ${why}.`,
  };
}
