import type { AwsChange, LogLine, Weights } from './delivery.js';
import type { Bucket, EvidenceMark, Measurement, MetricProgress, Outcome, OutcomeCounts } from './evidence.js';
import type { DriftSummary } from './drift.js';
import type { Finding } from './finding.js';
import type { Calibration } from './ledger.js';
import type { ServicePlace } from './release.js';
import type { ApplicationFile, RepositoryState } from './repository.js';

/** The deployment's states, as other people's scripts know them. */
export const DEPLOYMENT_STATUSES = [
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
] as const;

export type DeploymentStatus = (typeof DEPLOYMENT_STATUSES)[number];

export type StageStatus = 'NOT_STARTED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED';

const ENDED: ReadonlySet<DeploymentStatus> = new Set(['SUCCEEDED', 'ROLLED_BACK', 'CANCELLED', 'FAILED', 'SUPERSEDED']);

/** Whether a deployment in this state will not change any more. */
export function hasEnded(status: DeploymentStatus): boolean {
  return ENDED.has(status);
}

/** A stage as the page and the command line show it. Times are ISO 8601. */
export interface StageDocument {
  id: string;
  name: string;
  status: StageStatus;
  startedAt?: string;
  completedAt?: string;
  /** When the stage is expected to end (WAIT, ANALYSIS) or gives up (WAIT_APPROVAL). */
  expectedEndAt?: string;
  reason?: string;
  detail?: string;
}

/** A version's bucket: `[epoch seconds, value]` or, of counts, `[epoch seconds, errors, requests]`. */
export type BucketDocument = [number, number] | [number, number, number];

/** One measured window on the wire. Times are ISO 8601, points are `[epoch seconds, value]`. */
export interface MeasurementDocument {
  window: number;
  from: string;
  to: string;
  outcome: string;
  value?: number;
  points: [number, number][];
  reason: string;
  judgedAt?: string;
  /** How late the window's data was complete; absent when it never was. */
  delaySeconds?: number;
  /** Of a compared metric: the buckets that were used of each version. */
  canary?: BucketDocument[];
  reference?: BucketDocument[];
  evidence?: EvidenceMark;
  /** Why what was measured does not count, where that is so. */
  spoiled?: string;
  /** A planned end after which the stage could be extended. */
  mayBeExtended?: true;
  /** The newest bucket that the source showed: those before it are complete, though the window may not be. */
  newest?: string;
  /** How many points were taken for buckets that the source left out. */
  filled?: number;
}

export interface AnalysisDocument {
  stage: string;
  metric: string;
  strategy: string;
  query: string;
  expected?: { min?: number; max?: number };
  verdict: string;
  reason: string;
  windows: number;
  delaySeconds?: number;
  nextVerdictAt?: string;
  counts: OutcomeCounts;
  /** How the metric was judged (`model/metric.ts`), and what was learnt before: enough to judge its evidence again. */
  settings?: Record<string, unknown>;
  calibration?: Calibration;
  /** The last 20. */
  measurements: MeasurementDocument[];
}

/** Who did what to the deployment, and why. */
export interface TrailEntry {
  at: string;
  action: string;
  by: string;
  reason: string;
  stage?: string;
}

/** The deployment document of the contract. */
export interface DeploymentDocument {
  id: string;
  app: string;
  status: DeploymentStatus;
  /** One sentence: why the deployment is in this state. */
  reason: string;
  version: { image?: string; commit?: string; taskDefinition?: string };
  /** The earlier good deployment whose version this one brings back. */
  rollbackTo?: string;
  /** The chain that it is a part of, or begins when it succeeds: the deployment that the chain follows. */
  chain?: string;
  trigger: { by: string; at: string };
  startedAt?: string;
  completedAt?: string;
  stages: StageDocument[];
  /** Of what has no weights that could be moved; absent of a service behind a load balancer. */
  kind?: 'STANDALONE_TASK' | 'SERVICE_DISCOVERY';
  traffic: { wanted: Weights; verified: Weights | null };
  analysis: AnalysisDocument[];
  warnings: string[];
  trail: TrailEntry[];
  /** Absent on deployments from before it was told. */
  service?: ServicePlace;
  links: { temporal?: string; self?: string; commit?: string; aws?: string };
}

export interface DeploymentList {
  deployments: DeploymentDocument[];
  /** Why deployments that only the archive knows are missing; absent where none are. */
  incomplete?: string;
  cursor?: string;
}

/** One line in an application's memory of its deployments. */
export interface HistoryEntry {
  id: string;
  status: DeploymentStatus;
  image?: string;
  commit?: string;
  taskDefinition?: string;
  startedAt: string;
  completedAt: string;
  reason: string;
  /** The earlier good deployment whose version this one brought back. */
  rollbackTo?: string;
  /** It had an ANALYSIS, whose evidence a later deployment can compare with. */
  analysed?: true;
}

/** That an application goes on under another name. */
export interface Renamed {
  to: string;
  by: string;
  reason: string;
  at: string;
  /** The service is still being handed over: neither name can be deployed. */
  underWay?: true;
}

export interface ApplicationDocument {
  app: string;
  /** IDLE, DEPLOYING, HELD, DIVERGED when a cancelled deployment was told to keep what it had done, or RENAMED when it goes on as another. */
  state: 'IDLE' | 'DEPLOYING' | 'HELD' | 'DIVERGED' | 'RENAMED';
  /** The name that it goes on under. */
  renamed?: Renamed;
  /** The name that it had before. */
  formerly?: string;
  service?: ServicePlace;
  /** Of an application without a service: what is run by each deployment. */
  task?: { cluster: string; family: string; provider: string };
  labels: Record<string, string>;
  running?: string;
  pending?: string;
  held?: { by: string; reason: string; at: string };
  lastGood?: HistoryEntry;
  /** Newest first, at most 50. */
  history: HistoryEntry[];
  /** Whether what runs is what was deployed last; absent until somebody has looked. */
  drift?: DriftSummary;
  /** Where commits deploy it from, and how that stands. */
  git?: { repoId: string } & Pick<ApplicationFile, 'path' | 'status' | 'problem'>;
  links: { temporal?: string; self?: string; aws?: string };
}

export interface ApplicationList {
  applications: ApplicationDocument[];
}

/** A watched repository, with every application file in it. */
export interface RepositoryDocument extends Omit<RepositoryState, 'lookedAt' | 'audiences'> {
  lookedAt?: string;
  /** It is not configured any more: nobody looks at it, and what was deployed from it stays as it runs. */
  removed?: true;
}

export interface RepositoryList {
  repositories: RepositoryDocument[];
}

/** A measured window with the metric it belongs to. */
export type MeasurementRecord = MeasurementDocument & { stage: string; metric: string };

/** `GET /deployments/{id}/measurements`: in the order in which they were judged. `cursor` is set while there are more. */
export interface MeasurementPage {
  measurements: MeasurementRecord[];
  cursor?: string;
}

/** `GET /deployments/{id}/log`: lines and AWS changes, each with its stage. `cursor` is set while there are more. */
export interface LogPage {
  lines: (LogLine & { stage: string })[];
  changes: (AwsChange & { stage: string })[];
  cursor?: string;
}

/** `GET /doctor`: one line for each thing looked at; `ok` is null where it could not be told. */
export interface DoctorReport {
  checks: { name: string; ok: boolean | null; detail: string; fix?: string }[];
}

/** RFC 9457. `findings` tell file, line and field where the cause is in what was sent. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** What to do. */
  fix?: string;
  findings?: Finding[];
}

/** What the live stream sends; each event's data. */
export type LiveEvent =
  | { type: 'snapshot'; data: DeploymentDocument }
  | { type: 'stage'; data: StageDocument }
  | { type: 'traffic'; data: DeploymentDocument['traffic'] }
  | { type: 'measurement'; data: MeasurementRecord }
  | { type: 'log'; data: LogLine & { stage: string } }
  | { type: 'status'; data: { status: DeploymentStatus; reason: string } };

/** What the live list of applications sends: all of them first, then those that changed or went. */
export type ApplicationsEvent =
  { type: 'list'; data: ApplicationList } | { type: 'changed'; data: ApplicationList & { gone: string[] } };

/** Whose key the caller shows, and what it may do. */
export interface SessionDocument {
  name: string;
  role: 'viewer' | 'deployer';
}

/** An ISO 8601 instant of epoch milliseconds. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A metric's progress as the wire shows it. */
export function analysisDocument(stage: string, progress: MetricProgress): AnalysisDocument {
  return {
    stage,
    metric: progress.metric,
    strategy: progress.strategy,
    query: progress.query,
    ...(progress.expected && { expected: progress.expected }),
    verdict: progress.verdict,
    reason: progress.reason,
    windows: progress.windows,
    ...(progress.delaySeconds !== undefined && { delaySeconds: progress.delaySeconds }),
    ...(progress.nextVerdictAt !== undefined && { nextVerdictAt: iso(progress.nextVerdictAt) }),
    counts: progress.counts,
    ...(progress.settings && { settings: { ...progress.settings } }),
    ...(progress.ledger?.calibration && { calibration: progress.ledger.calibration }),
    measurements: progress.measurements.map(measurementDocument),
  };
}

/** A measurement as it was before the wire. @param query of its metric, which the wire has once */
export function measurementOf(record: MeasurementRecord, query: string): Measurement {
  const bucketOf = ([at, first, requests]: BucketDocument): Bucket =>
    requests === undefined ? { at: at * 1000, value: first } : { at: at * 1000, errors: first, requests };
  return {
    metric: record.metric,
    window: record.window,
    from: Date.parse(record.from),
    to: Date.parse(record.to),
    outcome: record.outcome as Outcome,
    ...(record.value !== undefined && { value: record.value }),
    points: record.points.map(([at, value]) => ({ at: at * 1000, value })),
    query,
    reason: record.reason,
    judgedAt: Date.parse(record.judgedAt ?? record.to),
    ...(record.delaySeconds !== undefined && { delaySeconds: record.delaySeconds }),
    ...(record.canary && { canary: record.canary.map(bucketOf) }),
    ...(record.reference && { reference: record.reference.map(bucketOf) }),
    ...(record.evidence && { evidence: record.evidence }),
    ...(record.spoiled !== undefined && { spoiled: record.spoiled }),
    ...(record.mayBeExtended && { mayBeExtended: true as const }),
    ...(record.newest !== undefined && { newest: Date.parse(record.newest) }),
    ...(record.filled !== undefined && { filled: record.filled }),
  };
}

/** A measurement as the wire shows it. */
export function measurementDocument(m: Measurement): MeasurementDocument {
  return {
    window: m.window,
    from: iso(m.from),
    to: iso(m.to),
    outcome: m.outcome,
    ...(m.value !== undefined && { value: m.value }),
    points: m.points.map((p): [number, number] => [p.at / 1000, p.value]),
    reason: m.reason,
    judgedAt: iso(m.judgedAt),
    ...(m.delaySeconds !== undefined && { delaySeconds: m.delaySeconds }),
    ...(m.canary && { canary: m.canary.map(bucketDocument) }),
    ...(m.reference && { reference: m.reference.map(bucketDocument) }),
    ...(m.evidence && { evidence: m.evidence }),
    ...(m.spoiled !== undefined && { spoiled: m.spoiled }),
    ...(m.mayBeExtended && { mayBeExtended: true as const }),
    ...(m.newest !== undefined && { newest: iso(m.newest) }),
    ...(m.filled !== undefined && { filled: m.filled }),
  };
}

function bucketDocument({ at, value, errors, requests }: Bucket): BucketDocument {
  return requests === undefined ? [at / 1000, value ?? 0] : [at / 1000, errors ?? 0, requests];
}
