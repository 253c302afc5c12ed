import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { formatDuration, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';

const SHORTEST_INTERVAL = SECOND;

/**
 * Checks how the windows of a metric fit its stage and its source.
 * @returns how many there are.
 */
export function readWindows(reader: Reader, path: Path, interval: Millis, stage: Millis, resolution: Millis): number {
  const at = [...path, 'interval'];
  if (interval < SHORTEST_INTERVAL) {
    reader.error(at, `the interval must be at least ${formatDuration(SHORTEST_INTERVAL)}`, 'Write, for example, 1m.');
    return 0;
  }
  const windows = Math.floor(stage / interval);
  if (windows === 0) {
    const message = `the interval ${formatDuration(interval)} is longer than the stage’s duration ${formatDuration(stage)}: no window would be judged`;
    reader.error(at, message, 'Make duration a multiple of interval.');
  } else if (stage % interval !== 0) {
    const message = `the last ${formatDuration(stage % interval)} of the stage are not judged: they hold no whole interval`;
    reader.warning(at, message, 'Make duration a multiple of interval.');
  }
  if (interval < resolution) {
    const message = `the interval ${formatDuration(interval)} is shorter than a bucket of the data, ${formatDuration(resolution)}: some windows hold no point of their own`;
    reader.warning(at, message, `Write interval: ${formatDuration(resolution)} or longer.`);
  }
  return windows;
}

/** Data that is expected after the wait for it has ended would never be judged. */
export function checkDelay(
  reader: Reader,
  path: Path,
  { delay, maxDelay }: { delay?: Millis; maxDelay: Millis },
): void {
  if (delay === undefined || delay <= maxDelay) return;
  const message = `the delay ${formatDuration(delay)} is longer than maxDelay ${formatDuration(maxDelay)}: every window would be given up before its data is expected`;
  reader.error([...path, 'delay'], message, `Write maxDelay: ${formatDuration(2 * delay)}.`);
}

/** Warns of limits that the planned windows can never reach. */
export function checkLimits(
  reader: Reader,
  path: Path,
  limits: { failureLimit?: number | undefined; consecutiveFailureLimit?: number | undefined },
  windows: number,
): void {
  if (windows === 0) return;
  const { failureLimit = 0, consecutiveFailureLimit } = limits;
  const consecutive = consecutiveFailureLimit !== undefined && consecutiveFailureLimit <= windows;
  if (failureLimit >= windows && !consecutive) {
    const message = `the metric cannot fail: it forgives ${failureLimit} windows and has ${windows}`;
    reader.warning([...path, 'failureLimit'], message, `Write failureLimit: ${Math.max(0, Math.floor(windows / 4))}.`);
  }
  if (consecutiveFailureLimit !== undefined && !consecutive) {
    const message = `${consecutiveFailureLimit} failures in a row cannot happen in ${windows} windows`;
    reader.warning([...path, 'consecutiveFailureLimit'], message, 'Write a smaller number.');
  }
}
