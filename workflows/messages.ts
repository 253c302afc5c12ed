import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ChainDocument, ChainMatcher } from '../model/chain.js';
import type { DeliveryHandle, Traffic } from '../model/delivery.js';
import type { DriftDocument, Stood } from '../model/drift.js';
import type { AnalysisResult, MetricProgress } from '../model/evidence.js';
import type { Millis } from '../model/duration.js';
import type { EventWatcherState, RegisteredEvent } from '../model/event.js';
import type { JsonObject } from '../model/json.js';
import type { VariantPlaces } from '../model/metric.js';
import type { Audience } from '../model/notification.js';
import type { AnalysisStage } from '../model/stage.js';
import type { Commit, AnyRelease, Strategy } from '../model/release.js';
import type { RepositoryState } from '../model/repository.js';
import type { ApplicationDocument, DeploymentDocument, DeploymentStatus, HistoryEntry } from '../model/wire.js';

/** What a person says when they act: who and why, recorded in the trail. */
export interface Control {
  by: string;
  reason: string;
  /** The stage that is meant; the current one when left out. */
  stage?: string;
}

export interface CancelControl extends Control {
  /** False keeps what was done and marks the application DIVERGED. Rolls back when left out. */
  rollback?: boolean;
}

/** The control was refused because the state does not allow it; the text says why and which command works. */
export interface ControlAnswer {
  status: DeploymentStatus;
  text: string;
}

// ── deployment ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DeploymentInput {
  id: string;
  app: string;
  n: number;
  uid: string;
  release: AnyRelease;
  strategy: Strategy;
  commit?: Commit;
  trigger: { by: string; at: number };
  adopt: boolean;
  /** Set for a rollback to an earlier version: its registered revision and its deployment. */
  rollbackTo?: { deployment: string; taskDefinitionArn: string };
  /** The chain that it is a part of, by the deployment that began it. */
  chain?: string;
  /** Set where `rollbackTo` is the version that should be running: in words, in what it was out of sync. */
  drift?: string;
}

/** One handler serves both: the Update answers its caller, the Signal of the same name serves Temporal's UI and CLI. */
export const deploymentUpdates = {
  approve: defineUpdate<ControlAnswer, [Control]>('approve'),
  reject: defineUpdate<ControlAnswer, [Control]>('reject'),
  skip: defineUpdate<ControlAnswer, [Control]>('skip'),
  pause: defineUpdate<ControlAnswer, [Control]>('pause'),
  resume: defineUpdate<ControlAnswer, [Control]>('resume'),
  cancel: defineUpdate<ControlAnswer, [CancelControl]>('cancel'),
  rollback: defineUpdate<ControlAnswer, [Control]>('rollback'),
} as const;

export const deploymentSignals = {
  approve: defineSignal<[Control]>('approve'),
  reject: defineSignal<[Control]>('reject'),
  skip: defineSignal<[Control]>('skip'),
  pause: defineSignal<[Control]>('pause'),
  resume: defineSignal<[Control]>('resume'),
  cancel: defineSignal<[CancelControl]>('cancel'),
  rollback: defineSignal<[Control]>('rollback'),
} as const;

export type ControlName = keyof typeof deploymentUpdates;

/** What a deployment is given with its turn. */
export interface Go {
  /** The application is DIVERGED by a deployment that was told to keep what it had done: undo that first. */
  restore?: DeliveryHandle;
  /** The last deployment that ended well and was analysed: what PREVIOUS compares with. */
  previous?: string;
}

/** The application's turn to this deployment: it may begin. */
export const goSignal = defineSignal<[Go?]>('go');
/** A newer deployment took this one's place in the queue before it began. */
export const supersedeSignal = defineSignal<[{ by: string }]>('supersede');
/** The deployment document without the running ANALYSIS stage's metrics, which the analysis workflow tells. */
export const documentQuery = defineQuery<DeploymentDocument>('document');

// ── analysis ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AnalysisInput {
  app: string;
  deployment: string;
  stage: AnalysisStage;
  /** Epoch ms: the stage's beginning, and the last verified weight change if there was one. */
  beganAt: number;
  trafficVerifiedAt?: number;
  /** What the rules must say while windows are judged; absent where no weight was ever set. */
  traffic?: Traffic;
  /** What is known of the versions only now; absent where no metric needs it. */
  places?: VariantPlaces;
  /** The deployment whose evidence PREVIOUS compares with. */
  previous?: string;
  /** Carried over a continue-as-new. */
  progress?: MetricProgress[];
}

export const analysisQuery = defineQuery<MetricProgress[]>('analysis');
export type AnalysisWorkflow = (input: AnalysisInput) => Promise<AnalysisResult>;

// ── application ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface DeployRequest {
  release: AnyRelease;
  strategy: Strategy;
  commit?: Commit;
  by: string;
  adopt: boolean;
  idempotency?: { key: string; bodySha256: string };
  /** The chain that asks for it. */
  chain?: string;
}

export type DeployAnswer =
  | { accepted: true; id: string; n: number; repeated: boolean }
  | { accepted: false; status: 409 | 422; reason: string; fix?: string };

export interface ApplicationRollback {
  by: string;
  reason: string;
  /** An earlier good deployment; the last good one before the running one when left out. */
  to?: string;
}

export interface HoldControl {
  by: string;
  reason: string;
}

/** Asks for the version that should be running once more. */
export interface Redeploy {
  /** The deployment that what runs was compared with. */
  good: string;
  /** In what it differs. */
  reason: string;
}

/** Asks an application to go on under another name. */
export interface Rename {
  to: string;
  by: string;
  reason: string;
}

/** WAITS passes by itself, or with what `fix` says; the rename is asked for again. */
export type RenameAnswer =
  { outcome: 'RENAMED'; to: string } | { outcome: 'WAITS' | 'REFUSED'; reason: string; fix: string };

/**
 * One step by which an application takes over another one's service and memory: it keeps itself free for it, and then has it, or is free again.
 * `id` is the rename's, so that a step that is told twice, or late, does nothing.
 */
export type TakeOver =
  | { step: 'CLAIM' | 'ABANDON'; id: string; from: string }
  | { step: 'FINISH'; id: string; from: string; memory: JsonObject };

export type TakeOverAnswer = { taken: true } | { taken: false; passes: boolean; reason: string; fix: string };

/** What an application starts with: nothing but its name, or its whole memory after a continue-as-new. */
export interface ApplicationInput {
  app: string;
  memory?: JsonObject;
}

export interface ApplicationState extends Omit<ApplicationDocument, 'links'> {
  /** Highest number given to a deployment. */
  highest: number;
}

export const applicationUpdates = {
  deploy: defineUpdate<DeployAnswer, [DeployRequest]>('deploy'),
  rollback: defineUpdate<DeployAnswer, [ApplicationRollback]>('rollbackApplication'),
  redeploy: defineUpdate<DeployAnswer, [Redeploy]>('redeploy'),
  hold: defineUpdate<ApplicationState, [HoldControl]>('hold'),
  release: defineUpdate<ApplicationState, [HoldControl]>('release'),
  rename: defineUpdate<RenameAnswer, [Rename]>('rename'),
  takeOver: defineUpdate<TakeOverAnswer, [TakeOver]>('takeOver'),
} as const;

export const applicationQuery = defineQuery<ApplicationState>('application');

/** What an application knows of what should be running. */
export interface LastDeployed {
  /** A deployment runs or waits: what stands is on its way. */
  busy?: string;
  held?: ApplicationState['held'];
  /** A cancelled deployment was told to keep what it had done. */
  diverged?: string;
  /** It goes on under this name, which looks after what runs. */
  renamed?: string;
  /** The deployment that ended well last; absent where none did, or where its files are not known any more. */
  good?: { entry: HistoryEntry; release: AnyRelease; stood?: Stood };
}

export const lastDeployedQuery = defineQuery<LastDeployed>('lastDeployed');

/** A deployment that has not ended, as others than the application know it. */
export interface OpenDeployment {
  id: string;
  n: number;
  /** Set for a rollback: the earlier deployment whose version it brings back. */
  rollbackTo?: string;
}

/** What a deployment tells its application as its last act. */
export interface DeploymentEnded {
  n: number;
  entry: HistoryEntry;
  release: AnyRelease;
  /** What the next deployment has to undo: this one's own doing, if it was told to keep it, or what it was given and has not undone. */
  kept?: DeliveryHandle;
  /** Set when rules had sticky sessions, which the deployment switched off (ecs-alb-facts §3). */
  sticky?: Traffic;
  /** What it left at the load balancer, where it ended well. */
  stood?: Stood;
}

export const deploymentEndedSignal = defineSignal<[DeploymentEnded]>('deploymentEnded');
/** Makes the application look after its deployments now; the one that waits for its turn says which it is. */
export const wakeSignal = defineSignal<[OpenDeployment?]>('wake');

// ── drift ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What an application's watch for drift starts with: its name, and what it saw last after a continue-as-new. */
export interface DriftInput {
  app: string;
  state?: DriftState;
}

export interface DriftRedeployments {
  count: number;
  /** The deployment that was out of sync first, and those that brought its version out again. */
  deployments: string[];
  /** Epoch ms: since when it is in sync, where it is. */
  syncedAt?: number;
}

/** What it knows. */
export interface DriftState {
  last?: DriftDocument;
  /** Between two looks, as the worker said at the last one. */
  interval?: Millis;
  /** Epoch ms: when it looks next. */
  next?: number;
  /** The differences that people were told of. */
  told?: string;
  /** Deployments for drift of one version, since it was in sync for long or another version came. */
  again?: DriftRedeployments;
}

/** There is something to look after; `true` looks soon: a deployment has ended. */
/** To the archivist: look now. */
export const sweepArchiveSignal = defineSignal('sweep');

export const watchDriftSignal = defineSignal<[boolean?]>('watch');
/** Looks now, and answers what it saw. */
export const lookForDriftUpdate = defineUpdate<DriftDocument>('lookForDrift');
export const driftQuery = defineQuery<DriftState>('drift');

// ── repository ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a repository's watcher starts with: nothing but its name, or all it knows after a continue-as-new. */
export interface RepositoryInput {
  repoId: string;
  state?: RepositoryState;
}

export const repositoryQuery = defineQuery<RepositoryState>('repository');
/** Makes the watcher look now; `true` has it read all of the repository anew, as after a change of the configuration. */
export const pokeSignal = defineSignal<[boolean?]>('poke');

// ── event watcher ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a repository's event watcher starts with: its name, and all it knows after a continue-as-new. */
export interface EventWatcherInput {
  repoId: string;
  state?: EventWatcherState;
}

export const registerEventSignal = defineSignal<[RegisteredEvent]>('registerEvent');
export const eventsQuery = defineQuery<EventWatcherState>('events');

// ── chain ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What follows a good deployment. */
export interface ChainInput {
  /** Of that deployment. */
  id: string;
  app: string;
  blocks: ChainMatcher[];
  /** Who is told when it fails, as that deployment's file says. */
  audience?: Audience;
}

export const chainQuery = defineQuery<ChainDocument>('chain');
/** A deployment of the chain has ended. */
export const chainNodeEndedSignal = defineSignal<[HistoryEntry]>('chainNodeEnded');
export const cancelChainUpdate = defineUpdate<ChainDocument, [Control]>('cancelChain');

// ── plan ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A deployment that is only planned. */
export type PlanInput = Pick<DeployRequest, 'release' | 'strategy' | 'commit' | 'adopt'> & { app: string };
