import type { Absence } from '../model/datadog-query.js';
import { formatDuration, type Millis } from '../model/duration.js';
import type { Measurement, Point } from '../model/evidence.js';
import type { Metric, ThresholdMetric } from '../model/metric.js';
import { adviceOnAbsence } from './absence-advice.js';
import { delaySeen, isWindowComplete, type Reach } from './completeness.js';
import { fillEmpty } from './quotient.js';
import { SOURCE_NAME } from './source-name.js';
import { judgeThreshold } from './threshold.js';
import { alignUp, type Window } from './windows.js';

/** What one look at a source told, before any rule was applied. All points are real values: null and NaN were dropped. */
export interface Look {
  /** The query as sent. */
  query: string;
  points: readonly Point[];
  /** Points of the denominator, when the judged query is a quotient. */
  denominator?: readonly Point[];
  /** What it means where that quotient has no point and its denominator has one. */
  absence?: Absence;
  /** Points of the metric's own watermark query, when it has one. */
  watermark?: readonly Point[];
  /** Length of the source's buckets. */
  bucket: Millis;
  /** When it was looked, epoch ms, by the source's own clock where it tells one. */
  at: number;
  /** What was seen, in words without a full stop, where it says more than the points. */
  note?: string;
}

/** All that is known of a window at the moment it is judged. */
export interface WindowEvidence {
  /** The last look that was answered. */
  look?: Look;
  /** The query as sent, when no look was answered. */
  query: string;
  /** What went wrong at the last look, in words; absent when it was answered. */
  error?: string;
  /** Why what was measured cannot count: the traffic was moved, or nothing shows that the metric exists. */
  spoiled?: string;
  /** The last look before that found the data incomplete, and the pause after it. */
  incomplete?: { at: number; pause: Millis };
  /** The largest delay that was seen before this window. */
  largestDelay?: Millis;
  /** Epoch ms. */
  judgedAt: number;
}

type Judged = Pick<Measurement, 'outcome' | 'reason' | 'value'>;
type Known = Pick<Measurement, 'points' | 'newest' | 'filled' | 'spoiled' | 'window' | 'from' | 'to'> & {
  complete: boolean;
  error?: string;
  note?: string;
};

/**
 * How far the data reached at a look. The watermark is the metric's own, else a quotient's denominator where it is above zero
 * (a zero may be a default that the query puts where there is nothing), else the judged query itself.
 */
export function reachOf(metric: Metric, look: Look): Reach {
  const shows = look.watermark ?? look.denominator?.filter((point) => point.value > 0) ?? look.points;
  let newest: number | undefined;
  for (const { at } of shows) if (newest === undefined || at > newest) newest = at;
  return {
    ...(newest !== undefined && { newest }),
    at: look.at,
    bucket: look.bucket,
    ...(metric.delay !== undefined && { delay: metric.delay }),
  };
}

/** Whether a window can be judged on this look. */
export function isComplete(metric: Metric, window: Window, look: Look): boolean {
  return isWindowComplete(window.to, reachOf(metric, look));
}

function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

function filledInWords(metric: Metric, count: number): string {
  if (count === 0) return '';
  const value = metric.emptyValue ?? 0;
  const why = metric.emptyValue === undefined ? 'the denominator has points there' : 'of emptyValue';
  return `; ${count} empty bucket${count === 1 ? '' : 's'} taken as ${value} because ${why}`;
}

function nothing(metric: Metric, known: Known): string {
  const source = SOURCE_NAME[metric.source];
  if (!known.complete) return `${source} gave no point within ${formatDuration(metric.maxDelay)} of the window's end.`;
  if (known.newest !== undefined && known.newest >= known.to) {
    return `${source} has no point in this window, and data after it (newest bucket ${clock(known.newest)}).`;
  }
  return `${source} has no point in this window after the declared delay of ${formatDuration(metric.delay ?? 0)}.`;
}

/**
 * The outcome of a window from what is known of it. A window that never was complete fails when a complete bucket is out of
 * bounds; otherwise it is no verdict, for it has not been measured.
 */
function outcomeOf(metric: ThresholdMetric, known: Known): Judged {
  if (known.spoiled !== undefined) return { outcome: 'NOT_ENOUGH_DATA', reason: known.spoiled };
  const certain = known.complete ? known.points : known.points.filter(({ at }) => at < (known.newest ?? -Infinity));
  const judgement = judgeThreshold(certain, metric.expected);
  const value = judgement.worst && { value: judgement.worst.value };
  const words = known.note ?? judgement.reason.charAt(0).toUpperCase() + judgement.reason.slice(1);

  if (judgement.outcome === 'FAIL') {
    const late = known.complete ? '' : `, though the window never was complete`;
    return { outcome: 'FAIL', ...value, reason: `${words}${late}${filledInWords(metric, known.filled ?? 0)}.` };
  }
  if (known.error !== undefined) return { outcome: 'ERROR', reason: known.error };
  if (known.points.length === 0) return { outcome: 'NO_DATA', reason: nothing(metric, known) };
  if (known.complete) {
    return { outcome: 'PASS', ...value, reason: `${words}${filledInWords(metric, known.filled ?? 0)}.` };
  }
  const newest = known.newest === undefined ? '' : ` (newest bucket ${clock(known.newest)})`;
  const limit = formatDuration(metric.maxDelay);
  return {
    outcome: 'NOT_ENOUGH_DATA',
    ...value,
    reason: `The window's data was not complete ${limit} after its end${newest}; none of what came is outside.`,
  };
}

function adviceOnQuotient(metric: Metric, window: Window, { denominator, absence = 'ZERO' }: Look): string {
  const advice = adviceOnAbsence(metric.source, absence);
  if (advice === '') return '';
  const flows = denominator?.some(({ at, value }) => at >= window.from && at < window.to && value > 0);
  return flows ? ` ${advice}` : '';
}

/**
 * Judges one window, once. Pure: the same evidence always gives the same measurement.
 * `delaySeconds` is set when the data was seen complete.
 */
export function judgeWindow(metric: ThresholdMetric, window: Window, evidence: WindowEvidence): Measurement {
  const { look } = evidence;
  const reach = look && reachOf(metric, look);
  const complete = reach !== undefined && isWindowComplete(window.to, reach);
  const filling =
    look === undefined || reach === undefined
      ? { points: [], filled: 0 }
      : fillEmpty(
          window,
          look.points,
          {
            ...((look.absence === 'ZERO' || metric.emptyValue !== undefined) &&
              look.denominator && { denominator: look.denominator }),
            ...(look.watermark && { watermark: look.watermark }),
            ...(metric.emptyValue !== undefined && { emptyValue: metric.emptyValue }),
          },
          reach,
        );
  const seen = reach?.newest !== undefined && reach.newest >= window.to;
  const delay =
    reach && complete && (seen || filling.points.length > 0)
      ? delaySeen(window.to, reach, {
          ...(evidence.incomplete && { incomplete: evidence.incomplete }),
          ...(evidence.largestDelay !== undefined && { largest: evidence.largestDelay }),
        })
      : undefined;
  const known: Known = {
    ...window,
    points: filling.points,
    complete,
    ...(filling.filled > 0 && { filled: filling.filled }),
    ...(reach?.newest !== undefined && { newest: reach.newest }),
    ...(evidence.error !== undefined && { error: evidence.error }),
    ...(evidence.spoiled !== undefined && { spoiled: evidence.spoiled }),
    ...(look?.note !== undefined && { note: look.note }),
  };
  const { outcome, value, reason } = outcomeOf(metric, known);
  const advice = outcome === 'NO_DATA' && look ? adviceOnQuotient(metric, window, look) : '';
  return {
    metric: metric.name,
    ...window,
    outcome,
    ...(value !== undefined && { value }),
    points: known.points,
    query: look?.query ?? evidence.query,
    reason: reason + advice,
    judgedAt: evidence.judgedAt,
    ...(delay !== undefined && { delaySeconds: Math.round(delay / 100) / 10 }),
    ...(known.filled !== undefined && { filled: known.filled }),
    ...(known.newest !== undefined && { newest: known.newest }),
    ...(known.spoiled !== undefined && { spoiled: known.spoiled }),
  };
}

/**
 * The outcome of a stored measurement, recomputed from the evidence that it keeps. Thinned evidence keeps its worst point, so the
 * outcome stays the same.
 */
export function judgeStored(metric: ThresholdMetric, stored: Measurement): Judged {
  return outcomeOf(metric, {
    ...stored,
    complete: stored.delaySeconds !== undefined,
    ...(stored.outcome === 'ERROR' && { error: stored.reason }),
  });
}

/**
 * The evidence of a measurement cut down to `limit` points, its worst among them, evenly spread otherwise. The reason says so.
 */
export function thinEvidence(measurement: Measurement, limit: number): Measurement {
  const { points, value } = measurement;
  if (points.length <= limit) return measurement;
  const step = points.length / Math.max(1, limit - 1);
  const kept = new Set(Array.from({ length: Math.max(0, limit - 1) }, (_, index) => Math.floor(index * step)));
  const worst = points.findIndex((point) => point.value === value);
  kept.add(worst < 0 ? 0 : worst);
  return {
    ...measurement,
    points: points.filter((_, index) => kept.has(index)),
    reason: `${measurement.reason} (${kept.size} of ${points.length} points kept.)`,
  };
}

/** When a window can be judged at the earliest, by what is known of the source's delay. Epoch ms. */
export function earliestVerdict(metric: Metric, window: Window, seenDelay?: Millis): number {
  if (metric.delay !== undefined) return alignUp(window.to, metric.resolution) + metric.delay;
  return window.to + Math.min(seenDelay ?? 0, metric.maxDelay);
}

/** Whether a source shows only what happens while it is asked: tasks are scraped. */
export function isLive({ source }: Pick<Metric, 'source'>): boolean {
  return source === 'TASKS';
}

/**
 * When a window is looked at for the first time. A sequential test takes each bucket as it becomes complete; others wait for the
 * window. Epoch ms.
 */
export function firstLookAt(metric: Metric, window: Window, seenDelay?: Millis): number {
  if (isLive(metric)) return window.from;
  if (metric.test !== 'SEQUENTIAL') return earliestVerdict(metric, window, seenDelay);
  return earliestVerdict(metric, { ...window, to: Math.min(window.to, window.from + metric.resolution) }, seenDelay);
}
