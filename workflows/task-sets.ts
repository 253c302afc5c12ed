import type { TaskSetsDocument, TaskSetsInput } from '../model/task-sets.js';
import { reading } from './proxies.js';

/** Looks at an application's task sets for the API, which holds no right to AWS. */
export async function taskSets(asked: TaskSetsInput): Promise<TaskSetsDocument> {
  return await reading.showTaskSets(asked);
}
