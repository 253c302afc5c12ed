/** What a rollback sees at one look. Counts are of targets. */
export interface RollbackSeen {
  /** Nothing stood before this deployment: there is nothing to go back to. */
  firstDeployment: boolean;
  /** The old version's task set, built again or not; absent when it is gone. */
  old?: { scale: number; wholeScale: number; primary: boolean; healthy: number; required: number };
  /** The new version's task set stands in the primary's group. */
  fresh: boolean;
  /** Targets of it that take requests or will in a moment, also while it leaves. */
  freshServing: number;
  canaryHealthy: number;
  /** All pair rules give everything to the old version's side (or were tried, and cannot be written now). */
  weightsRestored: boolean;
  /** Percent that the old version's side gets now, the least of all pair rules. */
  oldShare: number;
  /** The rollback has waited for the old version as long as it may. */
  overdue: boolean;
  /** At the first look the old version was retired or gone: both sides ran the new one (ecs-alb-facts §1 c, d). */
  oldWasRetired: boolean;
}

export type RollbackStep =
  | { do: 'WEIGHTS' }
  /** Only as much as the old version can carry now. */
  | { do: 'SHARE'; old: number }
  | { do: 'SCALE_OLD' }
  | { do: 'REBUILD_OLD' }
  | { do: 'OLD_PRIMARY' }
  | { do: 'DELETE_FRESH' }
  | { do: 'WAIT'; why: string }
  | { do: 'DONE' };

/** The gate of ecs-alb-facts §28: one healthy target at least, and half of what is required. */
function carries({ healthy, required }: { healthy: number; required: number }): boolean {
  return healthy >= 1 && 2 * healthy >= required;
}

function leaving(seen: RollbackSeen): RollbackStep {
  if (seen.freshServing === 0) return { do: 'DONE' };
  return { do: 'WAIT', why: `${seen.freshServing} target(s) of the new version still take requests` };
}

/**
 * The next step of a rollback, by what is observed and by nothing remembered (ecs-alb-facts §1, §14, §28, §29):
 * - (a) the primary's group holds only the old version: the weights, at once;
 * - (b) it holds both: the weights, the old one primary, the new one deleted, without waiting in between;
 * - (c) the old one is at scale 0: scaled up and healthy first, then primary, the new one deleted, the weights;
 * - (d) the old one is gone: built again, then as (c).
 * Each step changes what the next look sees, so a rollback that died goes on from wherever it was.
 */
export function nextRollbackStep(seen: RollbackSeen): RollbackStep {
  const { old, fresh, weightsRestored } = seen;
  if (seen.firstDeployment) {
    if (!weightsRestored) return { do: 'WEIGHTS' };
    return fresh ? { do: 'DELETE_FRESH' } : leaving(seen);
  }
  if (!old) return { do: 'REBUILD_OLD' };

  const able = seen.overdue || carries(old);
  const whole = old.scale >= old.wholeScale;
  if (!fresh && able && !weightsRestored) return { do: 'WEIGHTS' };
  if (!whole) return { do: 'SCALE_OLD' };
  // With the new version out of the group and the weights back, waiting for more healthy targets would change nothing.
  const nothingToMove = !fresh && weightsRestored;
  if (!able && !nothingToMove) {
    const share = Math.min(100, Math.floor((100 * old.healthy) / old.required));
    if (!weightsRestored && seen.canaryHealthy === 0 && share > seen.oldShare) return { do: 'SHARE', old: share };
    return { do: 'WAIT', why: `The old version is starting: ${old.healthy} of ${old.required} targets healthy` };
  }
  if (!weightsRestored && !seen.oldWasRetired) return { do: 'WEIGHTS' };
  if (!old.primary) return { do: 'OLD_PRIMARY' };
  if (fresh) return { do: 'DELETE_FRESH' };
  if (!weightsRestored) return { do: 'WEIGHTS' };
  return leaving(seen);
}
