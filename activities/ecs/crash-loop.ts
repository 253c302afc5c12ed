/** A stopped task as far as the question "does it crash?" is concerned. */
export interface StoppedTask {
  stopCode?: string | undefined;
  stoppedReason?: string | undefined;
  containers: { name: string; exitCode?: number | undefined; reason?: string | undefined }[];
}

export type StopKind = 'crash' | 'capacity' | 'other';

const NO_ROOM = /RESOURCE:|capacity is unavailable|insufficient capacity|no container instances? met/i;
const CANNOT_START = /CannotPull|ResourceInitialization|CannotStartContainer|CannotCreate|OutOfMemory/i;
const UNHEALTHY = /failed (ELB|container) health checks|unhealthy/i;
const MIN_CRASHES = 3;

function wordsOf({ stoppedReason, containers }: StoppedTask): string {
  const exits = containers
    .filter(({ exitCode, reason }) => reason !== undefined || (exitCode !== undefined && exitCode !== 0))
    .map(({ name, exitCode, reason }) =>
      [name, exitCode === undefined ? '' : `exit code ${exitCode}`, reason ?? ''].filter(Boolean).join(' '),
    );
  return [stoppedReason ?? 'no reason given', ...exits].join('; ');
}

/** Why a task stopped: by its own fault, for want of room (which may pass), or because somebody scaled or deleted. */
export function kindOfStop(task: StoppedTask): StopKind {
  const words = wordsOf(task);
  if (NO_ROOM.test(words)) return 'capacity';
  if (task.stopCode === 'EssentialContainerExited' || task.stopCode === 'TaskFailedToStart') return 'crash';
  return CANNOT_START.test(words) || UNHEALTHY.test(words) ? 'crash' : 'other';
}

export interface CrashLoop {
  /** Set when the wait should end: the version does not come up. */
  fatal?: string;
  /** Worth showing while waiting. */
  notice?: string;
}

/**
 * Whether a task set crashes over and over. ECS itself never gives up under the EXTERNAL controller (ecs-alb-facts §11): we do after
 * three crashes, or twice the wanted count if that is more, with none healthy.
 */
export function judgeStops(stopped: StoppedTask[], computedDesiredCount: number, healthy: number): CrashLoop {
  const crashes = stopped.filter((task) => kindOfStop(task) === 'crash');
  const noRoom = stopped.find((task) => kindOfStop(task) === 'capacity');
  const [last] = crashes;
  if (last && healthy === 0 && crashes.length >= Math.max(MIN_CRASHES, 2 * computedDesiredCount)) {
    return { fatal: `The tasks stop again and again (${crashes.length} so far): ${wordsOf(last)}` };
  }
  if (last) return { notice: `${crashes.length} task(s) stopped: ${wordsOf(last)}` };
  if (noRoom) return { notice: `No room for the tasks yet: ${wordsOf(noRoom)}` };
  return {};
}
