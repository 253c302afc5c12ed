/** One measured thing, beside what it is compared with in the same run. Nothing is asserted of either. */
export interface Figure {
  name: string;
  /** `shift`: Chromium's cumulative layout shift. */
  unit: 's' | 'events' | 'bytes' | 'requests' | 'shift';
  /** The median of `runs`. */
  value: number;
  runs: number[];
  baseline: { name: string; value: number };
  /** What the product wants to stay below. */
  aim?: number;
}

declare module 'vitest' {
  interface TaskMeta {
    figures?: Figure[];
  }
}

/** The middle one of some measurements; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = NaN, high = NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** A figure of several runs in seconds. */
export function seconds(name: string, runs: number[], baseline: Figure['baseline'], aim?: number): Figure {
  return { name, unit: 's', value: median(runs), runs, baseline, ...(aim !== undefined && { aim }) };
}
