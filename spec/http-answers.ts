import type { InsightsDocument } from '../model/insights.js';
import type { TaskSetsDocument } from '../model/task-sets.js';
import type { ChainDocument, ChainList } from '../model/chain.js';
import { z } from 'zod';
import { DRIFT_STATUSES, type DriftDocument } from '../model/drift.js';
import type { PlanDocument } from '../model/plan-preview.js';
import type {
  ApplicationDocument,
  ApplicationList,
  DeploymentDocument,
  DeploymentList,
  DoctorReport,
  LogPage,
  MeasurementPage,
  Problem,
  RepositoryList,
} from '../model/wire.js';
import type { EventDocument, EventList } from '../model/event-document.js';
import { DeploymentStatus } from './http.js';

// What the HTTP API answers: for the OpenAPI document, and for clients that check what comes in. Keys that are not known are let
// through, so that a newer server can be spoken to.

const text = z.string();
const maybe = z.string().exactOptional();
const number = z.number();
const instant = z.string().describe('ISO 8601');
const maybeInstant = instant.exactOptional();

const weights = z.object({
  primary: number,
  canary: number,
  baseline: number.exactOptional().describe('Absent when it gets none.'),
});

const stage = z.object({
  id: text,
  name: text,
  status: z.enum(['NOT_STARTED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED']),
  startedAt: maybeInstant,
  completedAt: maybeInstant,
  expectedEndAt: maybeInstant,
  reason: maybe,
  detail: maybe,
});

const buckets = z
  .array(z.union([z.tuple([number, number]), z.tuple([number, number, number])]))
  .describe('[epoch seconds, value], or [epoch seconds, errors, requests]');

const measurement = z.object({
  window: number,
  from: instant,
  to: instant,
  outcome: text,
  value: number.exactOptional(),
  points: z.array(z.tuple([number, number])).describe('[epoch seconds, value]'),
  reason: text,
  judgedAt: maybeInstant,
  delaySeconds: number.exactOptional(),
  canary: buckets.exactOptional(),
  reference: buckets.exactOptional(),
  evidence: z
    .object({ kind: z.enum(['E_VALUE', 'P_VALUE']), value: number, bar: number })
    .exactOptional()
    .describe('How strong the evidence against the canary is, and what would be enough.'),
  spoiled: maybe,
  mayBeExtended: z.literal(true).exactOptional(),
  newest: maybeInstant,
  filled: number.exactOptional(),
});

const analysis = z.object({
  stage: text,
  metric: text,
  strategy: text,
  query: text,
  expected: z.object({ min: number.exactOptional(), max: number.exactOptional() }).exactOptional(),
  verdict: text,
  reason: text,
  windows: number,
  delaySeconds: number.exactOptional(),
  nextVerdictAt: maybeInstant,
  counts: z.object({ PASS: number, FAIL: number, NO_DATA: number, NOT_ENOUGH_DATA: number, ERROR: number }),
  settings: z.record(text, z.unknown()).exactOptional().describe('How the metric was judged.'),
  calibration: z
    .object({
      dispersion: number,
      scale: number.exactOptional(),
      rate: number.exactOptional(),
      autocorrelation: number.exactOptional(),
      buckets: number,
    })
    .exactOptional(),
  measurements: z.array(measurement).describe('The last 20.'),
});

const trailEntry = z.object({ at: instant, action: text, by: text, reason: text, stage: maybe });

const service = z.object({ cluster: text, name: text, provider: text });

/** The deployment document. */
export const deploymentAnswer = z.object({
  id: text,
  app: text,
  status: DeploymentStatus,
  reason: text,
  version: z.object({ image: maybe, commit: maybe, taskDefinition: maybe }),
  rollbackTo: maybe,
  chain: maybe.describe('The chain that it is a part of, or begins when it succeeds.'),
  trigger: z.object({ by: text, at: instant }),
  startedAt: maybeInstant,
  completedAt: maybeInstant,
  stages: z.array(stage),
  kind: z
    .enum(['STANDALONE_TASK', 'SERVICE_DISCOVERY'])
    .exactOptional()
    .describe('Of what has no weights: traffic says nothing then.'),
  traffic: z.object({ wanted: weights, verified: weights.nullable() }),
  analysis: z.array(analysis),
  warnings: z.array(text),
  trail: z.array(trailEntry),
  service: service.exactOptional(),
  links: z.object({ temporal: maybe, self: maybe, commit: maybe, aws: maybe }),
}) satisfies z.ZodType<DeploymentDocument>;

export const deploymentListAnswer = z.object({
  deployments: z.array(deploymentAnswer),
  incomplete: z.string().exactOptional(),
  cursor: maybe,
}) satisfies z.ZodType<DeploymentList>;

const historyEntry = z.object({
  id: text,
  status: DeploymentStatus,
  image: maybe,
  commit: maybe,
  taskDefinition: maybe,
  startedAt: instant,
  completedAt: instant,
  reason: text,
  rollbackTo: maybe,
  analysed: z.literal(true).exactOptional(),
});

const applicationFile = z.object({
  path: text.describe('Of the application file, from the root of the repository.'),
  app: maybe,
  status: z
    .enum(['WATCHED', 'ON_REQUEST', 'INVALID', 'WAITING', 'REFUSED', 'REMOVED'])
    .describe('WAITING: its newest commit is tried again; REFUSED: it is not. `problem` says why.'),
  problem: maybe,
  considered: maybe.describe('The commit from which its changes are counted.'),
  deployment: maybe.describe('The last one that a commit began.'),
  was: maybe.describe('The name that its application has to leave first.'),
});

/** Whether what runs is what was deployed last. */
export const driftAnswer = z.object({
  app: text,
  status: z.enum(DRIFT_STATUSES).describe('DEPLOYING: not judged meanwhile. UNKNOWN: it could not be read.'),
  reason: text,
  since: instant.describe('Since when it has this status.'),
  deployment: maybe.describe('The one that what runs is compared with.'),
  lookedAt: instant,
  differences: z
    .array(z.object({ path: text, deployed: maybe, running: maybe }))
    .describe('At most 30. Values of environment variables are not shown.'),
}) satisfies z.ZodType<DriftDocument>;

/** An application's state and memory. */
export const applicationAnswer = z.object({
  app: text,
  state: z.enum(['IDLE', 'DEPLOYING', 'HELD', 'DIVERGED', 'RENAMED']),
  renamed: z
    .object({
      to: text,
      by: text,
      reason: text,
      at: instant,
      underWay: z.literal(true).exactOptional().describe('Neither name can be deployed yet.'),
    })
    .exactOptional()
    .describe('It goes on under this name.'),
  formerly: maybe.describe('The name that it had before.'),
  service: service.exactOptional(),
  task: z.object({ cluster: text, family: text, provider: text }).exactOptional(),
  labels: z.record(text, text),
  running: maybe,
  pending: maybe,
  held: z.object({ by: text, reason: text, at: instant }).exactOptional(),
  lastGood: historyEntry.exactOptional(),
  history: z.array(historyEntry).describe('Newest first, at most 50.'),
  drift: driftAnswer
    .omit({ app: true, lookedAt: true, differences: true })
    .extend({
      lookedAt: maybeInstant,
      differences: driftAnswer.shape.differences.exactOptional().describe('Not in lists.'),
    })
    .exactOptional()
    .describe('Absent until somebody has looked.'),
  git: applicationFile
    .pick({ path: true, status: true, problem: true })
    .extend({ repoId: text })
    .exactOptional()
    .describe('Where commits deploy it from.'),
  links: z.object({ temporal: maybe, self: maybe }),
}) satisfies z.ZodType<ApplicationDocument>;

export const applicationListAnswer = z.object({
  applications: z.array(applicationAnswer),
}) satisfies z.ZodType<ApplicationList>;

export const measurementPageAnswer = z.object({
  measurements: z.array(measurement.extend({ stage: text, metric: text })),
  cursor: maybe,
}) satisfies z.ZodType<MeasurementPage>;

/** A line of a deployment's log; `at` is epoch milliseconds. */
export const logLine = z.object({ at: number, level: z.enum(['info', 'warning', 'error']), text, stage: text });

export const logPageAnswer = z.object({
  lines: z.array(logLine),
  changes: z.array(z.object({ at: number, action: text, resource: text, summary: text, stage: text })),
  cursor: maybe,
}) satisfies z.ZodType<LogPage>;

/** An event and what became of it. */
export const eventAnswer = z.object({
  id: text,
  name: text,
  data: text,
  labels: z.record(text, text),
  contexts: z.record(text, text),
  by: text,
  at: instant,
  status: z.enum(['PENDING', 'HANDLED', 'SUPERSEDED', 'FAILED']),
  reason: text,
  commit: maybe,
  url: maybe,
  endedAt: maybeInstant,
}) satisfies z.ZodType<EventDocument>;

export const eventListAnswer = z.object({ events: z.array(eventAnswer) }) satisfies z.ZodType<EventList>;

export const repositoryListAnswer = z.object({
  repositories: z.array(
    z.object({
      repoId: text,
      remote: text,
      branch: text,
      head: z.object({ hash: text, message: maybe, author: maybe, url: maybe }).exactOptional(),
      lookedAt: maybeInstant,
      problem: maybe,
      removed: z
        .literal(true)
        .exactOptional()
        .describe('Not configured any more: nobody looks at it, and what was deployed from it stays as it runs.'),
      applications: z.array(applicationFile),
    }),
  ),
}) satisfies z.ZodType<RepositoryList>;

const differences = z
  .array(z.object({ path: text, from: maybe, to: maybe }))
  .describe('Against what runs in AWS. Values of environment variables are not shown.');

export const planAnswer = z.object({
  app: text,
  plan: z.enum(['NOTHING_TO_DO', 'QUICK_SYNC', 'PIPELINE', 'REFUSED']),
  reason: text,
  version: z.object({ image: text, commit: maybe }),
  running: z.object({ image: maybe, taskDefinitionArn: text, content: maybe, deployment: maybe }).exactOptional(),
  stages: z.array(z.object({ id: text, name: text, does: text })),
  changes: z.array(text).describe('The AWS calls that change something, in their order.'),
  analysis: z.array(
    z.object({
      stage: text,
      metric: text,
      strategy: text,
      query: text,
      windows: number,
      firstVerdict: text,
      lastVerdict: text,
    }),
  ),
  peakTasks: number,
  taskDefinition: differences,
  service: differences,
  problems: z.array(text),
  warnings: z.array(text),
}) satisfies z.ZodType<PlanDocument>;

/** What a webhook is answered, and one who asks for a look. */
export const lookAnswer = z.object({ looks: z.boolean(), reason: text });

const chainStatus = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED']);

/** What follows a deployment. */
export const chainAnswer = z.object({
  id: text.describe('Of the deployment that it follows.'),
  app: text,
  status: chainStatus,
  reason: text,
  startedAt: instant,
  completedAt: maybeInstant,
  blocks: z.array(
    z.object({
      matcher: z.object({ name: maybe, labels: z.record(text, text).exactOptional() }),
      status: z.union([z.literal('NOT_STARTED'), chainStatus]),
      reason: maybe,
      nodes: z.array(
        z.object({
          app: text,
          status: z.union([z.literal('WAITING'), DeploymentStatus]).describe('WAITING: its deployment is not begun.'),
          deployment: maybe,
          reason: maybe,
        }),
      ),
    }),
  ),
}) satisfies z.ZodType<ChainDocument>;

export const chainListAnswer = z.object({ chains: z.array(chainAnswer) }) satisfies z.ZodType<ChainList>;

/** `GET /applications/{app}/task-sets` */
export const taskSetsAnswer = z.object({
  app: text,
  at: instant,
  cluster: text,
  service: text,
  taskSets: z.array(
    z.object({
      id: text,
      status: text,
      role: maybe,
      deployment: maybe,
      taskDefinition: text,
      scale: number,
      desired: number,
      running: number,
      pending: number,
      stability: text,
      targetGroup: maybe,
      tasks: z
        .array(
          z.object({
            id: text,
            status: text,
            health: maybe,
            address: maybe,
            target: z.object({ state: text, reason: maybe }).exactOptional(),
            startedAt: maybeInstant,
            stoppedAt: maybeInstant,
            stoppedReason: maybe,
            containers: z.array(z.object({ name: text, exitCode: number.exactOptional(), reason: maybe })),
          }),
        )
        .describe('Those that run, and those that stopped within about an hour.'),
      moreStopped: number.exactOptional(),
    }),
  ),
}) satisfies z.ZodType<TaskSetsDocument>;

const spread = z.object({ median: number, p90: number, count: number }).describe('Seconds.');

/** `GET /insights` */
export const insightsAnswer = z.object({
  from: instant,
  to: instant,
  groups: z.array(
    z.object({
      group: text.describe('`all`, an application, or a label with its value.'),
      changes: number,
      bad: number,
      perDay: number,
      failureRate: number.exactOptional(),
      lead: spread.exactOptional(),
      restore: spread.exactOptional(),
      days: z.array(z.object({ day: text, good: number, bad: number })),
    }),
  ),
  truncated: z.literal(true).exactOptional(),
}) satisfies z.ZodType<InsightsDocument>;

/** `GET /encryption-key` */
export const encryptionKeyAnswer = z.object({ publicKey: text });

export const doctorAnswer = z.object({
  checks: z.array(z.object({ name: text, ok: z.boolean().nullable(), detail: text, fix: maybe })),
}) satisfies z.ZodType<DoctorReport>;

const finding = z.object({
  level: z.enum(['error', 'warning']),
  file: maybe,
  line: number.exactOptional(),
  column: number.exactOptional(),
  field: maybe,
  message: text,
  fix: maybe,
});

/** RFC 9457. */
export const problemAnswer = z.object({
  type: text,
  title: text,
  status: number,
  detail: text,
  fix: maybe,
  findings: z.array(finding).exactOptional(),
}) satisfies z.ZodType<Problem>;

/** What a control answers: the state it led to, and one sentence. */
export const controlAnswer = z.object({ status: text, text });

/** Whose session began, and what its key may do. */
export const sessionAnswer = z.object({ name: text, role: z.enum(['viewer', 'deployer']) });
