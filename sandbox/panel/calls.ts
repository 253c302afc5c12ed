import { z } from 'zod';

/** Calls that are kept; reads only until the sandbox ends. */
const KEPT = 5000;

const callSchema = z.object({
  serial: z.number(),
  /** ISO time. */
  at: z.string(),
  service: z.string(),
  operation: z.string(),
  mutating: z.boolean(),
  parameters: z.unknown(),
  /** HTTP status that was meant to be answered. */
  status: z.number(),
  /** Code of an error. */
  code: z.string().optional(),
  /** Whether the call took effect. */
  applied: z.boolean(),
  fault: z.string().optional(),
});

export type Call = z.infer<typeof callSchema>;

/** The calls of the AWS APIs in their order. */
export interface CallLog {
  calls: Call[];
  nextSerial: number;
}

/** A log without calls. */
export function noCalls(): CallLog {
  return { calls: [], nextSerial: 1 };
}

/** Writes down a call and gives it its number. */
export function record(log: CallLog, call: Omit<Call, 'serial'>): Call {
  const numbered = { serial: log.nextSerial, ...call };
  log.nextSerial += 1;
  log.calls.push(numbered);
  if (log.calls.length > 2 * KEPT) log.calls.splice(0, log.calls.length - KEPT);
  return numbered;
}

/** Reads the lines of a log on disk; a last line that was cut off by a crash is left out. */
export function readCallLog(text: string): CallLog {
  const calls: Call[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    try {
      calls.push(callSchema.parse(JSON.parse(line)));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return { calls: calls.slice(-KEPT), nextSerial: (calls.at(-1)?.serial ?? 0) + 1 };
}
