import { MINUTE, SECOND } from '../../model/duration.js';
import type { ComparedMetric } from '../../model/metric.js';
import { replay, type ArrivingPoint, type ReplayInput, type ReplayResult } from '../../analysis/replay.js';
import { START } from './support.js';

/** A metric that compares counts of the canary with the primary's, in one-minute buckets. */
export function compared(over: Partial<ComparedMetric> = {}): ComparedMetric {
  return {
    strategy: 'CANARY_PRIMARY',
    test: 'SEQUENTIAL',
    kind: 'COUNTS',
    name: 'errors',
    provider: 'p',
    source: 'PROMETHEUS',
    query: 'q',
    canary: {},
    reference: { variant: 'primary', queries: {} },
    deviation: 'HIGH',
    tolerance: 1,
    alpha: 0.05,
    interval: 10 * MINUTE,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: 30 * SECOND,
    maxDelay: 20 * MINUTE,
    resolution: MINUTE,
    minMeasured: 0.5,
    errorLimit: 2,
    dryRun: false,
    ...over,
  };
}

/** A metric that compares one value of both. */
export function comparedValue(over: Partial<ComparedMetric> = {}): ComparedMetric {
  return compared({ kind: 'VALUE', name: 'p95', tolerance: 1.05, ...over });
}

/** The minute after START, negative for history; `minute(0)` is the first bucket. */
export function minute(index: number): number {
  return START + index * MINUTE;
}

export type Told = Omit<ArrivingPoint, 'at' | 'arrivedAt'>;

/** One bucket a minute, from minute `from` to before `to`; each is there when it ends, `late` after that. */
export function told(
  from: number,
  to: number,
  of: (index: number) => Told | undefined,
  late: (index: number) => number = () => 0,
): ArrivingPoint[] {
  const points: ArrivingPoint[] = [];
  for (let index = from; index < to; index += 1) {
    const bucket = of(index);
    if (bucket) points.push({ at: minute(index), arrivedAt: minute(index + 1) + late(index), ...bucket });
  }
  return points;
}

/** Judges half an hour from START. */
export function judge(
  metric: ComparedMetric,
  points: ReplayInput['points'],
  over: Partial<ReplayInput> = {},
): ReplayResult {
  const duration = over.duration ?? 30 * MINUTE;
  return replay({ metric, start: START, duration, maxDuration: duration, points, ...over });
}

/** Numbers from 0 to below 1 that are the same each time (Park and Miller's generator). */
export function random(seed: number): () => number {
  let state = seed % 2147483647 || 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return (state - 1) / 2147483646;
  };
}

/** A Poisson number, by Knuth's method: for small means. */
export function poisson(mean: number, next: () => number): number {
  const limit = Math.exp(-mean);
  let [count, product] = [0, next()];
  while (product > limit) {
    count += 1;
    product *= next();
  }
  return count;
}
