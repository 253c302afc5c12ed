import { SECOND } from '../model/duration.js';
import type { ActivityContext } from './context.js';

/** So that a worker that died is noticed by its silence. */
const BEAT = 2 * SECOND;

/** Heartbeats while something is waited for that says nothing itself. @param words what Temporal's UI shows of it */
export async function beating<T>(
  running: ActivityContext,
  work: () => Promise<T>,
  words: () => string = () => '',
): Promise<T> {
  const beats = setInterval(() => running.heartbeat({ stage: '', detail: words(), log: [] }), BEAT);
  try {
    return await work();
  } finally {
    clearInterval(beats);
  }
}
