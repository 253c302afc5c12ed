import type { BucketDocument, MeasurementRecord } from '../../model/wire.js';

/** What a chart shows: one time for all, a value or nothing for each version. Times are epoch seconds. */
export interface ChartData {
  times: number[];
  /** Of a compared metric the canary and what it is compared with; else the metric alone, in `canary`. */
  canary: (number | null)[];
  reference: (number | null)[];
  compared: boolean;
}

/** A bucket's value; of counts, the share. Nothing was asked of a bucket without requests. */
function valueOf([, first, requests]: BucketDocument): number | null {
  if (requests === undefined) return first;
  return requests === 0 ? null : first / requests;
}

/** Puts the points of all windows in the order of time. A point that two windows name is one. */
export function chartData(windows: readonly MeasurementRecord[]): ChartData {
  const compared = windows.some(({ canary, reference }) => canary !== undefined || reference !== undefined);
  const canary = new Map<number, number | null>();
  const reference = new Map<number, number | null>();
  for (const window of windows) {
    if (!compared) for (const [at, value] of window.points) canary.set(at, value);
    for (const bucket of window.canary ?? []) canary.set(bucket[0], valueOf(bucket));
    for (const bucket of window.reference ?? []) reference.set(bucket[0], valueOf(bucket));
  }
  const times = [...new Set([...canary.keys(), ...reference.keys()])].toSorted((a, b) => a - b);
  return {
    times,
    canary: times.map((at) => canary.get(at) ?? null),
    reference: times.map((at) => reference.get(at) ?? null),
    compared,
  };
}
