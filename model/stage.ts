import type { Millis } from './duration.js';
import type { Metric, OnNoData, OnNotEnoughData } from './metric.js';
import type { SkipOn } from './skip-on.js';

interface StageCommon {
  /** Unique in the deployment: the file's `id`, else `stage-<index>`. */
  id: string;
  desc?: string;
  /** The stage fails when it takes longer. */
  timeout: Millis;
}

/** What the stages have that change nothing in AWS. */
interface SkippableStage extends StageCommon {
  skipOn?: SkipOn;
}

/** Quick sync: the new version replaces the old one in the primary group at once. */
export interface SyncStage extends StageCommon {
  name: 'ECS_SYNC';
}

export interface CanaryRolloutStage extends StageCommon {
  name: 'ECS_CANARY_ROLLOUT';
  /** Percent of the service's desired count, above 0 up to 100. */
  scale: number;
}

export interface TrafficRoutingStage extends StageCommon {
  name: 'ECS_TRAFFIC_ROUTING';
  /** Percent of the requests that the canary gets, 0 to 100; the primary gets what is left. */
  canary: number;
  /** Percent that the baseline gets, above 0; absent when it gets none. */
  baseline?: number;
  /** The file says that it wants this share although the canary or the baseline is scaled below it. */
  allowUndersized: boolean;
}

export interface PrimaryRolloutStage extends StageCommon {
  name: 'ECS_PRIMARY_ROLLOUT';
}

export interface CanaryCleanStage extends StageCommon {
  name: 'ECS_CANARY_CLEAN';
}

/** A fresh task set of the version that runs, as large as the canary, so that two young sets can be compared. */
export interface BaselineRolloutStage extends StageCommon {
  name: 'ECS_BASELINE_ROLLOUT';
  /** Percent of the service's desired count, above 0 up to 100. */
  scale: number;
}

export interface BaselineCleanStage extends StageCommon {
  name: 'ECS_BASELINE_CLEAN';
}

export interface WaitStage extends SkippableStage {
  name: 'WAIT';
  duration: Millis;
}

export interface WaitApprovalStage extends SkippableStage {
  name: 'WAIT_APPROVAL';
  /** Who may approve; empty means every deployer. */
  approvers: string[];
  minApprovers: number;
  /** What is judged while people decide: it can end the deployment, and approves nothing. */
  analysis?: Omit<AnalysisStage, 'id' | 'desc' | 'skipOn'>;
}

export interface AnalysisStage extends SkippableStage {
  name: 'ANALYSIS';
  duration: Millis;
  initialDelay: Millis;
  onNoData: OnNoData;
  onNotEnoughData: OnNotEnoughData;
  /** Upper bound of the stage when it extends itself for want of data; equals `duration` when it may not. */
  maxDuration: Millis;
  metrics: Metric[];
}

/** A command of the user's, run by the worker. */
export interface ScriptStage extends SkippableStage {
  name: 'SCRIPT_RUN';
  /** For `/bin/sh`. */
  run: string;
  /** Its environment variables as a JSON object, sealed: they are secrets more often than not. */
  sealedEnv?: string;
  /** Run when the deployment goes back after this stage has begun; the requests are off the new version by then. */
  onRollback?: string;
}

/** Everything a pipeline can hold. A new kind of stage is a new member, a case in `workflows/stages/run.ts` and a parser in `spec/`. */
export type Stage =
  | SyncStage
  | CanaryRolloutStage
  | TrafficRoutingStage
  | PrimaryRolloutStage
  | CanaryCleanStage
  | BaselineRolloutStage
  | BaselineCleanStage
  | WaitStage
  | WaitApprovalStage
  | AnalysisStage
  | ScriptStage;

export type StageName = Stage['name'];

/** The stages that change nothing in AWS: people may skip them, `skipOn` may leave them out. */
export const SKIPPABLE: ReadonlySet<string> = new Set<StageName>(['ANALYSIS', 'SCRIPT_RUN', 'WAIT', 'WAIT_APPROVAL']);

/** Rollback is no stage of the file; it is shown as the last stage of a deployment that needed it. */
export const ROLLBACK_STAGE = { id: 'rollback', name: 'ROLLBACK' } as const;
