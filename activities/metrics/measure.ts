import { formatValue } from '../../analysis/threshold.js';
import { earliestVerdict, judgeWindow, type WindowEvidence } from '../../analysis/judge.js';
import { addOutcome, isSpent, type Standing } from '../../analysis/metric-verdict.js';
import type { Window } from '../../analysis/windows.js';
import type { LogLine, Progress, Traffic } from '../../model/delivery.js';
import { formatDuration, SECOND, type Millis } from '../../model/duration.js';
import type { Measurement } from '../../model/evidence.js';
import { isCompared, type ThresholdMetric } from '../../model/metric.js';
import type { ActivityContext } from '../context.js';
import type { MeasureActivities, MeasureHeartbeat, MeasureInput, MeasureResult } from '../measure.js';
import { doubtOf } from './confirm.js';
import { boundEvidence } from './evidence-size.js';
import { judgedBefore } from './heartbeat.js';
import { lookUntilComplete, type Looking } from './look.js';
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
  /** The context of the activity that is running. */
  context(): ActivityContext;
}

/** What one run of the activity has so far. */
interface Chunk {
  input: MeasureInput;
  context: ActivityContext;
  measurements: Measurement[];
  log: LogLine[];
  detail: string;
}

function beat({ context, input, detail, measurements, log }: Chunk): void {
  const details: MeasureHeartbeat = { stage: input.stage, detail, measurements, log };
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

async function judge(
  chunk: Chunk,
  metric: ThresholdMetric,
  window: Window,
  seenDelay: Millis | undefined,
  deps: MeasureDeps,
): Promise<Measurement> {
  const { traffic } = chunk.input;
  const { clock } = chunk.context;
  const find = (): MetricSourceClient => deps.sources(metric);
  const looking = lookingFor(chunk, find);

  await looking.waitUntil(window.to, `window ${window.window} of ${metric.name} ends at ${clockTime(window.to)}`);
  const spoiled = traffic && (await trafficMoved(traffic, metric.interval, deps.observe, looking));
  const firstLook = earliestVerdict(metric, window, seenDelay);
  const found = await lookUntilComplete(metric, window, firstLook, looking);
  const evidence: WindowEvidence = {
    ...found,
    query: queryAsSent(chunk, find),
    ...(spoiled !== undefined && { spoiled }),
    ...(seenDelay !== undefined && { largestDelay: seenDelay }),
    judgedAt: clock.now(),
  };
  const judged = judgeWindow(metric, window, evidence);
  if (judged.outcome !== 'PASS') return boundEvidence(judged, chunk.input.windows.length);
  const doubt = await doubtOf(metric, looking);
  return boundEvidence(judgeWindow(metric, window, { ...evidence, ...doubt }), chunk.input.windows.length);
}

function queryAsSent(chunk: Chunk, find: () => MetricSourceClient): string {
  try {
    return find().render(chunk.input.metric);
  } catch (error) {
    if (error instanceof SourceError) return chunk.input.metric.query;
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
    const chunk: Chunk = { input, context, ...judgedBefore(context.lastHeartbeat, input), detail: '' };
    const { measurements, log } = chunk;

    for (const window of input.windows.slice(measurements.length)) {
      if (isSpent(input.metric, standingAfter(input, measurements))) break;
      const { metric } = input;
      if (isCompared(metric)) throw new Error('not wired yet');
      const measurement = await judge(chunk, metric, window, largestDelay(input, measurements), deps);
      measurements.push(measurement);
      say(chunk, measurement.outcome === 'PASS' ? 'info' : 'warning', inWords(measurement, input.metric));
      chunk.detail = `window ${window.window} of ${input.metric.name}: ${measurement.outcome}`;
      beat(chunk);
      await context.fence();
    }
    return { measurements, log };
  };
}
