import { z } from 'zod';
import { duration, percentage, text } from '../document/scalars.js';
import { parseTolerance } from '../model/tolerance.js';

const LONGEST_QUERY = 10_000;

const args = z.record(z.string(), text).optional();
/** How many windows may end so. */
export const count = z.int().min(0).optional();

/** A metric's name, unique within its stage. */
export const metricName = z
  .string()
  .regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, dots, dashes or underscores' });

/** Percent of the planned windows that must have been measured. */
export const minMeasured = percentage;

/** A query's text. */
export const query = z
  .string()
  .max(LONGEST_QUERY)
  .refine((written) => written.trim() !== '', { error: 'must not be empty' });

const tolerance = z
  .union([z.number(), z.string()], { error: 'must be a number or a percentage' })
  .transform((written, context): number => {
    const factor = parseTolerance(written);
    if (factor !== undefined) return factor;
    context.issues.push({
      code: 'custom',
      input: written,
      message: `"${written}" is no tolerance`,
      params: { fix: 'Write a factor (1.2), a share (0.2) or a percentage (20%): all three mean a fifth more.' },
    });
    return z.NEVER;
  });

/** Metrics that need no query of one's own. */
export const READY_MADE = [
  'http-5xx-rate',
  'http-4xx-rate',
  'latency-p50',
  'latency-p95',
  'latency-p99',
  'requests',
  'unhealthy-hosts',
] as const;
export type ReadyMade = (typeof READY_MADE)[number];

/** The fields of a metric of an ANALYSIS: PipeCD's (pipecd.md §1.5) and ours. */
export const metricShape = z.object({
  name: metricName.optional(),
  strategy: z.enum(['THRESHOLD', 'PREVIOUS', 'CANARY_BASELINE', 'CANARY_PRIMARY']).optional(),
  provider: z.string().min(1),
  metric: z.enum(READY_MADE).optional(),
  query: query.optional(),
  errors: query.optional(),
  requests: query.optional(),
  test: z.enum(['SEQUENTIAL', 'MANN_WHITNEY', 'EACH_POINT']).optional(),
  expected: z.object({ min: z.number().optional(), max: z.number().optional() }).optional(),
  interval: duration,
  failureLimit: count,
  consecutiveFailureLimit: z.int().min(1).optional(),
  skipOnNoData: z.boolean().optional(),
  timeout: duration.optional(),
  deviation: z.enum(['LOW', 'HIGH', 'EITHER']).optional(),
  tolerance: tolerance.optional(),
  minRequests: z.number().min(0).optional(),
  minPoints: count,
  onNoPrevious: z.enum(['INCONCLUSIVE', 'PASS']).optional(),
  canaryArgs: args,
  baselineArgs: args,
  primaryArgs: args,
  delay: duration.optional(),
  maxDelay: duration.optional(),
  resolution: duration.optional(),
  watermark: query.optional(),
  emptyValue: z.number().optional(),
  minMeasured: minMeasured.optional(),
  errorLimit: count,
  dryRun: z.boolean().optional(),
});

export type MetricFields = z.output<typeof metricShape>;
