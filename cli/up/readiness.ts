import { setTimeout as sleep } from 'node:timers/promises';
import { SECOND } from '../../model/duration.js';
import { CommandFailure, EXIT } from '../failure.js';
import type { Supervisor } from './supervisor.js';

const PATIENCE = 90 * SECOND;
/** A program that dies so often before it was ever ready will not get ready by itself. */
const HOPELESS = 3;
const ANSWER = 5 * SECOND;

/**
 * Waits until a program does its work.
 * @param isReady asked four times a second; a throw counts as no.
 * @throws CommandFailure with the end of the program's log when it keeps dying, or is not ready after 90 seconds.
 */
export async function untilReady(
  supervisor: Supervisor,
  names: string[],
  isReady: () => Promise<boolean>,
  stopped: AbortSignal,
): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!stopped.aborted) {
    if (await isReady().catch(() => false)) return;
    const hopeless = names.find((name) => supervisor.look(name).deaths >= HOPELESS);
    const late = Date.now() > end ? names.at(-1) : undefined;
    const name = hopeless ?? late;
    if (name !== undefined) {
      const what = hopeless ? 'keeps ending' : `is not ready after ${PATIENCE / SECOND} seconds`;
      throw new CommandFailure(EXIT.failed, `${name} ${what}. The end of its log:\n${supervisor.look(name).log}`);
    }
    await sleep(SECOND / 4);
  }
}

/** Whether an address answers at all, or with `wanted`. */
export async function answers(url: string, wanted?: number): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER) });
  await response.body?.cancel();
  return wanted === undefined || response.status === wanted;
}

/** Whether a Temporal server takes calls. */
export async function temporalAnswers(address: string): Promise<boolean> {
  const { Connection } = await import('@temporalio/client');
  const connection = await Connection.connect({ address, connectTimeout: ANSWER });
  await connection.close();
  return true;
}
