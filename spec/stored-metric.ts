import { z } from 'zod';
import type { Metric } from '../model/metric.js';

const common = z.object({
  name: z.string(),
  provider: z.string(),
  source: z.enum(['DATADOG', 'PROMETHEUS', 'CLOUDWATCH', 'TASKS', 'HTTP']),
  query: z.string(),
  interval: z.number(),
  failureLimit: z.number(),
  consecutiveFailureLimit: z.number().exactOptional(),
  skipOnNoData: z.boolean(),
  timeout: z.number(),
  delay: z.number().exactOptional(),
  maxDelay: z.number(),
  resolution: z.number(),
  watermark: z.string().exactOptional(),
  emptyValue: z.number().exactOptional(),
  minMeasured: z.number(),
  errorLimit: z.number(),
  dryRun: z.boolean(),
});
const bounds = z.object({ min: z.number().exactOptional(), max: z.number().exactOptional() });
const queries = z.object({
  value: z.string().exactOptional(),
  errors: z.string().exactOptional(),
  requests: z.string().exactOptional(),
  watermark: z.string().exactOptional(),
});

const threshold = common.extend({
  strategy: z.literal('THRESHOLD'),
  test: z.literal('EACH_POINT').exactOptional(),
  expected: bounds,
});
const compared = common.extend({
  strategy: z.enum(['THRESHOLD', 'PREVIOUS', 'CANARY_BASELINE', 'CANARY_PRIMARY']),
  test: z.enum(['SEQUENTIAL', 'MANN_WHITNEY']),
  kind: z.enum(['COUNTS', 'VALUE']),
  canary: queries,
  reference: z.object({ variant: z.enum(['primary', 'baseline', 'previous']), queries }).exactOptional(),
  history: queries.exactOptional(),
  deviation: z.enum(['HIGH', 'LOW', 'EITHER']),
  tolerance: z.number(),
  alpha: z.number(),
  expected: bounds.exactOptional(),
  minRequests: z.number().exactOptional(),
  minPoints: z.number().exactOptional(),
  onNoPrevious: z.literal('PASS').exactOptional(),
});

/** A metric as a deployment's document keeps it: what its evidence is judged again with. */
export const storedMetric: z.ZodType<Metric> = z.union([compared, threshold]);
