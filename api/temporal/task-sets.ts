import type { Client } from '@temporalio/client';
import { SECOND } from '../../model/duration.js';
import type { Millis } from '../../model/duration.js';
import type { TaskSetsDocument, TaskSetsInput } from '../../model/task-sets.js';
import { askWorker } from './ask-worker.js';

/** However many people look, a service is looked at once in this time: each look is a workflow and a dozen calls of AWS. */
const KEPT: Millis = 5 * SECOND;

/** Looks at task sets by way of a worker; those who ask at about the same time get the same answer. */
export type LookAtTaskSets = (asked: TaskSetsInput) => Promise<TaskSetsDocument>;

export function createTaskSetLooks(client: Client, now: () => number = Date.now): LookAtTaskSets {
  const looks = new Map<string, { at: number; answer: Promise<TaskSetsDocument> }>();
  return (asked) => {
    const key = JSON.stringify([asked.app, asked.provider, asked.cluster, asked.service]);
    const last = looks.get(key);
    if (last && now() - last.at < KEPT) return last.answer;
    const answer = askWorker<TaskSetsDocument>(client, 'taskSets', asked, {
      summary: `Looks at the task sets of ${asked.app}`,
      fix: 'Nothing was changed. Look at `sluice doctor` and at the worker’s log.',
    });
    for (const [old, { at }] of looks) if (now() - at >= KEPT) looks.delete(old);
    looks.set(key, { at: now(), answer });
    // A failure is told to those who asked for it, and not kept.
    answer.catch(() => looks.delete(key));
    return answer;
  };
}
