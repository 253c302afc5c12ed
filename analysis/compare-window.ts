import type { Millis } from '../model/duration.js';
import type { Bucket, EvidenceMark, Measurement } from '../model/evidence.js';
import type { Ledger } from '../model/ledger.js';
import type { ComparedMetric } from '../model/metric.js';
import { closelyFollowing } from './history-note.js';
import { delaySeen, isWindowComplete } from './completeness.js';
import { addPair, calibrate, finalTest, harmIn, openLedger, type Harm, type Pair } from './ledger.js';
import { compareSamples } from './compare-samples.js';
import { harmInWords, incidentInWords, missingInWords, standInWords, type WindowSums } from './compare-words.js';
import { isSettled, sideOf, type PairLook, type Side } from './side-buckets.js';
import { evidenceMark } from './evidence-mark.js';
import { alignUp, type Window } from './windows.js';

/** Buckets of the reference's time before the canary: enough to see errors that come in clusters; four hours of minutes. */
const HISTORY_BUCKETS = 240;

/** How long before the first window the reference's history is read. */
export function historyOf({ resolution }: ComparedMetric): Millis {
  return HISTORY_BUCKETS * resolution;
}

/** How a window stands while its buckets come in. */
export interface OpenWindow {
  window: Window;
  /** What was gathered up to and with the last bucket used. */
  ledger: Ledger;
  /** The buckets used, in order. */
  used: Pair[];
  /** Set as soon as the evidence showed that the canary is worse: nothing more needs to be seen. */
  harm?: Harm;
  /** All of the window's buckets are settled. */
  done: boolean;
}

/** A window before its first look. @param ledger what the windows before have gathered, if any */
export function openWindow(metric: ComparedMetric, window: Window, ledger: Ledger | undefined): OpenWindow {
  return { window, ledger: ledger ?? openLedger(metric), used: [], done: false };
}

/** Whether the next look must also tell of the reference's time before the canary. */
export function needsHistory(metric: ComparedMetric, { ledger }: Pick<OpenWindow, 'ledger'>): boolean {
  const has = metric.reference?.variant === 'primary' || metric.history !== undefined;
  return metric.test === 'SEQUENTIAL' && has && ledger.calibration === undefined;
}

/** What is known of an earlier version: its buckets moved to this deployment's time. */
export interface Earlier {
  buckets: readonly Bucket[];
}

function referenceOf(metric: ComparedMetric, look: PairLook, earlier: Earlier | undefined): Side | undefined {
  if (!metric.reference) return undefined;
  if (metric.reference.variant === 'previous') {
    return { buckets: new Map((earlier?.buckets ?? []).map((bucket) => [bucket.at, bucket])), newest: Infinity };
  }
  return sideOf(metric, look.reference ?? {});
}

function calibrated(metric: ComparedMetric, ledger: Ledger, reference: Side | undefined, start: number): Ledger {
  if (ledger.calibration) return ledger;
  const history = [...(reference?.buckets.values() ?? [])].filter(({ at }) => at < start).sort((a, b) => a.at - b.at);
  return { ...ledger, calibration: calibrate(metric, history) };
}

/**
 * Takes what a look shows that was not used yet: each bucket of the window once, as soon as nothing more is expected of it on either
 * side. Stops at the bucket with which the evidence is enough.
 * @param start of the whole analysis, epoch ms: what is before it is history
 */
export function takeLook(
  metric: ComparedMetric,
  open: OpenWindow,
  look: PairLook,
  given: { start: number; earlier?: Earlier },
): OpenWindow {
  if (open.harm || open.done) return open;
  const { window } = open;
  const canary = sideOf(metric, look.canary);
  const reference = referenceOf(metric, look, given.earlier);
  const history = look.history ? sideOf(metric, look.history) : reference;
  let ledger = calibrated(metric, open.ledger, history, given.start);
  const used = [...open.used];
  const known = new Set(used.map(({ at }) => at));
  let settled = true;
  const phase = look.phase ?? 0;
  for (let at = alignUp(window.from - phase, look.bucket) + phase; at < window.to; at += look.bucket) {
    if (known.has(at)) continue;
    const ready =
      isSettled(at, canary, look, metric.delay) &&
      (reference === undefined ||
        metric.reference?.variant === 'previous' ||
        isSettled(at, reference, look, metric.delay));
    if (!ready) {
      settled = false;
      continue;
    }
    const [c, r] = [canary.buckets.get(at), reference?.buckets.get(at)];
    const pair: Pair = { at, ...(c && { canary: c }), ...(r && { reference: r }) };
    used.push(pair);
    ledger = addPair(metric, ledger, pair);
    const harm = metric.test === 'SEQUENTIAL' ? harmIn(metric, ledger) : undefined;
    if (harm) return { window, ledger, used, harm, done: false };
  }
  return { window, ledger, used, done: settled && look.at >= window.to };
}

/**
 * Takes the canary's settled buckets for which the reference was waited for in vain: that the canary was seen is no less true, and
 * its errors count against the allowed rate.
 */
function takeCanaryAlone(metric: ComparedMetric, open: OpenWindow, look: PairLook | undefined): OpenWindow {
  if (open.harm || open.done || !look || !metric.reference) return open;
  const canary = sideOf(metric, look.canary);
  let { ledger } = open;
  const used = [...open.used];
  const known = new Set(used.map(({ at }) => at));
  for (const [at, bucket] of [...canary.buckets].sort(([a], [b]) => a - b)) {
    const inside = at >= open.window.from && at < open.window.to && !known.has(at);
    if (!inside || !isSettled(at, canary, look, metric.delay)) continue;
    used.push({ at, canary: bucket });
    ledger = addPair(metric, ledger, { at, canary: bucket });
    const harm = metric.test === 'SEQUENTIAL' ? harmIn(metric, ledger) : undefined;
    if (harm) return { ...open, ledger, used, harm };
  }
  return { ...open, ledger, used };
}

/** How a window is closed. */
export interface Closing {
  /** Epoch ms. */
  judgedAt: number;
  /** The last answered look, if any was. */
  look?: PairLook;
  /** The query as sent, when no look was answered. */
  query: string;
  /** What went wrong at the last look; absent when it was answered. */
  error?: string;
  /** Why what was measured cannot count. */
  spoiled?: string;
  incomplete?: { at: number; pause: Millis };
  largestDelay?: Millis;
  /** It is the last planned window, or one of an extension: the test of the end is made. */
  isEnd: boolean;
  mayBeExtended: boolean;
}

/** What a closed window leaves behind. */
export interface ClosedWindow {
  measurement: Measurement;
  ledger: Ledger;
}

function sum(used: readonly Pair[], side: 'canary' | 'reference'): WindowSums {
  let [errors, requests, values, total] = [0, 0, 0, 0];
  for (const pair of used) {
    const bucket = pair[side];
    errors += bucket?.errors ?? 0;
    requests += bucket?.requests ?? 0;
    if (bucket?.value !== undefined) {
      values += 1;
      total += bucket.value;
    }
  }
  return { errors, requests, ...(values > 0 && { mean: total / values }), buckets: values };
}

function valueOf(metric: ComparedMetric, sums: WindowSums): number | undefined {
  if (metric.kind === 'VALUE') return sums.mean;
  return sums.requests > 0 ? sums.errors / sums.requests : undefined;
}

function isMeasured(metric: ComparedMetric, sums: WindowSums): boolean {
  return valueOf(metric, sums) !== undefined;
}

type Ending = Pick<Measurement, 'outcome' | 'reason'> & { evidence?: EvidenceMark; ledger: Ledger };

function endingOf(metric: ComparedMetric, open: OpenWindow, closing: Closing, before: Ledger): Ending {
  const sums = { canary: sum(open.used, 'canary'), reference: sum(open.used, 'reference') };
  if (closing.spoiled !== undefined) {
    return { outcome: 'NOT_ENOUGH_DATA', reason: closing.spoiled, ledger: before };
  }
  const { ledger } = open;
  if (open.harm) {
    return {
      outcome: 'FAIL',
      reason: `${harmInWords(metric, ledger, open.harm)}${closelyFollowing(metric, ledger)}`,
      evidence: evidenceMark(metric, ledger, open.harm),
      ledger,
    };
  }
  const missing = missingInWords(metric, open, sums, closing.look);
  const canary = isMeasured(metric, sums.canary);
  if (metric.test === 'MANN_WHITNEY') {
    if (closing.error !== undefined) return { outcome: 'ERROR', reason: closing.error, ledger };
    if (missing !== undefined) return { outcome: canary ? 'NOT_ENOUGH_DATA' : 'NO_DATA', reason: missing, ledger };
    return { ...compareSamples(metric, open.used), ledger };
  }
  let after = ledger;
  if (closing.isEnd) {
    const final = finalTest(metric, ledger, closing.mayBeExtended);
    after = final.ledger;
    if (final.harm) {
      const reason = `${harmInWords(metric, after, final.harm)}${closelyFollowing(metric, after)}`;
      return { outcome: 'FAIL', reason, evidence: evidenceMark(metric, after, final.harm), ledger: after };
    }
  }
  if (closing.error !== undefined) return { outcome: 'ERROR', reason: closing.error, ledger: after };
  const evidence = evidenceMark(metric, after);
  if (missing !== undefined) {
    return { outcome: canary ? 'NOT_ENOUGH_DATA' : 'NO_DATA', reason: missing, evidence, ledger: after };
  }
  const reason = `${standInWords(metric, after, sums)}${incidentInWords(metric, after, sums)}`;
  return { outcome: 'PASS', reason, evidence, ledger: after };
}

function listOf(used: readonly Pair[], side: 'canary' | 'reference'): Bucket[] {
  return used.flatMap((pair) => pair[side] ?? []);
}

/**
 * Closes a window: its buckets are settled, the evidence is enough, or there is no more time. A window that the evidence ended early
 * ends with the last bucket that was used. Pure: the same evidence always gives the same measurement.
 */
export function closeWindow(
  metric: ComparedMetric,
  given: OpenWindow,
  before: Ledger | undefined,
  closing: Closing,
): ClosedWindow {
  const { look } = closing;
  const open = takeCanaryAlone(metric, given, look);
  const last = open.used.reduce((at, pair) => Math.max(at, pair.at), open.window.from);
  const to = open.harm && look ? Math.min(open.window.to, last + look.bucket) : open.window.to;
  const ended = endingOf(metric, open, closing, before ?? openLedger(metric));
  const sums = sum(open.used, 'canary');
  const value = valueOf(metric, sums);
  const newest = look && sideOf(metric, look.canary).newest;
  const reach = look && {
    ...(newest !== undefined && { newest }),
    at: look.at,
    bucket: look.bucket,
    ...(metric.delay !== undefined && { delay: metric.delay }),
  };
  // The canary's data may be complete while the reference's is still waited for: then the window was not seen complete.
  const complete = reach !== undefined && (open.harm ? isWindowComplete(to, reach) : open.done);
  const delay =
    reach && complete && open.used.length > 0
      ? delaySeen(to, reach, {
          ...(closing.incomplete && { incomplete: closing.incomplete }),
          ...(closing.largestDelay !== undefined && { largest: closing.largestDelay }),
        })
      : undefined;
  const canary = listOf(open.used, 'canary');
  const reference = listOf(open.used, 'reference');
  const measurement: Measurement = {
    metric: metric.name,
    window: open.window.window,
    from: open.window.from,
    to,
    outcome: ended.outcome,
    ...(value !== undefined && { value }),
    points: canary.flatMap(({ at, value: v, errors = 0, requests = 0 }) =>
      v !== undefined ? [{ at, value: v }] : requests > 0 ? [{ at, value: errors / requests }] : [],
    ),
    query: look?.query ?? closing.query,
    reason: ended.reason,
    judgedAt: closing.judgedAt,
    ...(delay !== undefined && { delaySeconds: Math.round(delay / 100) / 10 }),
    ...(newest !== undefined && { newest }),
    ...(closing.spoiled !== undefined && { spoiled: closing.spoiled }),
    canary,
    ...(metric.reference && { reference }),
    ...(ended.evidence && { evidence: ended.evidence }),
    ...(metric.test === 'SEQUENTIAL' && closing.isEnd && closing.mayBeExtended && { mayBeExtended: true as const }),
  };
  return { measurement, ledger: ended.ledger };
}
