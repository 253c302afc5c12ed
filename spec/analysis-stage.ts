import { z } from 'zod';
import { duration } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { formatDuration, HOUR, MINUTE } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { Metric } from '../model/metric.js';
import type { AnalysisStage, WaitApprovalStage } from '../model/stage.js';
import { readJudged } from './analysis-metrics.js';
import type { MetricContext } from './metric.js';

const DEFAULT_TIMEOUT = 6 * HOUR;
/** What a stage may take beyond its longest wait for data: the start at a bucket's edge, retries, judging. */
const TIMEOUT_SLACK = 10 * MINUTE;

/** A share as a number or a percentage: `0.05` or `5%`. */
const share = z
  .union([z.number(), z.string()], { error: 'must be a share such as 0.05 or 5%' })
  .transform((written, context): number => {
    const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(String(written)) ?? [];
    const number = percent === undefined ? Number(written) : Number(percent) / 100;
    if (number > 0 && number < 1) return number;
    context.issues.push({
      code: 'custom',
      input: written,
      message: `"${written}" is no share above 0 and below 1`,
      params: { fix: 'Write 0.05 or 5%: how often a good version may be rolled back.' },
    });
    return z.NEVER;
  });

export const DEFAULT_ALPHA = 0.05;

export const analysisShape = z.object({
  duration,
  metrics: z.array(z.unknown()).optional(),
  logs: z.array(z.unknown()).optional(),
  https: z.array(z.unknown()).optional(),
  restartThreshold: z.unknown().optional(),
  skipOn: z.unknown().optional(),
  initialDelay: duration.optional(),
  onNoData: z.enum(['ROLLBACK', 'WAIT_APPROVAL', 'PROCEED']).optional(),
  onNotEnoughData: z.enum(['WAIT_APPROVAL', 'ROLLBACK', 'PROCEED']).optional(),
  maxDuration: duration.optional(),
  alpha: share.optional(),
});

export const watchShape = analysisShape.extend({ duration: duration.optional() });
const UNUSED_BY_WATCH = ['onNoData', 'onNotEnoughData', 'maxDuration'] as const;

/** An ANALYSIS stage but for what all stages have. `timeout` is the file's, when it gives one. */
export function readAnalysis(
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis | undefined,
  context: Omit<MetricContext, 'duration'>,
): Omit<AnalysisStage, 'id' | 'desc' | 'skipOn'> | undefined {
  const fields = reader.read(analysisShape, value, path);
  if (!fields) return undefined;
  if (fields.duration === 0) reader.error([...path, 'duration'], 'must be above zero', 'Write, for example, 10m.');
  const metrics = metricsOf(reader, fields, path, { ...context, duration: fields.duration });
  const initialDelay = fields.initialDelay ?? 0;
  const maxDuration = fields.maxDuration || fields.duration;
  if (maxDuration < fields.duration) {
    const message = `maxDuration ${formatDuration(maxDuration)} is shorter than duration ${formatDuration(fields.duration)}`;
    reader.error([...path, 'maxDuration'], message, 'Make it the longer one, or delete it.');
  }
  const longest = initialDelay + maxDuration + Math.max(0, ...metrics.map(({ maxDelay }) => maxDelay)) + TIMEOUT_SLACK;
  if (timeout !== undefined && timeout < initialDelay + fields.duration) {
    const message = `the stage’s timeout ${formatDuration(timeout)} is shorter than the ${formatDuration(initialDelay + fields.duration)} that it takes`;
    reader.error(
      [...path.slice(0, -1), 'timeout'],
      message,
      `Write timeout: ${formatDuration(longest)}, or delete it.`,
    );
  }
  return {
    name: 'ANALYSIS',
    timeout: timeout ?? Math.max(DEFAULT_TIMEOUT, longest),
    duration: fields.duration,
    initialDelay,
    onNoData: fields.onNoData ?? 'ROLLBACK',
    onNotEnoughData: fields.onNotEnoughData ?? 'WAIT_APPROVAL',
    maxDuration,
    metrics,
  };
}

/**
 * The `analysis` of a WAIT_APPROVAL: an ANALYSIS's fields, but that it goes on for as long as people may take, and that nothing it sees or
 * lacks opens the gate.
 * @param timeout the stage's
 */
export function readWatch(
  reader: Reader,
  value: unknown,
  path: Path,
  timeout: Millis,
  context: Omit<MetricContext, 'duration'>,
): WaitApprovalStage['analysis'] {
  const fields = reader.read(watchShape, value, path);
  if (!fields) return undefined;
  for (const field of UNUSED_BY_WATCH) {
    if (fields[field] === undefined) continue;
    reader.warning([...path, field], `${field} is not used: people decide here`, 'Delete it.');
  }
  const length = reader.durationOr(timeout, fields.duration, [...path, 'duration']);
  if (length > timeout) {
    const message = `the duration ${formatDuration(length)} is longer than the stage’s timeout ${formatDuration(timeout)}: it ends with the stage`;
    reader.warning([...path, 'duration'], message, 'Delete it.');
  }
  return {
    name: 'ANALYSIS',
    timeout,
    duration: length,
    initialDelay: fields.initialDelay ?? 0,
    onNoData: 'WAIT_APPROVAL',
    onNotEnoughData: 'WAIT_APPROVAL',
    maxDuration: length,
    metrics: metricsOf(reader, fields, path, { ...context, duration: length }),
  };
}

/** What is judged, with its share of the stage's budget. */
function metricsOf(reader: Reader, fields: z.output<typeof watchShape>, path: Path, context: MetricContext): Metric[] {
  if (fields.logs?.length) {
    const message = 'logs checks are not supported; PipeCD’s own always fail';
    reader.error([...path, 'logs'], message, 'Delete them; metrics and https are what is judged.');
  }
  if (fields.restartThreshold !== undefined) {
    reader.warning([...path, 'restartThreshold'], 'restartThreshold does nothing, here as in PipeCD', 'Delete it.');
  }
  const lists = { metrics: fields.metrics ?? [], https: fields.https ?? [] };
  const read = readJudged(reader, lists, path, context);
  if (fields.alpha !== undefined && read.length > 0 && read.every(({ test }) => test !== 'SEQUENTIAL')) {
    const message = 'alpha is not used: no metric here is judged by all of its evidence';
    reader.warning([...path, 'alpha'], message, 'Delete it.');
  }
  return shareAlpha(read, fields.alpha ?? DEFAULT_ALPHA);
}

/** Shares the stage's budget of wrong rollbacks over the metrics that can make one; PipeCD's test has a level of its own. */
function shareAlpha(metrics: Metric[], alpha: number): Metric[] {
  const sharing = metrics.filter((metric) => metric.test === 'SEQUENTIAL' && !metric.dryRun).length;
  return metrics.map((metric) =>
    metric.test === 'SEQUENTIAL' ? { ...metric, alpha: alpha / Math.max(1, sharing) } : metric,
  );
}
