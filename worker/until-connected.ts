import { setTimeout } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SECOND } from '../model/duration.js';

const TRY_AGAIN = 2 * SECOND;

/** Connects, and waits for a server that is not there yet: processes that start together start in no order. */
export async function untilConnected<T>(log: Logger, connect: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await connect();
    } catch (error) {
      log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'Temporal is not reachable, trying again',
      );
      await setTimeout(TRY_AGAIN);
    }
  }
}
