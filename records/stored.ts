import { z } from 'zod';
import type { AwsChange, LogLine, Weights } from '../model/delivery.js';
import type { Measurement } from '../model/evidence.js';
import type { DeploymentDocument } from '../model/wire.js';

// What is read back from Temporal may have been written by an older or newer worker: each reader takes what it knows and leaves
// the rest, and what does not fit is as if it were not there.

/** A line of a deployment's log. */
export const logLine: z.ZodType<LogLine> = z.object({
  at: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
});

/** A change made in AWS. */
export const awsChange: z.ZodType<AwsChange> = z.object({
  at: z.number(),
  action: z.string(),
  resource: z.string(),
  summary: z.string(),
});

const measurementShape = z.looseObject({
  metric: z.string(),
  window: z.number(),
  from: z.number(),
  to: z.number(),
  outcome: z.enum(['PASS', 'FAIL', 'NO_DATA', 'NOT_ENOUGH_DATA', 'ERROR']),
  value: z.number().exactOptional(),
  points: z.array(z.object({ at: z.number(), value: z.number() })),
  reason: z.string(),
  judgedAt: z.number(),
});
/** A judged window. */
export const measurement = z.custom<Measurement>((value) => measurementShape.safeParse(value).success);

/** Shares of the requests. */
export const weights: z.ZodType<Weights> = z.object({
  primary: z.number(),
  canary: z.number(),
  baseline: z.number().exactOptional(),
});

/** An activity's result, a failure's details: the records in it. */
export const Records = z.object({
  log: z.array(logLine).catch([]),
  changes: z.array(awsChange).catch([]),
  measurements: z.array(measurement).catch([]),
});

const documentShape = z.looseObject({
  id: z.string(),
  app: z.string(),
  status: z.string(),
  reason: z.string(),
  stages: z.array(z.looseObject({ id: z.string(), status: z.string() })),
  traffic: z.looseObject({ wanted: weights }),
  analysis: z.array(z.unknown()),
  warnings: z.array(z.string()),
  links: z.looseObject({}),
});

/** A deployment's document. */
export const deploymentDocument = z.custom<DeploymentDocument>((value) => documentShape.safeParse(value).success);

/** The memo of a deployment: its document, without the running analysis. */
export const DeploymentMemo = z.object({ document: deploymentDocument });
