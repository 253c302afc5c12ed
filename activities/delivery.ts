import type { DeliveryHandle, Position, Preflight, Progress, Traffic } from '../model/delivery.js';
import type { TaskSetPlace, Variant } from '../model/metric.js';
import type { Preview } from '../model/plan-preview.js';
import type { Release } from '../model/release.js';
import type { TaskSetsDocument, TaskSetsInput } from '../model/task-sets.js';

export interface PreflightInput {
  app: string;
  deployment: string;
  release: Release;
  /** A running deployment of this application adopted PipeCD's task sets with consent (ecs-alb-facts §27). */
  adopt: boolean;
  /** QUICK_SYNC repairs what a pipeline would refuse to start from (ecs-alb-facts §26). */
  repair: boolean;
}

export interface BeginInput {
  app: string;
  deployment: string;
  uid: string;
  release: Release;
  snapshot: Preflight['snapshot'];
  /** Roll out this registered revision instead of the release's definition (rollback to an earlier version). */
  taskDefinitionArn?: string;
  /** It should be running already: the desired count too is brought back to the file's, where nobody else owns it. */
  again?: true;
}

export interface AdvanceInput {
  handle: DeliveryHandle;
  /** Id of the stage that asks; part of the client token. */
  stage: string;
  position: Position;
  /** Epoch ms, from the workflow: the stage's time-out. */
  deadline: number;
  /**
   * The last `Progress.traffic` that the deployment heard: a rule with other weights than these was changed by somebody else, and
   * the side that it left empty has been draining since. Left out: as in the snapshot.
   */
  traffic?: Progress['traffic'];
}

export interface RenameServiceInput {
  /** Says which service, and whose rights it is reached with. */
  release: Release;
  from: string;
  to: string;
}

export interface RollbackInput {
  handle: DeliveryHandle;
  reason: string;
}

/**
 * The driver of one way to deliver, as activities. All of them may be run again at any moment: each looks at AWS before it changes
 * it, and a change that was made without its answer being heard is found again.
 */
export interface DeliveryActivities {
  /** Reads only: whether this release can start, and the snapshot of what stands. */
  preflight(input: PreflightInput): Promise<Preflight>;
  /** Reads only: the preflight, and in what the files differ from what runs. */
  preview(input: PreflightInput): Promise<Preview>;
  /** Reads only: the task sets of a service with their tasks, for people to look at. */
  showTaskSets(input: TaskSetsInput): Promise<TaskSetsDocument>;
  /** Registers the task definition (once for each content), creates or updates the service. */
  begin(input: BeginInput): Promise<{ handle: DeliveryHandle } & Progress>;
  /** Goes to a position, and returns when it is reached and verified. Fails with FAILURE.stage when it cannot be. */
  advance(input: AdvanceInput): Promise<Progress>;
  /** Reads the traffic as it is now. Fails with FAILURE.changedByOthers when a rule is not as this deployment wrote it. */
  observe(input: Traffic): Promise<Progress>;
  /** Reads where the tasks of each version stand, for metrics that ask the tasks or name their task set. */
  locate(input: { handle: DeliveryHandle }): Promise<Partial<Record<Variant, TaskSetPlace>>>;
  /** First part of a rollback: takes the requests off the new version, by the observed state (ecs-alb-facts §1). Never gives up by itself. */
  restoreTraffic(input: RollbackInput): Promise<Progress>;
  /** Second part of a rollback: removes what the deployment had made. */
  cleanUp(input: RollbackInput): Promise<Progress>;
  /**
   * Switches the sticky sessions of the snapshot's rules on again, which the write that took a side to 0 had switched off. Not to be
   * asked before the cookies given until then have ended: DurationSeconds after that write (ecs-alb-facts §3). A rule that is gone,
   * sticky already, or has other groups or weights than `wanted` is left alone, and the log says so.
   */
  restoreStickiness(input: Traffic): Promise<Progress>;
  /** After success: removes the retired old task set. */
  finish(input: { handle: DeliveryHandle }): Promise<Progress>;
  /** Gives the service and its task sets to another name of the application. */
  renameService(input: RenameServiceInput): Promise<Progress>;
}
