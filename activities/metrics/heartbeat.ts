import { z } from 'zod';
import type { MeasureHeartbeat, MeasureInput } from '../measure.js';

const POINT = z.object({ at: z.number(), value: z.number() });
const BUCKET = z.object({
  at: z.number(),
  value: z.number().exactOptional(),
  errors: z.number().exactOptional(),
  requests: z.number().exactOptional(),
});
const RATIO = z.object({
  sums: z.array(z.number()),
  slo: z.array(z.number()),
  canaryErrors: z.number(),
  canaryRequests: z.number(),
  referenceErrors: z.number(),
  referenceRequests: z.number(),
  pairedCanaryErrors: z.number(),
  pairedErrors: z.number(),
  thetaWeighted: z.number(),
  buckets: z.number(),
});
const LATENCY = z.object({
  sums: z.array(z.number()),
  raw: z.array(z.number()),
  sizes: z.array(z.number()),
  previous: z.number().exactOptional(),
  pairs: z.number(),
});
const MEASUREMENT = z.object({
  metric: z.string(),
  window: z.number().int().positive(),
  from: z.number(),
  to: z.number(),
  outcome: z.enum(['PASS', 'FAIL', 'NO_DATA', 'NOT_ENOUGH_DATA', 'ERROR']),
  value: z.number().exactOptional(),
  points: z.array(POINT),
  query: z.string(),
  reason: z.string(),
  judgedAt: z.number(),
  delaySeconds: z.number().exactOptional(),
  filled: z.number().exactOptional(),
  newest: z.number().exactOptional(),
  spoiled: z.string().exactOptional(),
  canary: z.array(BUCKET).exactOptional(),
  reference: z.array(BUCKET).exactOptional(),
  evidence: z.object({ value: z.number(), bar: z.number(), kind: z.enum(['E_VALUE', 'P_VALUE']) }).exactOptional(),
});
const LEDGER = z.object({
  calibration: z
    .object({
      dispersion: z.number(),
      scale: z.number().exactOptional(),
      rate: z.number().exactOptional(),
      buckets: z.number(),
    })
    .exactOptional(),
  tests: z.array(
    z.object({
      direction: z.enum(['HIGH', 'LOW']),
      ratio: RATIO.exactOptional(),
      latency: LATENCY.exactOptional(),
    }),
  ),
  canaryBuckets: z.number(),
  pairs: z.number(),
  finals: z.number(),
});
const HEARTBEAT = z.object({
  measurements: z.array(MEASUREMENT),
  log: z.array(z.object({ at: z.number(), level: z.enum(['info', 'warning', 'error']), text: z.string() })),
  ledger: LEDGER.exactOptional(),
});

/**
 * What the attempt before this one had judged: the windows of this very input, in order, from the first one without a gap. Windows
 * that it judged are never judged again.
 */
export function judgedBefore(
  lastHeartbeat: unknown,
  input: MeasureInput,
): Pick<MeasureHeartbeat, 'measurements' | 'log' | 'ledger'> {
  const parsed = HEARTBEAT.safeParse(lastHeartbeat);
  if (!parsed.success) return { measurements: [], log: [] };
  const { measurements, log, ledger } = parsed.data;
  const mine = measurements.filter((each, index) => {
    const asked = input.windows[index];
    return each.metric === input.metric.name && each.window === asked?.window && each.to === asked.to;
  });
  return mine.length === measurements.length
    ? { measurements, log, ...(ledger && { ledger }) }
    : { measurements: [], log: [] };
}
