import { MINUTE, type Millis } from '../model/duration.js';

/** One window of a metric: counts from 1, half open `[from, to)`, epoch ms. A point belongs to the window that holds its bucket's start. */
export interface Window {
  window: number;
  from: number;
  to: number;
}

/** Windows of this length and more are judged by an activity of their own; shorter ones share one. */
const ALONE_FROM: Millis = MINUTE;
/** One activity judges at most this many windows, so that its result stays small whatever the interval. */
const MAX_WINDOWS_IN_CHUNK = 60;

/** The first multiple of `step` at or after the instant. */
export function alignUp(at: number, step: Millis): number {
  return step > 0 ? Math.ceil(at / step) * step : at;
}

/** The last multiple of `step` at or before the instant. */
export function alignDown(at: number, step: Millis): number {
  return step > 0 ? Math.floor(at / step) * step : at;
}

/**
 * Where a metric's first window begins: the later of the stage's beginning and the last verified weight change, plus the initial
 * delay, rounded up to the source's bucket edge, so that no bucket holds requests of the time before. Epoch ms.
 */
export function analysisStart(given: {
  beganAt: number;
  trafficVerifiedAt?: number;
  initialDelay: Millis;
  resolution: Millis;
}): number {
  const from = Math.max(given.beganAt, given.trafficVerifiedAt ?? given.beganAt);
  return alignUp(from + given.initialDelay, given.resolution);
}

/** The whole windows that fit into the duration, in order; none when the interval is longer than the duration. */
export function planWindows(start: number, duration: Millis, interval: Millis): Window[] {
  if (!(interval > 0)) return [];
  const count = Math.floor(duration / interval);
  return Array.from({ length: Math.max(0, count) }, (_, index) => ({
    window: index + 1,
    from: start + index * interval,
    to: start + (index + 1) * interval,
  }));
}

/**
 * Groups windows into the pieces that one activity judges: a window of a minute or more alone, shorter ones together in chunks
 * that span at most `chunkLength`. Order is kept and no window is lost.
 */
export function chunkWindows(windows: readonly Window[], chunkLength: Millis = 5 * MINUTE): Window[][] {
  const chunks: Window[][] = [];
  let open: Window[] = [];
  for (const window of windows) {
    const first = open[0];
    const joins =
      first !== undefined &&
      window.to - window.from < ALONE_FROM &&
      window.to - first.from <= chunkLength &&
      open.length < MAX_WINDOWS_IN_CHUNK;
    if (!joins) chunks.push((open = []));
    open.push(window);
  }
  return chunks;
}
