import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import type { AdvanceInput } from '../delivery.js';
import { badInput } from '../aws/errors.js';
import type { Run } from '../run.js';
import type { Pair } from '../traffic/weights.js';
import { pairOf } from './preflight-traffic.js';
import { isPrimary, isStanding, madeBy, readTaskSets, type TaskSet } from './task-set.js';
import type { TaskSetRole } from './tags.js';

/** One step of a delivery: the run, the delivery, and what the stage that asks has said. */
export interface Step {
  run: Run;
  handle: DeliveryHandle;
  stage: string;
  /** What the deployment last heard of the traffic. */
  traffic?: Progress['traffic'];
}

export function stepOf(run: Run, { handle, stage, traffic }: AdvanceInput): Step {
  return { run, handle, stage, ...(traffic && { traffic }) };
}

/** The pair of groups. @throws FAILURE.input where the file names no canary group: spec refuses such pipelines. */
export function pairOfStep({ handle }: Step): Pair {
  const pair = pairOf(handle.release.targetGroups);
  if (!pair) throw badInput('This stage needs targetGroups.canary in app.pipecd.yaml.');
  return pair;
}

/** A side that stands beside the primary for a while. */
export type Side = 'canary' | 'baseline';

/** The group of a side. @throws FAILURE.input where the file names none: spec refuses such pipelines. */
export function groupOfSide({ handle }: Step, side: Side): string {
  const group = handle.release.targetGroups[side];
  if (!group) throw badInput(`This stage needs targetGroups.${side} in app.pipecd.yaml.`);
  return group.targetGroupArn;
}

/** The sets of a service by what they are to this delivery. */
export interface Sets {
  all: TaskSet[];
  /** The task set that was primary when the deployment began; undefined when it is gone or going. */
  old?: TaskSet;
  /** The new version in the primary group. */
  fresh?: TaskSet;
  canary?: TaskSet;
  /** The old version, made afresh beside the canary. */
  baseline?: TaskSet;
  /** The old version built again by a rollback. */
  restored?: TaskSet;
  primary?: TaskSet;
}

/** Reads the service's sets and sorts them: by the ARN of the snapshot, and by the tags of this deployment. */
export async function readSets(run: Run, handle: DeliveryHandle): Promise<Sets> {
  const all = await readTaskSets(run, handle.release.service);
  const standing = all.filter(isStanding);
  const ours = (role: TaskSetRole): TaskSet | undefined => standing.find((set) => madeBy(set, handle.uid, role));
  const old = standing.find(({ taskSetArn }) => taskSetArn === handle.snapshot.primary?.taskSetArn);
  const [fresh, canary, baseline, restored] = [ours('primary'), ours('canary'), ours('baseline'), ours('restored')];
  const primary = standing.find(isPrimary);
  return {
    all,
    ...(old && { old }),
    ...(fresh && { fresh }),
    ...(canary && { canary }),
    ...(baseline && { baseline }),
    ...(restored && { restored }),
    ...(primary && { primary }),
  };
}
