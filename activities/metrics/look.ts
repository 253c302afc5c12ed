import type { Window } from '../../analysis/windows.js';
import { MINUTE, type Millis } from '../../model/duration.js';
import type { Metric } from '../../model/metric.js';
import type { Clock } from '../context.js';
import { SourceError, type MetricSourceClient } from './source.js';

const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE = MINUTE;
/** A source that errs at a window's very first look is asked again for this long, even when the window's time is over already. */
const GRACE = MINUTE;

/** The pauses between two looks at a window: half a bucket at first, growing to one bucket and never above a minute. */
export function nextPause(resolution: Millis, before?: Millis): Millis {
  const longest = Math.min(LONGEST_PAUSE, resolution);
  return before === undefined ? longest / 2 : Math.min(longest, before * PAUSE_GROWTH);
}

/** What looking at a window needs from the activity around it. */
export interface Looking {
  clock: Clock;
  cancelled: AbortSignal;
  source: () => MetricSourceClient;
  /** Sleeps until an instant (epoch ms), telling people meanwhile what it waits for. Rejects when cancelled. */
  waitUntil(at: number, detail: string): Promise<void>;
  /** Runs while the activity goes on telling that it is alive. */
  whileAlive<T>(work: Promise<T>): Promise<T>;
  /** Tells people of trouble, once for each text (whatever its numbers). */
  warn(text: string): void;
}

/** What came of looking at a window. */
export interface Found<L> {
  /** The last answered look. */
  look?: L;
  /** What went wrong at the last look, in words; absent when it was answered. */
  error?: string;
  /** The last look before that found the data incomplete, and the pause after it. */
  incomplete?: { at: number; pause: Millis };
}

/** How a window is looked at, and when it has been seen enough of. */
export interface Asking<L> {
  ask: (now: number) => Promise<L>;
  isEnough: (look: L) => boolean;
}

function until(at: number): string {
  return `next look at ${new Date(at).toISOString().slice(11, 19)}`;
}

/**
 * Looks at a window until its data is complete, or `maxDelay` has passed since its end. An error that may pass is tried again within
 * that time, not before the source wants; one that will not pass ends it with the window.
 * @param firstLook when the data is expected, epoch ms; in the past means now
 * @returns the last answered look, and the last look's error when it was not answered
 */
export async function lookUntilComplete<L extends { at: number }>(
  metric: Metric,
  window: Window,
  firstLook: number,
  on: Looking,
  { ask, isEnough }: Asking<L>,
): Promise<Found<L>> {
  const limit = Math.max(metric.maxDelay, metric.delay ?? 0);
  const giveUpAt = window.to + limit;
  await on.waitUntil(Math.min(firstLook, giveUpAt), `window ${window.window} of ${metric.name}: waiting for its data`);

  const began = on.clock.now();
  const errorsEndAt = Math.max(giveUpAt, began + Math.min(limit, GRACE));
  let look: L | undefined;
  let incomplete: Found<L>['incomplete'];
  let pause: Millis | undefined;
  for (let looks = 1; ; looks += 1) {
    const now = on.clock.now();
    pause = nextPause(metric.resolution, pause);
    let error: SourceError | undefined;
    try {
      look = await on.whileAlive(ask(now));
      if (isEnough(look)) return { look, ...(incomplete && { incomplete }) };
      incomplete = { at: look.at, pause };
    } catch (thrown) {
      if (!(thrown instanceof SourceError)) throw thrown;
      error = thrown;
      on.warn(`${metric.name}: ${error.message}`);
    }

    const done: Found<L> = {
      ...(look && { look }),
      ...(error && { error: error.message }),
      ...(incomplete && { incomplete }),
    };
    const after = on.clock.now();
    if (error?.kind === 'refused' && after >= window.to) return done;
    const endAt = error ? errorsEndAt : giveUpAt;
    if (after >= endAt) return done;
    const next = Math.max(after + pause, error?.notBefore ?? 0);
    // The source wants no question before this window's time is over: nothing is gained by waiting for that.
    if ((error?.notBefore ?? 0) > endAt) return done;
    const why = error ? error.message : 'its data is not complete yet';
    const at = Math.min(next, endAt);
    await on.waitUntil(at, `window ${window.window} of ${metric.name}: ${why} (looked ${looks} times, ${until(at)})`);
  }
}
