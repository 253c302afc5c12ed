import type { DeliverySettings } from '../config/server.js';
import type { Millis } from '../model/duration.js';
import { SECOND } from '../model/duration.js';
import { stageFailed } from './aws/errors.js';
import type { AwsClients } from './aws/clients.js';
import type { ActivityContext } from './context.js';
import type { Report } from './report.js';

/** What each step of a running activity is given: AWS, time, and whom to tell. */
export interface Run {
  ctx: ActivityContext;
  aws: AwsClients;
  settings: DeliverySettings;
  report: Report;
  /** Epoch ms after which waits give up; Infinity for rollbacks. */
  deadline: number;
  /** Runs works of the same key one after the other, in this worker. */
  inTurn: <T>(key: string, work: () => Promise<T>) => Promise<T>;
}

/** A third of the heartbeat time-out or less, so that one lost heartbeat ends nothing. */
const BEAT: Millis = 2 * SECOND;
const GROWTH = 1.5;
const JITTER = 0.2;

/** Waits, heartbeating on the way. Throws the cancellation as soon as it comes. */
export async function pause({ ctx, report }: Run, ms: Millis): Promise<void> {
  const until = ctx.clock.now() + ms;
  for (;;) {
    ctx.cancelled.throwIfAborted();
    const left = until - ctx.clock.now();
    if (left <= 0) return;
    await ctx.clock.sleep(Math.min(BEAT, left), ctx.cancelled);
    report.beat();
  }
}

/**
 * The pauses between looks at AWS: from `pollMin`, growing to `pollMax`, with jitter so that deployments do not ask in step
 * (ecs-alb-facts §19). Past the deadline `next()` throws FAILURE.stage with the last detail. `soon()` goes back to the first pause, for the second look that confirms the first.
 */
export function poller(run: Run): { next(): Promise<void>; soon(): Promise<void> } {
  const { pollMin, pollMax } = run.settings;
  let wait = pollMin;
  const jittered = (ms: Millis): Millis => ms * (1 - JITTER / 2 + Math.random() * JITTER);
  return {
    async next() {
      if (run.ctx.clock.now() >= run.deadline) {
        throw stageFailed(`The stage ran out of time. ${run.report.progress().detail}`.trim());
      }
      await pause(run, jittered(wait));
      wait = Math.min(pollMax, wait * GROWTH);
    },
    async soon() {
      wait = pollMin;
      await pause(run, jittered(pollMin));
    },
  };
}

/** A queue for each key: what has no client token is not asked for twice at once (ecs-alb-facts §17). */
export function createTurns(): Run['inTurn'] {
  const last = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
