import { setTimeout } from 'node:timers/promises';
import { CancelledFailure, Context } from '@temporalio/activity';
import { ActivityCancelledError } from '@temporalio/client';
import type { ActivityContext, Clock } from '../activities/context.js';

/** The machine's time. */
export const wallClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await setTimeout(ms, undefined, signal && { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** … for what goes on between activities: its sleeps do not keep the process alive. */
export const backgroundClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => setTimeout(ms, undefined, { ref: false, ...(signal && { signal }) }),
};

/**
 * The running activity's context, on Temporal. The SDK's own heartbeat tells nobody whether the server heard it; the fence sends one
 * by the task token and waits for the answer, which the server gives to the current attempt alone.
 */
export function temporalContext(): ActivityContext {
  const context = Context.current();
  const { info, client, cancellationSignal } = context;
  const lastHeartbeat: unknown = info.heartbeatDetails;
  let last = lastHeartbeat;
  return {
    clock: wallClock,
    attempt: info.attempt,
    scheduledAt: info.scheduledTimestampMs,
    lastHeartbeat,
    heartbeat(details) {
      last = details;
      context.heartbeat(details);
    },
    async fence() {
      try {
        await client.activity.heartbeat(info.taskToken, last);
      } catch (error) {
        if (error instanceof ActivityCancelledError) throw new CancelledFailure('The activity was cancelled.');
        throw error;
      }
    },
    cancelled: cancellationSignal,
  };
}
