import type { Millis } from '../model/duration.js';
import { alignUp } from './windows.js';

/** How far a source's data reached at one look. */
export interface Reach {
  /** Start of the newest bucket that has a value, epoch ms; absent when none has. */
  newest?: number;
  /** When it was looked, epoch ms, by the source's own clock where it tells one. */
  at: number;
  /** Length of the source's buckets. */
  bucket: Millis;
  /** How late the source's data is complete, where that was declared. */
  delay?: Millis;
}

/**
 * Whether all of a window's data is there: the source shows a bucket that begins at or after the window's end, or the declared
 * delay has passed since the end of the last bucket that begins in the window.
 */
export function isWindowComplete(to: number, reach: Reach): boolean {
  if (reach.newest !== undefined && reach.newest >= to) return true;
  return reach.delay !== undefined && reach.at >= alignUp(to, reach.bucket) + reach.delay;
}

/** Whether a bucket will not change any more: the newest bucket is incomplete until the next one exists, or the declared delay has passed. */
export function isBucketComplete(start: number, reach: Reach): boolean {
  if (reach.newest !== undefined && reach.newest > start) return true;
  return reach.delay !== undefined && reach.at >= start + reach.bucket + reach.delay;
}

/**
 * How late a window's data was, at the look that found it complete. What was seen is the time since the window's end. A look that
 * comes late for a reason of its own (a worker that was down for an hour) says nothing about the source; then the delay is what
 * looks at the usual pace would have seen.
 * @returns milliseconds, at least 0
 */
export function delaySeen(
  to: number,
  reach: Reach,
  known: { incomplete?: { at: number; pause: Millis }; largest?: Millis },
): Millis {
  const elapsed = reach.at - to;
  const lag = reach.newest !== undefined && reach.newest >= to ? reach.at - reach.newest : (reach.delay ?? elapsed);
  const usual = known.incomplete ? known.incomplete.at + known.incomplete.pause - to : (known.largest ?? 0);
  return Math.max(0, Math.min(elapsed, Math.max(lag, usual)));
}
