import { z } from 'zod';
import type { ChainDocument } from '../../model/chain.js';
import type { AwsChange, LogLine, Weights } from '../../model/delivery.js';
import { DRIFT_STATUSES, type DriftSummary } from '../../model/drift.js';
import type { Measurement } from '../../model/evidence.js';
import type { RepositoryState } from '../../model/repository.js';
import type { DeploymentDocument } from '../../model/wire.js';
import type { ApplicationState } from '../../workflows/messages.js';

// What is read back from Temporal may have been written by an older or newer worker: each reader takes what it knows and leaves
// the rest, and what does not fit is as if it were not there.

const logLine: z.ZodType<LogLine> = z.object({
  at: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
});

const awsChange: z.ZodType<AwsChange> = z.object({
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
const measurement = z.custom<Measurement>((value) => measurementShape.safeParse(value).success);

const weights: z.ZodType<Weights> = z.object({
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

/** What a running activity heartbeats (`ActivityHeartbeat` and `MeasureHeartbeat` in one). */
export const Heartbeat = z.object({
  stage: z.string(),
  detail: z.string(),
  traffic: z.object({ wanted: weights, verified: weights.optional() }).optional(),
  log: z.array(logLine).catch([]),
  changes: z.array(awsChange).catch([]),
  measurements: z.array(measurement).catch([]),
});
export type Heartbeat = z.output<typeof Heartbeat>;

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
const stateShape = z.looseObject({ app: z.string(), state: z.string(), history: z.array(z.unknown()) });

/** The memo of a deployment: its document, without the running analysis. */
export const DeploymentMemo = z.object({
  document: z.custom<DeploymentDocument>((value) => documentShape.safeParse(value).success),
});

/** The memo of an application: its state. */
export const ApplicationMemo = z.object({
  application: z.custom<ApplicationState>((value) => stateShape.safeParse(value).success),
});

const repositoryShape = z.looseObject({
  repoId: z.string(),
  remote: z.string(),
  branch: z.string(),
  applications: z.array(z.unknown()),
});

/** The memo of a repository's watcher: its state, without the files. */
export const RepositoryMemo = z.object({
  repository: z.custom<RepositoryState>((value) => repositoryShape.safeParse(value).success),
});

const driftShape = z.object({
  app: z.string(),
  status: z.enum(DRIFT_STATUSES),
  reason: z.string(),
  since: z.string(),
  deployment: z.string().exactOptional(),
}) satisfies z.ZodType<DriftSummary & { app: string }>;

/** The memo of a watch for drift: what the last look saw, without the differences. */
export const DriftMemo = z.object({ drift: driftShape });

const chainShape = z.looseObject({
  id: z.string(),
  app: z.string(),
  status: z.string(),
  reason: z.string(),
  startedAt: z.string(),
  blocks: z.array(z.looseObject({ matcher: z.looseObject({}), status: z.string(), nodes: z.array(z.unknown()) })),
});

/** The memo of a chain: all that is known of it, written at each change, so no worker is asked. */
export const ChainMemo = z.object({ chain: z.custom<ChainDocument>((value) => chainShape.safeParse(value).success) });
