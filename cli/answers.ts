import { z } from 'zod';
import type {
  ApplicationDocument,
  DeploymentDocument,
  DeploymentList,
  DoctorReport,
  LogPage,
  Problem,
} from '../model/wire.js';

// What the HTTP API answers, checked where it comes in. Keys that this version does not know are let through and not used, so that a
// newer server can be spoken to.

const weights = z.object({ primary: z.number(), canary: z.number() });

const deploymentStatus = z.enum([
  'PENDING',
  'RUNNING',
  'WAITING_APPROVAL',
  'PAUSED',
  'ROLLING_BACK',
  'SUCCEEDED',
  'ROLLED_BACK',
  'CANCELLED',
  'FAILED',
  'SUPERSEDED',
]);

const stage = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(['NOT_STARTED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED']),
  startedAt: z.string().exactOptional(),
  completedAt: z.string().exactOptional(),
  expectedEndAt: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  detail: z.string().exactOptional(),
});

const measurement = z.object({
  window: z.number(),
  from: z.string(),
  to: z.string(),
  outcome: z.string(),
  value: z.number().exactOptional(),
  points: z.array(z.tuple([z.number(), z.number()])),
  reason: z.string(),
});

const analysis = z.object({
  stage: z.string(),
  metric: z.string(),
  strategy: z.string(),
  query: z.string(),
  expected: z.object({ min: z.number().exactOptional(), max: z.number().exactOptional() }).exactOptional(),
  verdict: z.string(),
  reason: z.string(),
  windows: z.number(),
  delaySeconds: z.number().exactOptional(),
  nextVerdictAt: z.string().exactOptional(),
  counts: z.object({
    PASS: z.number(),
    FAIL: z.number(),
    NO_DATA: z.number(),
    NOT_ENOUGH_DATA: z.number(),
    ERROR: z.number(),
  }),
  measurements: z.array(measurement),
});

/** The deployment document. */
export const deploymentAnswer = z.object({
  id: z.string(),
  app: z.string(),
  status: deploymentStatus,
  reason: z.string(),
  version: z.object({
    image: z.string().exactOptional(),
    commit: z.string().exactOptional(),
    taskDefinition: z.string().exactOptional(),
  }),
  trigger: z.object({ by: z.string(), at: z.string() }),
  startedAt: z.string().exactOptional(),
  completedAt: z.string().exactOptional(),
  stages: z.array(stage),
  traffic: z.object({ wanted: weights, verified: weights.nullable() }),
  analysis: z.array(analysis),
  warnings: z.array(z.string()),
  trail: z.array(
    z.object({
      at: z.string(),
      action: z.string(),
      by: z.string(),
      reason: z.string(),
      stage: z.string().exactOptional(),
    }),
  ),
  links: z.object({
    temporal: z.string().exactOptional(),
    self: z.string().exactOptional(),
    commit: z.string().exactOptional(),
  }),
}) satisfies z.ZodType<DeploymentDocument>;

export const deploymentListAnswer = z.object({
  deployments: z.array(deploymentAnswer),
  cursor: z.string().exactOptional(),
}) satisfies z.ZodType<DeploymentList>;

const historyEntry = z.object({
  id: z.string(),
  status: deploymentStatus,
  image: z.string().exactOptional(),
  commit: z.string().exactOptional(),
  taskDefinition: z.string().exactOptional(),
  startedAt: z.string(),
  completedAt: z.string(),
  reason: z.string(),
});

/** An application's state and memory. */
export const applicationAnswer = z.object({
  app: z.string(),
  state: z.enum(['IDLE', 'DEPLOYING', 'HELD', 'DIVERGED']),
  service: z.object({ cluster: z.string(), name: z.string(), provider: z.string() }).exactOptional(),
  labels: z.record(z.string(), z.string()),
  running: z.string().exactOptional(),
  pending: z.string().exactOptional(),
  held: z.object({ by: z.string(), reason: z.string(), at: z.string() }).exactOptional(),
  lastGood: historyEntry.exactOptional(),
  history: z.array(historyEntry),
  links: z.object({ temporal: z.string().exactOptional(), self: z.string().exactOptional() }),
}) satisfies z.ZodType<ApplicationDocument>;

/** A line of the live stream's log. */
export const logLine = z.object({
  at: z.number(),
  level: z.enum(['info', 'warning', 'error']),
  text: z.string(),
  stage: z.string(),
}) satisfies z.ZodType<LogPage['lines'][number]>;

export const doctorAnswer = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      ok: z.boolean().nullable(),
      detail: z.string(),
      fix: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<DoctorReport>;

/** RFC 9457, as far as the command line shows it. */
export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  fix: z.string().exactOptional(),
  findings: z
    .array(
      z.object({
        level: z.enum(['error', 'warning']),
        file: z.string().exactOptional(),
        line: z.number().exactOptional(),
        column: z.number().exactOptional(),
        field: z.string().exactOptional(),
        message: z.string(),
        fix: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
}) satisfies z.ZodType<Problem>;

/** What a control answers: the state it led to, and one sentence. */
export const controlAnswer = z.object({ status: z.string(), text: z.string() });
