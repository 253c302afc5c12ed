import { z } from 'zod';
import type { ChainDocument } from '../../model/chain.js';
import { DRIFT_STATUSES, type DriftSummary } from '../../model/drift.js';
import type { RepositoryState } from '../../model/repository.js';
import { awsChange, logLine, measurement, weights } from '../../records/stored.js';
import type { ApplicationState } from '../../workflows/messages.js';

// What is read back from Temporal may have been written by an older or newer worker: each reader takes what it knows and leaves
// the rest, and what does not fit is as if it were not there.

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

const stateShape = z.looseObject({ app: z.string(), state: z.string(), history: z.array(z.unknown()) });

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
