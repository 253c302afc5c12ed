import { z } from 'zod';
import type { MeasureHeartbeat, MeasureInput } from '../measure.js';

const POINT = z.object({ at: z.number(), value: z.number() });
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
});
const HEARTBEAT = z.object({
  measurements: z.array(MEASUREMENT),
  log: z.array(z.object({ at: z.number(), level: z.enum(['info', 'warning', 'error']), text: z.string() })),
});

/**
 * What the attempt before this one had judged: the windows of this very input, in order, from the first one without a gap. Windows
 * that it judged are never judged again.
 */
export function judgedBefore(
  lastHeartbeat: unknown,
  input: MeasureInput,
): Pick<MeasureHeartbeat, 'measurements' | 'log'> {
  const parsed = HEARTBEAT.safeParse(lastHeartbeat);
  if (!parsed.success) return { measurements: [], log: [] };
  const { measurements, log } = parsed.data;
  const mine = measurements.filter((each, index) => {
    const asked = input.windows[index];
    return each.metric === input.metric.name && each.window === asked?.window && each.to === asked.to;
  });
  return mine.length === measurements.length ? { measurements, log } : { measurements: [], log: [] };
}
