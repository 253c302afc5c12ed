import type { Release } from '../../model/release.js';
import type { Recalled } from '../people.js';
import type { Run } from '../run.js';
import { tagOf } from './service.js';
import { TAG } from './tags.js';
import { isPrimary, readTaskSets } from './task-set.js';

/** What the primary task set's tags say of the version that runs; undefined when it is none of this application's. */
export async function readRunning(run: Run, release: Release, app: string): Promise<Recalled['running']> {
  const primary = (await readTaskSets(run, release.service)).find(isPrimary);
  const deployment = primary && tagOf(primary, TAG.deployment);
  if (!primary || deployment === undefined || tagOf(primary, TAG.application) !== app) return undefined;
  return { deployment, taskDefinition: primary.taskDefinition };
}
