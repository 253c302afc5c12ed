import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Cell } from './cell.js';
import type { Task } from './worker.js';

/** Works the tasks off on all cores. The answers come in the order of the tasks, so that a seed gives one result on every machine. */
export async function simulateAll(tasks: readonly Task[], progress: (done: number) => void): Promise<Cell[][]> {
  const answers: Cell[][] = [];
  let next = 0;
  let done = 0;
  async function work(): Promise<void> {
    const worker = new Worker(new URL('./worker.js', import.meta.url));
    try {
      for (let index = next++; index < tasks.length; index = next++) {
        worker.postMessage(tasks[index]);
        const [cells] = (await once(worker, 'message')) as [Cell[]];
        answers[index] = cells;
        progress((done += 1));
      }
    } finally {
      await worker.terminate();
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return answers;
}
