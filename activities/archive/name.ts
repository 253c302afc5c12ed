import type { DeploymentStatus } from '../../model/wire.js';
import { DEPLOYMENT_STATUSES, iso } from '../../model/wire.js';
import { appOf, deploymentId, deploymentNumber } from '../../model/workflow-id.js';
import type { DeploymentDocument } from '../../model/wire.js';
import type { ArchiveStore } from './store.js';

/** What an archived file's name tells: enough to filter and sort a list without opening one. */
export interface ArchiveName {
  app: string;
  n: number;
  id: string;
  /** When its workflow began, epoch ms. */
  startedAt: number;
  endedAt: number;
  status: DeploymentStatus;
  /** The number of the deployment that it went back to. */
  rollbackTo?: number;
}

const DIGITS = 10;
const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/;
const ENDING = '.ndjson.gz';

/**
 * The name of an ended deployment's file: `<app>/<n>~<began>~<ended>~<status>[~to<n>].ndjson.gz`. Nothing in it changes once the
 * deployment has ended, so writing it twice is writing it once.
 * @param startedAt when its workflow began, epoch ms
 */
export function archiveName(document: DeploymentDocument, startedAt: number): string {
  const { app, id, status, rollbackTo } = document;
  const n = deploymentNumber(app, id);
  if (n === undefined || document.completedAt === undefined)
    throw new Error(`${id} has not ended: it is not archived.`);
  const back = rollbackTo === undefined ? undefined : deploymentNumber(app, rollbackTo);
  const parts = [padded(n), compact(startedAt), compact(Date.parse(document.completedAt)), status];
  return `${app}/${[...parts, ...(back === undefined ? [] : [`to${back}`])].join('~')}${ENDING}`;
}

/** What the names of one deployment's files begin with. Undefined of what is no deployment's id. */
export function namePrefix(id: string): string | undefined {
  const app = appOf(id);
  const n = deploymentNumber(app, id);
  return n === undefined ? undefined : `${app}/${padded(n)}~`;
}

/** Reads a name; undefined of anything else that lies in the archive. */
export function parseName(name: string): ArchiveName | undefined {
  const slash = name.indexOf('/');
  if (slash < 1 || !name.endsWith(ENDING)) return undefined;
  const app = name.slice(0, slash);
  const [number = '', began = '', ended = '', word, back, ...more] = name.slice(slash + 1, -ENDING.length).split('~');
  const startedAt = instant(began);
  const endedAt = instant(ended);
  const status = DEPLOYMENT_STATUSES.find((one) => one === word);
  const n = /^\d+$/.test(number) ? Number(number) : 0;
  const rollbackTo = back === undefined ? undefined : Number(/^to(\d+)$/.exec(back)?.[1]);
  if (n < 1 || startedAt === undefined || endedAt === undefined || !status) return undefined;
  if (more.length > 0 || Number.isNaN(rollbackTo)) return undefined;
  return {
    app,
    n,
    id: deploymentId(app, n),
    startedAt,
    endedAt,
    status,
    ...(rollbackTo !== undefined && { rollbackTo }),
  };
}

/** A file with what its name tells. */
export type NamedFile = ArchiveName & { name: string };

/** The deployments' files whose names begin so, in no order. */
export async function namedFiles(store: Pick<ArchiveStore, 'list'>, prefix: string): Promise<NamedFile[]> {
  return (await store.list(prefix)).flatMap((name) => {
    const known = parseName(name);
    return known ? [{ ...known, name }] : [];
  });
}

/** So that names sort as numbers do. */
function padded(n: number): string {
  return String(n).padStart(DIGITS, '0');
}

/** ISO 8601 without what file systems and addresses dislike. */
function compact(at: number): string {
  return iso(at).replace(/[-:.]/g, '');
}

function instant(text: string): number | undefined {
  const [, year, month, day, hour, minute, second, milli] = TIME.exec(text) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milli}Z`);
  return Number.isNaN(at) ? undefined : at;
}
