import { z } from 'zod';
import { checkPlain, hasErrors } from '../document/check.js';
import { written } from '../document/written.js';
import { MINUTE, parseDuration, SECOND, type Millis } from '../model/duration.js';
import type { Finding } from '../model/finding.js';
import type { ComparedMetric, Deviation, Metric, MetricStrategy, Variant } from '../model/metric.js';
import { parseTolerance } from '../model/tolerance.js';

/** Data to judge a metric on: what `sluice judge FILE` takes, in milliseconds. */
export interface JudgeDocument {
  id: string;
  metric: Metric;
  start: number;
  duration: Millis;
  maxDuration: Millis;
  points: Partial<Record<Variant, JudgePoint[]>>;
}

export interface JudgePoint {
  at: number;
  arrivedAt: number;
  errors?: number;
  requests?: number;
  value?: number;
}

const DEFAULT_MAX_DELAY = 20 * MINUTE;
const DEFAULT_ALPHA = 0.05;
/** PipeCD's level of the Mann–Whitney test (pipecd.md §2.5). */
const MANN_WHITNEY_ALPHA = 0.05;
const VALUE_TOLERANCE = 1.05;

/** Seconds as a number, or a duration with its unit. */
const span = z.union([z.number(), z.string()]).transform((given, context): Millis => {
  const ms = typeof given === 'number' ? given * SECOND : parseDuration(given);
  if (ms !== undefined && ms >= 0 && Number.isFinite(ms)) return Math.round(ms);
  context.issues.push({
    code: 'custom',
    input: given,
    message: `"${given}" is no duration`,
    params: { fix: 'Write seconds (300) or a duration with its unit ("300s", "5m").' },
  });
  return z.NEVER;
});

const share = z
  .union([z.number(), z.string().regex(/^\d+(\.\d+)?%$/)])
  .transform((given) => (typeof given === 'number' ? given : Number(given.slice(0, -1)) / 100));

const tolerance = z.union([z.number(), z.string()]).transform((given, context): number => {
  const factor = parseTolerance(given);
  if (factor !== undefined) return factor;
  context.issues.push({
    code: 'custom',
    input: given,
    message: `"${given}" is no tolerance`,
    params: { fix: 'Write a factor (1.2), a share (0.2) or a percentage ("20%"): all three mean a fifth more.' },
  });
  return z.NEVER;
});

const point = z.object({
  at: z.number(),
  arrivedAt: z.number().nullish(),
  errors: z.number().min(0).nullish(),
  requests: z.number().min(0).nullish(),
  value: z.number().nullish(),
});
const points = z.array(point).optional();

/** The fields of a metric as in app.pipecd.yaml. What says where the data comes from is not needed here, and is passed over. */
const metricShape = z.object({
  name: z.string().min(1).optional(),
  metric: z.string().optional(),
  strategy: z.enum(['THRESHOLD', 'PREVIOUS', 'CANARY_BASELINE', 'CANARY_PRIMARY']).default('THRESHOLD'),
  test: z.enum(['SEQUENTIAL', 'MANN_WHITNEY', 'EACH_POINT']).optional(),
  provider: z.unknown().optional(),
  query: z.string().optional(),
  errors: z.unknown().optional(),
  requests: z.unknown().optional(),
  canaryArgs: z.unknown().optional(),
  baselineArgs: z.unknown().optional(),
  primaryArgs: z.unknown().optional(),
  timeout: z.unknown().optional(),
  watermark: z.unknown().optional(),
  expected: z.object({ min: z.number().optional(), max: z.number().optional() }).optional(),
  deviation: z.enum(['LOW', 'HIGH', 'EITHER']).optional(),
  tolerance: tolerance.optional(),
  alpha: share.optional(),
  interval: span.optional(),
  failureLimit: z.int().min(0).optional(),
  consecutiveFailureLimit: z.int().min(1).optional(),
  skipOnNoData: z.boolean().optional(),
  delay: span.optional(),
  maxDelay: span.optional(),
  resolution: span.optional(),
  emptyValue: z.number().optional(),
  minMeasured: share.optional(),
  minRequests: z.number().min(0).optional(),
  minPoints: z.int().min(0).optional(),
  errorLimit: z.int().min(0).optional(),
  dryRun: z.boolean().optional(),
  onNoPrevious: z.enum(['INCONCLUSIVE', 'PASS']).optional(),
});

const shape = z.object({
  id: z.union([z.string(), z.number()]).transform(String),
  duration: span,
  interval: span.optional(),
  initialDelay: span.optional(),
  maxDuration: span.optional(),
  alpha: share.optional(),
  start: z.number().default(0),
  metric: metricShape,
  points: z.object({ canary: points, primary: points, baseline: points, previous: points }),
});

type Fields = z.output<typeof shape>;

const REFERENCE: Readonly<Record<MetricStrategy, Exclude<Variant, 'canary'> | undefined>> = {
  THRESHOLD: undefined,
  PREVIOUS: 'previous',
  CANARY_BASELINE: 'baseline',
  CANARY_PRIMARY: 'primary',
};

/**
 * Reads one document of `sluice judge`. Times are seconds there; `at` is the start of a bucket.
 * @returns the document, or what is wrong with it, field by field
 */
export function readJudgeDocument(value: unknown): { document?: JudgeDocument; findings: Finding[] } {
  const { value: fields, findings } = checkPlain(shape, value);
  if (!fields) return { findings };
  const mistakes = mistakesOf(fields);
  if (hasErrors(mistakes)) return { findings: mistakes };
  const resolution = fields.metric.resolution || MINUTE;
  const duration = fields.duration;
  return {
    findings: [],
    document: {
      id: fields.id,
      metric: metricOf(fields, resolution),
      start: fields.start * SECOND + (fields.initialDelay ?? 0),
      duration,
      maxDuration: Math.max(duration, fields.maxDuration ?? duration),
      points: pointsOf(fields, resolution),
    },
  };
}

function intervalOf({ interval, metric }: Fields): Millis | undefined {
  return metric.interval ?? interval;
}

function hasCounts({ points: given }: Fields): boolean {
  return Object.values(given).some((side) => side?.some(({ requests }) => typeof requests === 'number'));
}

/** Errors without requests are counts too: a side may have been told of its errors alone. */
function isCounted({ points: given }: Fields): boolean {
  return Object.values(given).some((side) =>
    side?.some(({ requests, errors }) => typeof requests === 'number' || typeof errors === 'number'),
  );
}

function testOf(fields: Fields): 'SEQUENTIAL' | 'MANN_WHITNEY' | 'EACH_POINT' {
  const { strategy, test, expected } = fields.metric;
  if (test) return test;
  if (strategy !== 'THRESHOLD') return 'SEQUENTIAL';
  const rate = expected?.max !== undefined && expected.max > 0 && expected.max < 1 && expected.min === undefined;
  return rate && hasCounts(fields) ? 'SEQUENTIAL' : 'EACH_POINT';
}

function mistakesOf(fields: Fields): Finding[] {
  const findings: Finding[] = [];
  const error = (field: string, message: string, fix: string): void => {
    findings.push({ level: 'error', field, message, fix });
  };
  const { metric } = fields;
  const interval = intervalOf(fields);
  const test = testOf(fields);
  if (interval === undefined) error('interval', 'is missing', 'Write the length of a window: "300s".');
  else if (interval <= 0) error('interval', 'must be above zero', 'Write the length of a window: "300s".');
  else if (interval > fields.duration)
    error('interval', 'is longer than duration: no window would be judged', 'Make duration a multiple of interval.');
  for (const [field, given] of [
    ['alpha', fields.alpha],
    ['metric.alpha', metric.alpha],
  ] as const) {
    if (given !== undefined && !(given > 0 && given < 1))
      error(field, `${given} is no share of good versions that may fail`, 'Write 0.05 or "5%".');
  }
  if (metric.minMeasured !== undefined && metric.minMeasured > 1)
    error('metric.minMeasured', 'is more than all windows', 'Write a share of the windows: 0.5 or "50%".');
  if (test !== 'EACH_POINT') findings.push(...offGrid(fields));
  if (metric.strategy === 'THRESHOLD') {
    if (metric.expected?.min === undefined && metric.expected?.max === undefined)
      error('metric.expected', 'neither min nor max is given', 'Write {"max": 0.01}, for example.');
    if (test === 'MANN_WHITNEY')
      error('metric.test', 'MANN_WHITNEY compares two versions', 'Choose a strategy that does.');
    const max = metric.expected?.max;
    if (test === 'SEQUENTIAL' && (!hasCounts(fields) || max === undefined || max <= 0 || max >= 1))
      error(
        'metric.test',
        'SEQUENTIAL needs counts of errors and requests, and expected.max between 0 and 1',
        'Give both counts, or write "test": "EACH_POINT".',
      );
  } else if (test === 'EACH_POINT') {
    error(
      'metric.test',
      `EACH_POINT compares nothing, and the strategy is ${metric.strategy}`,
      'Write SEQUENTIAL or MANN_WHITNEY.',
    );
  }
  return findings;
}

/** Buckets are compared by their start, so all must begin on the same grid. */
function offGrid({ points: given, metric }: Fields): Finding[] {
  const resolution = metric.resolution || MINUTE;
  let phase: number | undefined;
  for (const [side, list = []] of Object.entries(given)) {
    for (const [index, { at }] of list.entries()) {
      const rest = Math.round(at * SECOND) % resolution;
      const own = rest < 0 ? rest + resolution : rest;
      phase ??= own;
      if (own === phase) continue;
      return [
        {
          level: 'error',
          field: `points.${side}[${index}].at`,
          message: `${at} is not the start of a bucket of ${resolution / SECOND} seconds, as the points before it are`,
          fix: 'Give the start of each bucket, or another metric.resolution.',
        },
      ];
    }
  }
  return [];
}

function metricOf(fields: Fields, resolution: Millis): Metric {
  const { metric } = fields;
  const interval = intervalOf(fields) ?? fields.duration;
  const windows = Math.floor(fields.duration / interval);
  const minMeasured = metric.minMeasured ?? 0.5;
  const test = testOf(fields);
  const common = {
    name: metric.name ?? metric.metric ?? 'metrics-0',
    provider: 'data',
    source: 'DATADOG' as const,
    query: metric.query ?? 'the points of the document',
    interval,
    failureLimit: test === 'SEQUENTIAL' ? 0 : (metric.failureLimit ?? 0),
    skipOnNoData: metric.skipOnNoData ?? false,
    timeout: MINUTE,
    maxDelay: Math.max(metric.maxDelay ?? DEFAULT_MAX_DELAY, metric.delay ?? 0),
    resolution,
    minMeasured,
    errorLimit: metric.errorLimit ?? Math.floor(windows * (1 - minMeasured)),
    dryRun: metric.dryRun ?? false,
    ...written({
      delay: metric.delay,
      emptyValue: metric.emptyValue,
      consecutiveFailureLimit: test === 'SEQUENTIAL' ? undefined : metric.consecutiveFailureLimit,
    }),
  };
  const expected = written({ min: metric.expected?.min, max: metric.expected?.max });
  if (test === 'EACH_POINT') return { ...common, strategy: 'THRESHOLD', test, expected };
  return comparedOf(fields, common, expected, test);
}

function comparedOf(
  fields: Fields,
  common: Omit<ComparedMetric, 'strategy' | 'test' | 'kind' | 'canary' | 'deviation' | 'tolerance' | 'alpha'>,
  expected: { min?: number; max?: number },
  test: ComparedMetric['test'],
): ComparedMetric {
  const { metric } = fields;
  const kind = isCounted(fields) ? 'COUNTS' : 'VALUE';
  const variant = REFERENCE[metric.strategy];
  const deviation: Deviation = metric.deviation ?? (kind === 'COUNTS' ? 'HIGH' : 'EITHER');
  const usual = kind === 'VALUE' && test === 'SEQUENTIAL' ? VALUE_TOLERANCE : 1;
  return {
    ...common,
    strategy: metric.strategy,
    test,
    kind,
    canary: {},
    ...(variant && { reference: { variant, queries: {} } }),
    ...(variant === 'baseline' && test === 'SEQUENTIAL' && fields.points.primary && { history: {} }),
    deviation,
    tolerance: metric.tolerance ?? usual,
    alpha: metric.alpha ?? fields.alpha ?? (test === 'MANN_WHITNEY' ? MANN_WHITNEY_ALPHA : DEFAULT_ALPHA),
    ...(metric.expected && { expected }),
    ...written({ minRequests: metric.minRequests, minPoints: metric.minPoints }),
    ...(metric.onNoPrevious === 'PASS' && { onNoPrevious: 'PASS' as const }),
  };
}

function pointsOf({ points: given, metric }: Fields, resolution: Millis): JudgeDocument['points'] {
  const read = (side: Variant): JudgePoint[] | undefined =>
    given[side]?.map(({ at, arrivedAt, errors, requests, value }) => ({
      at: at * SECOND,
      // What is not said to arrive late is there when its bucket ends; an earlier version's is there from the beginning.
      arrivedAt: arrivedAt != null ? arrivedAt * SECOND : side === 'previous' ? 0 : at * SECOND + resolution,
      ...written({ errors: errors ?? undefined, requests: requests ?? undefined, value: value ?? undefined }),
    }));
  const sides: JudgeDocument['points'] = written({
    canary: read('canary'),
    primary: read('primary'),
    baseline: read('baseline'),
    previous: read('previous'),
  });
  // THRESHOLD judges the one version that there is.
  return metric.strategy === 'THRESHOLD' && !sides.canary && sides.primary ? { canary: sides.primary } : sides;
}
