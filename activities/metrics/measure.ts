import { formatValue } from '../../analysis/threshold.js';
import {
  closeWindow,
  historyOf,
  needsHistory,
  openWindow,
  takeLook,
  type ClosedWindow,
  type Closing,
  type Earlier,
} from '../../analysis/compare-window.js';
import { firstLookAt, isComplete, isLive, judgeWindow, type WindowEvidence } from '../../analysis/judge.js';
import { addOutcome, isSpent, type Standing } from '../../analysis/metric-verdict.js';
import type { Window } from '../../analysis/windows.js';
import type { LogLine, Progress, Traffic } from '../../model/delivery.js';
import { formatDuration, SECOND, type Millis } from '../../model/duration.js';
import type { Measurement } from '../../model/evidence.js';
import type { Ledger } from '../../model/ledger.js';
import { isCompared, type ComparedMetric, type ThresholdMetric } from '../../model/metric.js';
import type { ReadEvidence } from '../memory/evidence.js';
import type { ActivityContext } from '../context.js';
import type { MeasureActivities, MeasureHeartbeat, MeasureInput, MeasureResult } from '../measure.js';
import { doubtOf } from './confirm.js';
import { boundEvidence } from './evidence-size.js';
import { judgedBefore } from './heartbeat.js';
import { lookUntilComplete, type Looking } from './look.js';
import { withPlaces } from './placeholders.js';
import { readPair } from './read-pair.js';
import { SourceError, type MetricSourceClient } from './source.js';
import type { FindSource } from './sources.js';
import { trafficMoved } from './traffic-check.js';

const HEARTBEAT_EVERY = SECOND;
const LOG_LINES_KEPT = 50;

export interface MeasureDeps {
  /** One for the whole process (`createSources`): rate limits are shared by all measurements. */
  sources: FindSource;
  /** Reads the rules (`DeliveryActivities.observe`); fails with FAILURE.changedByOthers when they are not as wanted. */
  observe: (traffic: Traffic) => Promise<Progress>;
  /** What an earlier deployment measured, for PREVIOUS. */
  readEvidence: ReadEvidence;
  /** The context of the activity that is running. */
  context(): ActivityContext;
}

/** What one run of the activity has so far. */
interface Chunk {
  input: MeasureInput;
  context: ActivityContext;
  measurements: Measurement[];
  log: LogLine[];
  ledger: Ledger | undefined;
  detail: string;
}

function beat({ context, input, detail, measurements, log, ledger }: Chunk): void {
  const details: MeasureHeartbeat = { stage: input.stage, detail, measurements, log, ...(ledger && { ledger }) };
  context.heartbeat(details);
}

function say(chunk: Chunk, level: LogLine['level'], text: string): void {
  chunk.log.push({ at: chunk.context.clock.now(), level, text });
  chunk.log.splice(0, chunk.log.length - LOG_LINES_KEPT);
}

/** The waiting and telling around one window's looks. */
function lookingFor(chunk: Chunk, find: () => MetricSourceClient): Looking {
  const { clock, cancelled } = chunk.context;
  const warned = new Set<string>();
  return {
    clock,
    cancelled,
    source: find,
    async waitUntil(at, detail) {
      chunk.detail = detail;
      for (let now = clock.now(); now < at; now = clock.now()) {
        beat(chunk);
        await clock.sleep(Math.min(HEARTBEAT_EVERY, at - now), cancelled);
      }
      cancelled.throwIfAborted();
    },
    async whileAlive(work) {
      // A beat is no reading of time: the injected clock would be moved on by it while the answer is on its way.
      const beats = setInterval(() => beat(chunk), HEARTBEAT_EVERY);
      try {
        return await work;
      } finally {
        clearInterval(beats);
      }
    },
    warn(text) {
      const kind = text.replace(/\d+/g, '#');
      if (warned.has(kind)) return;
      warned.add(kind);
      say(chunk, 'warning', text);
    },
  };
}

/** What judges one window of a chunk. */
interface Judging {
  input: MeasureInput;
  window: Window;
  looking: Looking;
  source: () => MetricSourceClient;
  seenDelay: Millis | undefined;
  /** What an earlier deployment measured, moved to this one's time. @param start where this analysis begins, epoch ms */
  earlier(start: number): Promise<Earlier | undefined>;
  /** Why the window cannot count because the traffic was moved; asked when it is over. */
  spoiled(): Promise<string | undefined>;
}

async function judgeAgainstBounds(metric: ThresholdMetric, judging: Judging): Promise<Measurement> {
  const { window, looking, source, seenDelay, input } = judging;
  const places = input.places && { places: input.places };
  // What is only to be seen while it is asked for is asked for from the window's beginning.
  if (!isLive(metric)) {
    await looking.waitUntil(window.to, `window ${window.window} of ${metric.name} ends at ${clockTime(window.to)}`);
  }
  const firstLook = firstLookAt(metric, window, seenDelay);
  const found = await lookUntilComplete(metric, window, firstLook, looking, {
    ask: async (now) => {
      const named = withPlaces(metric, input.places ?? {});
      return await source().ask({ metric: named, from: window.from, now, cancelled: looking.cancelled, ...places });
    },
    isEnough: (look) => isComplete(metric, window, look),
  });
  const spoiled = await judging.spoiled();
  const evidence: WindowEvidence = {
    ...found,
    query: queryAsSent(metric, source),
    ...(spoiled !== undefined && { spoiled }),
    ...(seenDelay !== undefined && { largestDelay: seenDelay }),
    judgedAt: looking.clock.now(),
  };
  const judged = judgeWindow(metric, window, evidence);
  if (judged.outcome !== 'PASS') return judged;
  const doubt = await doubtOf(metric, input.places ?? {}, looking);
  return judgeWindow(metric, window, { ...evidence, ...doubt });
}

/** Judges a window of a compared metric, bucket by bucket as they become complete. */
async function judgeByComparing(
  metric: ComparedMetric,
  judging: Judging,
  before: Ledger | undefined,
): Promise<ClosedWindow> {
  const { window, looking, source, seenDelay, input } = judging;
  const start = input.start ?? window.from;
  const earlier = await judging.earlier(start);
  let open = openWindow(metric, window, before);
  const found = await lookUntilComplete(metric, window, firstLookAt(metric, window, seenDelay), looking, {
    async ask(now) {
      const withHistory = needsHistory(metric, open);
      const from = withHistory ? start - historyOf(metric) : window.from;
      const places = input.places ?? {};
      return await readPair(metric, source(), { from, now, cancelled: looking.cancelled, places, withHistory });
    },
    isEnough(look) {
      open = takeLook(metric, open, look, { start, ...(earlier && { earlier }) });
      return open.harm !== undefined || open.done;
    },
  });
  const spoiled = await judging.spoiled();
  const planned = input.planned ?? input.windows.length;
  const closing: Closing = {
    ...found,
    query: metric.query,
    judgedAt: looking.clock.now(),
    ...(spoiled !== undefined && { spoiled }),
    ...(seenDelay !== undefined && { largestDelay: seenDelay }),
    isEnd: window.window >= planned,
    mayBeExtended: window.window < (input.mostWindows ?? planned),
  };
  const closed = closeWindow(metric, open, before, closing);
  if (closed.measurement.outcome !== 'PASS') return closed;
  const doubt = await doubtOf(metric, input.places ?? {}, looking);
  return doubt.error === undefined && doubt.spoiled === undefined
    ? closed
    : closeWindow(metric, open, before, { ...closing, ...doubt });
}

async function earlierOf(
  metric: ComparedMetric,
  { previous, stage }: MeasureInput,
  start: number,
  { readEvidence }: MeasureDeps,
): Promise<Earlier | undefined> {
  if (metric.reference?.variant !== 'previous' || previous === undefined) return undefined;
  const kept = await readEvidence({ deployment: previous, stage, metric });
  // Aligned on the time since the traffic was verified: both analyses begin there.
  return kept && { buckets: kept.buckets.map((bucket) => ({ ...bucket, at: bucket.at - kept.start + start })) };
}

function queryAsSent(metric: ThresholdMetric, find: () => MetricSourceClient): string {
  try {
    return find().render(metric);
  } catch (error) {
    if (error instanceof SourceError) return metric.query;
    throw error;
  }
}

function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

function inWords(measurement: Measurement, metric: MeasureInput['metric']): string {
  const value = measurement.value === undefined ? '' : ` ${formatValue(measurement.value)}`;
  const late =
    measurement.delaySeconds === undefined
      ? ''
      : ` Data complete after ${formatDuration(measurement.delaySeconds * SECOND)}.`;
  return (
    `${metric.name}, window ${measurement.window} (${clockTime(measurement.from)} to ${clockTime(measurement.to)}): ` +
    `${measurement.outcome}${value}. ${measurement.reason}${late}`
  );
}

function standingAfter(input: MeasureInput, measurements: readonly Measurement[]): Standing {
  return measurements.reduce<Standing>((standing, { outcome }) => addOutcome(standing, outcome), input.before);
}

function largestDelay(input: MeasureInput, measurements: readonly Measurement[]): Millis | undefined {
  const seen = measurements.flatMap(({ delaySeconds }) => (delaySeconds === undefined ? [] : [delaySeconds * SECOND]));
  if (input.seenDelay !== undefined) seen.push(input.seenDelay);
  return seen.length === 0 ? undefined : Math.max(...seen);
}

/**
 * Makes the activity that judges windows. Each window is judged once: after its verdict the activity goes on only when the server has
 * acknowledged it, so that an attempt that dies later leaves the verdict behind.
 */
export function createMeasure(deps: MeasureDeps): MeasureActivities['measure'] {
  return async function measure(input: MeasureInput): Promise<MeasureResult> {
    const context = deps.context();
    const chunk: Chunk = {
      input,
      context,
      ledger: input.ledger,
      ...judgedBefore(context.lastHeartbeat, input),
      detail: '',
    };
    const { measurements, log } = chunk;
    const { metric, traffic } = input;
    const source = (): MetricSourceClient => deps.sources(metric);

    for (const window of input.windows.slice(measurements.length)) {
      if (isSpent(metric, standingAfter(input, measurements))) break;
      const looking = lookingFor(chunk, source);
      const judging: Judging = {
        input,
        window,
        looking,
        source,
        seenDelay: largestDelay(input, measurements),
        earlier: async (start) => (isCompared(metric) ? await earlierOf(metric, input, start, deps) : undefined),
        spoiled: async () => traffic && (await trafficMoved(traffic, metric.interval, deps.observe, looking)),
      };
      let judged: Measurement;
      if (isCompared(metric)) {
        const closed = await judgeByComparing(metric, judging, chunk.ledger);
        chunk.ledger = closed.ledger;
        judged = closed.measurement;
      } else {
        judged = await judgeAgainstBounds(metric, judging);
      }
      const measurement = boundEvidence(judged, input.windows.length);
      measurements.push(measurement);
      say(chunk, measurement.outcome === 'PASS' ? 'info' : 'warning', inWords(measurement, input.metric));
      chunk.detail = `window ${window.window} of ${input.metric.name}: ${measurement.outcome}`;
      beat(chunk);
      await context.fence();
    }
    return { measurements, log, ...(chunk.ledger && { ledger: chunk.ledger }) };
  };
}
