import type { MeasurementRecord } from '../../model/wire.js';
import { bandOf, bucketValue } from './chart-band.js';
import type { Band, Tolerance } from './chart-band.js';

/** Neighbouring windows that ended alike, as one. Epoch seconds. */
export interface Span {
  from: number;
  to: number;
  tone: 'good' | 'bad' | 'waiting';
}

/** Of everything that is neither, nothing was measured. */
const TONES: Readonly<Record<string, Span['tone']>> = { PASS: 'good', FAIL: 'bad' };

/** What a chart shows, ready to be painted many times a second. Times are epoch seconds. */
export interface ChartData {
  /** One time for all, a value or nothing for each version. */
  times: number[];
  /** Of a compared metric the canary and what it is compared with; else the metric alone, in `canary`. */
  canary: (number | null)[];
  reference: (number | null)[];
  compared: boolean;
  band: Band;
  spans: Span[];
  /** Where each window begins, in order. */
  edges: number[];
  /** From the first window's start to the last one's end; undefined without a window. */
  covered: { from: number; to: number } | undefined;
}

function spansOf(windows: readonly MeasurementRecord[]): Span[] {
  const spans: Span[] = [];
  for (const { from: start, to: end, outcome } of windows) {
    const tone = TONES[outcome] ?? 'waiting';
    const [from, to] = [Date.parse(start) / 1000, Date.parse(end) / 1000];
    const last = spans.at(-1);
    if (last && last.tone === tone && last.to === from) last.to = to;
    else spans.push({ from, to, tone });
  }
  return spans;
}

/** Puts the points of all windows in the order of time. A point that two windows name is one. @param windows in order */
export function chartData(windows: readonly MeasurementRecord[], tolerance?: Tolerance): ChartData {
  const compared = windows.some(({ canary, reference }) => canary !== undefined || reference !== undefined);
  const canary = new Map<number, number | null>();
  const reference = new Map<number, number | null>();
  for (const window of windows) {
    if (!compared) for (const [at, value] of window.points) canary.set(at, value);
    for (const bucket of window.canary ?? []) canary.set(bucket[0], bucketValue(bucket));
    for (const bucket of window.reference ?? []) reference.set(bucket[0], bucketValue(bucket));
  }
  const times = [...new Set([...canary.keys(), ...reference.keys()])].toSorted((a, b) => a - b);
  const [first, last] = [windows[0], windows.at(-1)];
  return {
    times,
    canary: times.map((at) => canary.get(at) ?? null),
    reference: times.map((at) => reference.get(at) ?? null),
    compared,
    band: bandOf(windows, tolerance),
    spans: spansOf(windows),
    edges: windows.map(({ from }) => Date.parse(from) / 1000),
    covered: first && last && { from: Date.parse(first.from) / 1000, to: Date.parse(last.to) / 1000 },
  };
}

/** The first index whose time is at or after `at`; the length when there is none. @param times in order */
export function indexAt(times: readonly number[], at: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
