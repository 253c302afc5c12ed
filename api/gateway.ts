import type { ChainDocument } from '../model/chain.js';
import type { AwsChange, LogLine } from '../model/delivery.js';
import type { DriftDocument } from '../model/drift.js';
import type { InsightsDocument } from '../model/insights.js';
import type { PlanDocument } from '../model/plan-preview.js';
import type { TaskSetsDocument, TaskSetsInput } from '../model/task-sets.js';
import type { ReadRelease, ReleaseInGit, SealedFiles } from '../model/repository.js';
import type {
  ApplicationDocument,
  DeploymentDocument,
  DeploymentList,
  DeploymentStatus,
  DoctorReport,
  MeasurementRecord,
  RepositoryDocument,
} from '../model/wire.js';
import type { DeploymentRecord, RecordPage, RecordPlace } from '../records/record.js';
import type { RegisteredEvent } from '../model/event.js';
import type { EventDocument } from '../model/event-document.js';
import type {
  ApplicationRollback,
  CancelControl,
  Control,
  ControlAnswer,
  ControlName,
  DeployAnswer,
  DeployRequest,
  HoldControl,
  Rename,
  PlanInput,
} from '../workflows/messages.js';

/** A deployment as it is this moment. */
export interface LiveDeployment {
  document: DeploymentDocument;
  /** What running activities have told and not handed over as a result yet: it is in no history. */
  log: (LogLine & { stage: string })[];
  changes: (AwsChange & { stage: string })[];
  measurements: MeasurementRecord[];
  /** Grows when the histories do, which is when there may be new records. */
  historyEvents: number;
}

export interface InsightsQuery {
  days: number;
  /** By the values of this label; by application when left out. */
  label?: string;
}

export interface DeploymentQuery {
  app?: string;
  status?: DeploymentStatus[];
  /** A part of the id. */
  text?: string;
  limit: number;
  cursor?: string;
}

/**
 * All that the routes ask of Temporal. Every function answers within a deadline; all throw ApiProblem: 503 when Temporal or the
 * workers are away, 409 with the workflow's own words when it refuses, 404 where something must exist and does not.
 */
export interface Gateway {
  /** Starts the application's workflow where it does not run. */
  deploy(app: string, request: DeployRequest): Promise<DeployAnswer>;
  rollbackApplication(app: string, request: ApplicationRollback): Promise<DeployAnswer>;
  /** Answers the application under its new name. */
  rename(app: string, rename: Rename): Promise<ApplicationDocument>;
  hold(app: string, control: HoldControl): Promise<ApplicationDocument>;
  release(app: string, control: HoldControl): Promise<ApplicationDocument>;
  control(id: string, name: ControlName, control: CancelControl): Promise<ControlAnswer>;
  application(app: string): Promise<ApplicationDocument | undefined>;
  /** By name. */
  applications(): Promise<ApplicationDocument[]>;
  deployment(id: string): Promise<LiveDeployment | undefined>;
  /** Newest first. */
  deployments(query: DeploymentQuery): Promise<DeploymentList>;
  /** The records after `place` that `wanted` picks, at most `limit`; undefined when there is no such deployment. */
  records(
    id: string,
    place: RecordPlace,
    limit: number,
    wanted: (record: DeploymentRecord) => boolean,
  ): Promise<RecordPage | undefined>;
  /** The configured repositories that are watched, in the order of their names. */
  repositories(): Promise<RepositoryDocument[]>;
  /** Has a repository looked at now; false when nobody watches it. */
  poke(repoId: string): Promise<boolean>;
  /** Has a worker look at AWS for what a deployment would do. */
  plan(input: PlanInput): Promise<PlanDocument>;
  /** Has a worker look at what stands in AWS. */
  taskSets(asked: TaskSetsInput): Promise<TaskSetsDocument>;
  /** Has a worker compare what runs with what was deployed last. */
  lookForDrift(app: string): Promise<DriftDocument>;
  /** Has a worker read what is to be deployed from git. */
  readRelease(asked: ReleaseInGit | SealedFiles): Promise<ReadRelease>;
  /** The measures of delivery over the last days. */
  insights(query: InsightsQuery): Promise<InsightsDocument>;
  /** The newest chains, newest first. */
  chains(): Promise<ChainDocument[]>;
  /** One, by the deployment that it follows. */
  chain(id: string): Promise<ChainDocument | undefined>;
  /** Has it begin no further deployment; undefined when none runs. */
  cancelChain(id: string, control: Control): Promise<ChainDocument | { refused: string } | undefined>;
  /** Gives an event to every configured repository; false when there is none. */
  registerEvent(event: RegisteredEvent): Promise<boolean>;
  /** Newest first. */
  events(): Promise<EventDocument[]>;
  /** Whether Temporal answers and a worker polls the queue; the text says what is missing. */
  readiness(): Promise<{ ready: boolean; detail: string }>;
  doctor(): Promise<DoctorReport>;
}
