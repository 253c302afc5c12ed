import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { MetricProgress } from '../../model/evidence.js';
import { isTask, type AnyRelease, type Release } from '../../model/release.js';
import {
  analysisWorkflowId,
  appOf,
  applicationWorkflowId,
  deploymentNumber,
  deploymentOf,
  deploymentWorkflowId,
  TASK_QUEUE,
} from '../../model/workflow-id.js';
import type { TakeOverAnswer } from '../../workflows/messages.js';
import { updateApplication } from './update-application.js';
import type { ArchiveReader } from '../archive/read.js';
import { watchDrift } from '../drift/watch.js';
import type { MemoryActivities, Recalled } from '../people.js';
import { historyEntry, rollbackOf } from './history-entry.js';
import { releaseOf } from './release-of.js';

/** As many as an application remembers, and some that are open. */
const RECALLED = 60;

/** What AWS's tags say of the version that a service runs; undefined when nothing can be told. */
export type ReadRunning = (release: Release, app: string) => Promise<Recalled['running']>;

/** The activities that look at Temporal on behalf of the workflows. */
export function createMemory({
  client,
  readRunning,
  archive,
  watchesDrift = false,
}: {
  client: Client;
  readRunning: ReadRunning;
  /** What Temporal knows no more; without it that is all there is. */
  archive?: Pick<ArchiveReader, 'namesOf' | 'deployment'>;
  /** Whether somebody looks for drift unasked: then soon after each deployment, too. */
  watchesDrift?: boolean;
}): MemoryActivities {
  async function startsWith(app: string, signal: 'deploymentEnded' | 'wake', args: unknown[]): Promise<void> {
    await client.workflow.signalWithStart('application', {
      workflowId: applicationWorkflowId(app),
      taskQueue: TASK_QUEUE,
      args: [{ app }],
      signal,
      signalArgs: args,
    });
  }

  return {
    async lookAtDeployment(id) {
      const handle = client.workflow.getHandle(deploymentWorkflowId(id));
      try {
        const { status, memo } = await handle.describe();
        if (status.name === 'RUNNING') {
          // One that has said its end is open for its last acts only, such as a webhook that is down: it holds nothing up.
          const ended = historyEntry(memo?.document);
          return ended ? { open: false, ended } : { open: true };
        }
        const ended = status.name === 'COMPLETED' ? historyEntry(await handle.result()) : undefined;
        return { open: false, ...(ended && { ended }) };
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return { open: false };
        throw error;
      }
    },

    async recallApplication({ app, release }) {
      const found: Recalled = { highest: 0, open: [], history: [] };
      for await (const execution of client.workflow.list({
        query: `WorkflowType = "deployment" AND SluiceApp = "${app}"`,
        pageSize: RECALLED,
      })) {
        const id = deploymentOf(execution.workflowId);
        const n = deploymentNumber(app, id);
        if (n === undefined) continue;
        found.highest = Math.max(found.highest, n);
        const entry = historyEntry(execution.memo?.document);
        if (entry) found.history.push(entry);
        else if (execution.status.name === 'RUNNING') {
          const rollbackTo = rollbackOf(execution.memo?.document);
          found.open.push({ id, n, ...(rollbackTo !== undefined && { rollbackTo }) });
        }
        if (found.history.length + found.open.length >= RECALLED) break;
      }
      const releases = archive ? await recallArchived(archive, app, found) : new Map<string, AnyRelease>();
      found.open.sort((a, b) => a.n - b.n);
      found.history.sort((a, b) => b.completedAt.localeCompare(a.completedAt));
      const good = found.history.find((entry) => entry.status === 'SUCCEEDED');
      if (good) {
        const recalled = releases.get(good.id) ?? (await releaseOf(client, good.id));
        if (recalled) found.release = recalled;
      }
      // Of a standalone task nothing runs. A service that cannot be read is the preflight's to report; without it the numbers begin anew, which harms nothing.
      const running = release && !isTask(release) && (await readRunning(release, app).catch(() => undefined));
      if (!running) return found;
      return { ...found, running, highest: Math.max(found.highest, deploymentNumber(app, running.deployment) ?? 0) };
    },

    async recallAnalysis({ deployment, stage }) {
      try {
        // A closed workflow answers as well, from its history. It is our own answer, typed where it is made.
        return await client.workflow
          .getHandle(analysisWorkflowId(deployment, stage))
          .query<MetricProgress[]>('analysis');
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return [];
        throw error;
      }
    },

    async tellApplication(ended) {
      const app = appOf(ended.entry.id);
      await startsWith(app, 'deploymentEnded', [ended]);
      if (watchesDrift) await watchDrift(client, app, true);
    },
    async takeOver({ app, asked }) {
      const answer = await updateApplication<TakeOverAnswer>(client, app, 'takeOver', asked);
      if (asked.step === 'FINISH' && watchesDrift) {
        await watchDrift(client, app, true);
        // It sees that there is nothing to look after any more, and ends.
        await watchDrift(client, asked.from, true);
      }
      return answer;
    },
    async lastRelease({ deployments }) {
      for (const id of deployments) {
        const found = await releaseOf(client, id).catch(() => undefined);
        if (found) return found;
        const archived = await archive?.deployment(id).catch(() => undefined);
        if (archived?.release) return archived.release;
      }
      return undefined;
    },
    wakeApplication: (app, waiting) => startsWith(app, 'wake', [waiting]),
  };
}

/**
 * Adds what only the archive knows. One that cannot be read holds no deployment up: then a number may be given twice, and the later
 * deployment is the one that is meant by it.
 * @returns what each of them brought out
 */
async function recallArchived(
  archive: Pick<ArchiveReader, 'namesOf' | 'deployment'>,
  app: string,
  found: Recalled,
): Promise<Map<string, AnyRelease>> {
  const releases = new Map<string, AnyRelease>();
  const names = await archive.namesOf(app).catch(() => []);
  found.highest = Math.max(found.highest, names[0]?.n ?? 0);
  const known = new Set([...found.history, ...found.open].map(({ id }) => id));
  for (const { id } of names) {
    if (found.history.length >= RECALLED) break;
    if (known.has(id)) continue;
    known.add(id);
    const archived = await archive.deployment(id).catch(() => undefined);
    const entry = historyEntry(archived?.document);
    if (entry) found.history.push(entry);
    if (archived?.release) releases.set(id, archived.release);
  }
  return releases;
}
