// zod's small form: the page's retrospective loads this too, 7 kB compressed where the other is 28.
import * as z from 'zod/mini';
import type { Metric } from '../model/metric.js';

const common = z.object({
  name: z.string(),
  provider: z.string(),
  source: z.enum(['DATADOG', 'PROMETHEUS', 'CLOUDWATCH', 'TASKS', 'HTTP']),
  query: z.string(),
  interval: z.number(),
  failureLimit: z.number(),
  consecutiveFailureLimit: z.exactOptional(z.number()),
  skipOnNoData: z.boolean(),
  timeout: z.number(),
  delay: z.exactOptional(z.number()),
  maxDelay: z.number(),
  resolution: z.number(),
  watermark: z.exactOptional(z.string()),
  emptyValue: z.exactOptional(z.number()),
  minMeasured: z.number(),
  errorLimit: z.number(),
  dryRun: z.boolean(),
});
const bounds = z.object({ min: z.exactOptional(z.number()), max: z.exactOptional(z.number()) });
const queries = z.object({
  value: z.exactOptional(z.string()),
  errors: z.exactOptional(z.string()),
  requests: z.exactOptional(z.string()),
  watermark: z.exactOptional(z.string()),
});

const threshold = z.extend(common, {
  strategy: z.literal('THRESHOLD'),
  test: z.exactOptional(z.literal('EACH_POINT')),
  expected: bounds,
});
const compared = z.extend(common, {
  strategy: z.enum(['THRESHOLD', 'PREVIOUS', 'CANARY_BASELINE', 'CANARY_PRIMARY']),
  test: z.enum(['SEQUENTIAL', 'MANN_WHITNEY']),
  kind: z.enum(['COUNTS', 'VALUE']),
  canary: queries,
  reference: z.exactOptional(z.object({ variant: z.enum(['primary', 'baseline', 'previous']), queries })),
  history: z.exactOptional(queries),
  deviation: z.enum(['HIGH', 'LOW', 'EITHER']),
  tolerance: z.number(),
  alpha: z.number(),
  expected: z.exactOptional(bounds),
  minRequests: z.exactOptional(z.number()),
  minPoints: z.exactOptional(z.number()),
  onNoPrevious: z.exactOptional(z.literal('PASS')),
});

/** A metric as a deployment's document keeps it: what its evidence is judged again with. */
export const storedMetric: z.ZodMiniType<Metric> = z.union([compared, threshold]);
