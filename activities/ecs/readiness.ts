/** A target as far as readiness is concerned. */
export interface TargetState {
  state: string;
  reason?: string;
  description?: string;
}

/** One look at one side. */
export interface SideSeen {
  stabilityStatus: string;
  computedDesiredCount: number;
  runningCount: number;
  /** Of the service, read at this look. */
  desiredCount: number;
  /** Percent of the requests that the side gets, or is about to get. */
  share: number;
  /** The set's own targets in its group. */
  targets: TargetState[];
}

export interface Readiness {
  ready: boolean;
  healthy: number;
  required: number;
  /** In words, with what the missing ones lack. */
  detail: string;
  /** Set when waiting cannot help. */
  hopeless?: string;
}

/**
 * How many healthy targets a side needs: never none, all that its set should have, and enough for its share of the requests
 * (ecs-alb-facts §9).
 */
export function required(seen: Pick<SideSeen, 'computedDesiredCount' | 'desiredCount' | 'share'>): number {
  return Math.max(1, seen.computedDesiredCount, Math.ceil((seen.desiredCount * seen.share) / 100));
}

function whatIsMissing(targets: TargetState[]): string {
  const counts = new Map<string, number>();
  for (const { state, reason, description } of targets) {
    if (state === 'healthy') continue;
    const why = description ?? reason;
    const text = why ? `${state} (${why})` : state;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => `${count} ${text}`).join(', ');
}

/**
 * Judges one look: ready when the set is steady and its own healthy targets suffice. Two such looks in a row make it so.
 * @param place what people call the group; undefined where tasks are found by service discovery, and are their own targets.
 * @param undersized the file wants the share although the set is smaller (`allowUndersized`).
 */
export function judgeSide(seen: SideSeen, place: string | undefined, undersized = false): Readiness {
  const healthy = seen.targets.filter(({ state }) => state === 'healthy').length;
  const needed = undersized ? required({ ...seen, share: 0 }) : required(seen);
  const missing = whatIsMissing(seen.targets);
  const steady = seen.stabilityStatus === 'STEADY_STATE';
  const detail = [
    `${healthy} of ${needed} ${place === undefined ? 'tasks healthy' : `targets healthy on ${place}`}`,
    missing,
    steady ? '' : `${seen.runningCount} of ${seen.computedDesiredCount} tasks running, not steady yet`,
  ]
    .filter(Boolean)
    .join('; ');
  const base = { ready: steady && healthy >= needed, healthy, required: needed, detail };

  if (seen.desiredCount === 0) {
    return {
      ...base,
      ready: false,
      hopeless: 'The service has desiredCount 0: no task would ever run. Set it above 0.',
    };
  }
  if (needed > Math.max(1, seen.computedDesiredCount)) {
    return {
      ...base,
      hopeless:
        `${seen.share} % of the requests need ${needed} tasks${place === undefined ? '' : ` on ${place}`}, and its task set has ${seen.computedDesiredCount}. ` +
        'Scale it up to the share at least, or write allowUndersized: true in the stage.',
    };
  }
  const unused = seen.targets.find(({ state, reason }) => state === 'unused' && reason === 'Target.NotInUse');
  if (unused) {
    return {
      ...base,
      hopeless:
        `Targets on ${place ?? 'its group'} are not in use (${unused.description ?? 'Target.NotInUse'}): either no listener rule names the group, ` +
        "or a task stands in an availability zone that the load balancer has not enabled. Compare the service's subnets with the load balancer's.",
    };
  }
  return base;
}
