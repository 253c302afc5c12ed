import { CancellationScope, TemporalFailure } from '@temporalio/workflow';
import { HOUR, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { receiversOf } from '../model/notification.js';
import type { EventName, Notice, Routing } from '../model/notification.js';
import { telling } from './proxies.js';
import { reasonOf } from './reason.js';

/** From when a notice was made; what comes later helps nobody, and a workflow that has ended stays open for it. */
const WITHIN: Millis = HOUR;

/** What a workflow tells people: in the background, each receiver in order, and none waits for another. */
export interface Deliveries {
  send: (notice: Notice, to?: readonly string[]) => void;
  /** Who is told of what; undefined where that could not be found out. */
  routing: Promise<Routing | undefined>;
  /** Resolves when each notice was delivered or given up: at most an hour after the last one. */
  delivered: () => Promise<void>;
}

/** What became of notices that could not be delivered. */
export interface Losses {
  lost: (receiver: string, event: EventName, why: string) => void;
  /** It could not be found out who is to be told: nobody was told anything. */
  unknown: (why: string) => void;
}

/**
 * Begins to tell people. To be called once in a workflow.
 * @param threads receiver → the thread of this workflow's notices; filled as they are delivered
 */
export function deliveries(threads: Record<string, string>, { lost, unknown }: Losses): Deliveries {
  const routing = unlessItFails(
    () => telling.routing.executeWithOptions({ summary: 'who is told of what?' }, []),
    unknown,
  );
  const queues = new Map<string, Promise<void>>();
  let sorted: Promise<void> = Promise.resolve();

  async function deliver(receiver: string, notice: Notice): Promise<void> {
    const left = notice.at + WITHIN - Date.now();
    if (left <= 0) {
      lost(receiver, notice.event, 'It was away for an hour.');
      return;
    }
    const thread = threads[receiver];
    const done = await unlessItFails(
      () =>
        telling.deliver.executeWithOptions(
          {
            summary: `tell ${receiver}: ${notice.event}`.slice(0, 200),
            scheduleToCloseTimeout: Math.max(left, SECOND),
          },
          [{ receiver, notice, ...(thread !== undefined && { thread }) }],
        ),
      (why) => lost(receiver, notice.event, why),
    );
    if (done?.thread !== undefined) threads[receiver] = done.thread;
  }

  return {
    routing,
    send(notice, to) {
      sorted = sorted.then(async () => {
        const known = await routing;
        if (!known) return;
        for (const receiver of to ?? receiversOf(known, notice)) {
          const before = queues.get(receiver) ?? Promise.resolve();
          queues.set(
            receiver,
            before.then(() => deliver(receiver, notice)),
          );
        }
      });
    },
    async delivered() {
      await sorted;
      await Promise.all(queues.values());
    },
  };
}

/** Not in the caller's scope: a cancelled stage does not take its notice with it. A bug is not swallowed. */
async function unlessItFails<T>(work: () => Promise<T>, onFailure: (why: string) => void): Promise<T | undefined> {
  try {
    return await CancellationScope.nonCancellable(work);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    onFailure(reasonOf(error));
    return undefined;
  }
}
