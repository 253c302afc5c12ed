import type { Bucket, Measurement, MetricProgress, Outcome, Point } from '../model/evidence.js';
import type { Ledger } from '../model/ledger.js';
import { isCompared, type ComparedMetric, type Metric, type ThresholdMetric } from '../model/metric.js';
import type { Millis } from '../model/duration.js';
import { closeWindow, needsHistory, openWindow, takeLook, type OpenWindow } from './compare-window.js';
import { isComplete, judgeWindow, type Look } from './judge.js';
import { isSpent, metricVerdict, standingOf } from './metric-verdict.js';
import type { PairLook, SideSeries } from './side-buckets.js';
import { addMeasurements, beginProgress } from './tally.js';
import { alignUp, planWindows, type Window } from './windows.js';

/** One bucket as it was told: invisible before `arrivedAt`. Epoch ms; a later arrival of the same bucket replaces the earlier one. */
export interface ArrivingPoint extends Bucket {
  arrivedAt: number;
}

/** Data of the versions, to judge a metric on without a deployment. */
export interface ReplayInput {
  metric: Metric;
  /** Where the first window begins, epoch ms. Points of before are history. */
  start: number;
  duration: Millis;
  /** Upper bound with extensions for want of data; `duration` when there are none. */
  maxDuration: Millis;
  points: Partial<Record<'canary' | 'primary' | 'baseline' | 'previous', readonly ArrivingPoint[]>>;
}

export interface ReplayResult {
  verdict: Outcome;
  reason: string;
  /** When the verdict was known, epoch ms. */
  decidedAt: number;
  measurements: Measurement[];
  progress: MetricProgress;
}

/** A version's buckets as they arrive. */
interface Arriving {
  /** Of each bucket what arrived last; instants must be asked for in order. */
  at: (instant: number) => ArrivingPoint[];
  /** Drops what began before, but for the newest bucket, which tells how far the data reaches. */
  forget: (before: number) => void;
}

/** @param points in order of arrival */
function arriving(points: readonly ArrivingPoint[]): Arriving {
  const byStart = new Map<number, ArrivingPoint>();
  let next = 0;
  let newest = -Infinity;
  return {
    at(instant) {
      for (let point = points[next]; point && point.arrivedAt <= instant; point = points[next]) {
        byStart.set(point.at, point);
        newest = Math.max(newest, point.at);
        next += 1;
      }
      return [...byStart.values()];
    },
    forget(before) {
      for (const at of byStart.keys()) if (at < before && at !== newest) byStart.delete(at);
    },
  };
}

function series(points: readonly ArrivingPoint[], of: 'value' | 'errors' | 'requests'): Point[] {
  const found: Point[] = [];
  for (const point of points) {
    const value = point[of];
    if (value !== undefined) found.push({ at: point.at, value });
  }
  return found;
}

function sideSeries(metric: ComparedMetric, points: readonly ArrivingPoint[]): SideSeries {
  if (metric.kind === 'VALUE') return { value: series(points, 'value') };
  return { errors: series(points, 'errors'), requests: series(points, 'requests') };
}

/** Where a metric's buckets begin within their length: the document's points say it. */
function phaseOf({ points, metric: { resolution } }: ReplayInput): Millis {
  const [first] = Object.values(points).flatMap(([point]) => point ?? []);
  return first ? ((first.at % resolution) + resolution) % resolution : 0;
}

/** The looks that can tell something new about a window: each arrival and each deadline until it is given up. */
function instants(input: Phased, window: Window, arrivals: readonly number[], from: number): number[] {
  const { metric, phase } = input;
  const until = window.to + Math.max(metric.maxDelay, metric.delay ?? 0);
  const found = new Set<number>([until]);
  for (const at of arrivals) if (at >= from && at <= until) found.add(at);
  const delay = metric.delay;
  for (let at = alignUp(window.from - phase, metric.resolution) + phase; at <= window.to; at += metric.resolution) {
    const end = at + metric.resolution;
    for (const due of delay === undefined ? [end] : [end + delay, end + Math.ceil(delay * 1.3)]) {
      if (due >= from && due <= until) found.add(due);
    }
  }
  if (window.to >= from) found.add(window.to);
  found.add(Math.max(from, window.from));
  // Between two arrivals a bucket that is missing may become old enough to be missing for good.
  for (let at = Math.max(from, window.to); at < until; at += metric.resolution) found.add(at);
  return [...found].filter((at) => at <= until).sort((a, b) => a - b);
}

/** … with the phase of its buckets. */
type Phased = ReplayInput & { phase: Millis; arriving: Partial<Record<keyof ReplayInput['points'], Arriving>> };

interface Clocked {
  measurement: Measurement;
  ledger?: Ledger;
}

function compareAt(
  input: Phased,
  metric: ComparedMetric,
  window: Window,
  ledger: Ledger | undefined,
  looks: readonly number[],
  end: { isEnd: boolean; mayBeExtended: boolean },
): Clocked {
  const { points, start, phase } = input;
  const referenceOf = metric.reference?.variant;
  const earlier =
    referenceOf === 'previous' ? { earlier: { buckets: (points.previous ?? []).filter((p) => p.at >= start) } } : {};
  const reference = referenceOf && input.arriving[referenceOf];
  input.arriving.canary?.forget(window.from);
  let open: OpenWindow = openWindow(metric, window, ledger);
  let forgot = false;
  let look: PairLook | undefined;
  let judgedAt = window.to;
  for (const at of looks) {
    judgedAt = at;
    // Once the history was read it is carried along no further.
    if (!forgot && open.ledger.calibration) {
      reference?.forget(window.from);
      forgot = true;
    }
    look = {
      canary: sideSeries(metric, input.arriving.canary?.at(at) ?? []),
      ...(referenceOf && { reference: sideSeries(metric, reference?.at(at) ?? []) }),
      ...(needsHistory(metric, open) &&
        metric.history && { history: sideSeries(metric, input.arriving.primary?.at(at) ?? []) }),
      query: metric.query,
      bucket: metric.resolution,
      phase,
      at,
    };
    open = takeLook(metric, open, look, { start, ...earlier });
    if (open.harm || open.done) break;
  }
  return closeWindow(metric, open, ledger, { judgedAt, ...(look && { look }), query: metric.query, ...end });
}

function thresholdAt(
  { arriving: { canary, primary } }: Phased,
  metric: ThresholdMetric,
  window: Window,
  looks: readonly number[],
): Clocked {
  let look: Look | undefined;
  let judgedAt = window.to;
  for (const at of looks.filter((each) => each >= window.to)) {
    judgedAt = at;
    const seen = (canary ?? primary)?.at(at) ?? [];
    const counted = seen.some(({ requests }) => requests !== undefined);
    const judged = counted
      ? seen.flatMap((p) => (p.requests ? [{ at: p.at, value: (p.errors ?? 0) / p.requests }] : []))
      : series(seen, 'value');
    look = {
      query: metric.query,
      points: judged,
      ...(counted && { denominator: series(seen, 'requests'), absence: 'ZERO' as const }),
      bucket: metric.resolution,
      at,
    };
    if (isComplete(metric, window, look)) break;
  }
  return { measurement: judgeWindow(metric, window, { ...(look && { look }), query: metric.query, judgedAt }) };
}

/**
 * Judges a metric on data, window by window, as the workflow would have: with the same functions, at each instant at which something
 * new can be known.
 */
export function replay(input: ReplayInput): ReplayResult {
  const { metric } = input;
  const sorted = Object.fromEntries(
    Object.entries(input.points).map(([side, points]) => [
      side,
      [...points].sort((a, b) => a.arrivedAt - b.arrivedAt || a.at - b.at),
    ]),
  );
  const sides = Object.entries(sorted).map(([side, points]) => [side, arriving(points)] as const);
  const given: Phased = { ...input, points: sorted, phase: phaseOf(input), arriving: Object.fromEntries(sides) };
  const arrivals = Object.values(given.points).flatMap((points) => points.map(({ arrivedAt }) => arrivedAt));
  const planned = planWindows(input.start, input.duration, metric.interval);
  const all = planWindows(input.start, input.maxDuration, metric.interval);
  const measurements: Measurement[] = [];
  let progress = beginProgress(metric, planned.length);
  let now = input.start;
  for (const window of all) {
    if (isSpent(metric, standingOf(progress))) break;
    if (window.window > planned.length && metricVerdict(metric, progress).verdict === 'PASS') break;
    const from = Math.max(now, metric.test === 'SEQUENTIAL' ? window.from : window.to);
    const looks = instants(given, window, arrivals, from);
    const end = { isEnd: window.window >= planned.length, mayBeExtended: window.window < all.length };
    const { measurement, ledger } = isCompared(metric)
      ? compareAt(given, metric, window, progress.ledger, looks, end)
      : thresholdAt(given, metric, window, looks);
    measurements.push(measurement);
    progress = addMeasurements(metric, progress, [measurement], ledger);
    now = Math.max(now, measurement.judgedAt);
  }
  const { verdict, reason } = metricVerdict(metric, progress);
  return {
    // A verdict is only RUNNING while planned windows are left, and none is.
    verdict: verdict === 'RUNNING' ? 'NOT_ENOUGH_DATA' : verdict,
    reason,
    decidedAt: measurements.at(-1)?.judgedAt ?? input.start,
    measurements,
    progress,
  };
}
