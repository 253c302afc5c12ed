/** A task that stopped, as far as the question "did it do its work?" is concerned. */
export interface EndedTask {
  stopCode?: string | undefined;
  stoppedReason?: string | undefined;
  containers: { name: string; exitCode?: number | undefined; reason?: string | undefined }[];
}

export interface TaskOutcome {
  passed: boolean;
  /** In words: how each essential container ended, or what else stopped the task. */
  words: string;
  /** Containers that do not count and failed. */
  notice?: string;
}

/** What ends a task from outside: whatever its containers then answer, the work was not done to its end. */
const STOPPED_BY_OTHERS: Readonly<Record<string, string>> = {
  UserInitiated: 'somebody stopped it',
  ServiceSchedulerInitiated: 'a service stopped it',
  SpotInterruption: 'its Spot capacity was taken back',
  TerminationNotice: 'its host was taken away',
  TaskFailedToStart: 'it could not start',
};

function howEnded({ name, exitCode, reason }: EndedTask['containers'][number]): string {
  const end = exitCode === undefined ? 'ended without an exit code' : `ended with exit code ${exitCode}`;
  return `${name} ${end}${reason === undefined ? '' : ` (${reason})`}`;
}

/**
 * Judges a stopped task: passed when it ended by itself and every essential container with exit code 0. An exit code that was never
 * told is no zero.
 * @param essential names of the essential containers, of the task definition: one that ECS does not tell of has not passed.
 */
export function judgeTask(task: EndedTask, essential: readonly string[]): TaskOutcome {
  const told = new Map(task.containers.map((container) => [container.name, container]));
  const counted = essential.map((name) => told.get(name) ?? { name });
  const failed = counted.filter(({ exitCode }) => exitCode !== 0);
  const others = task.containers.filter(({ name, exitCode }) => !essential.includes(name) && exitCode !== 0);
  const notice = others.length > 0 ? { notice: `Not essential: ${others.map(howEnded).join('; ')}.` } : {};
  const stopped = STOPPED_BY_OTHERS[task.stopCode ?? ''];
  if (stopped !== undefined) {
    const exits = failed.filter(({ exitCode, reason }) => exitCode !== undefined || reason !== undefined).map(howEnded);
    const words = [`The task did not come to its end, for ${stopped}`, task.stoppedReason, ...exits];
    return { passed: false, words: `${words.filter(Boolean).join(': ')}.`, ...notice };
  }
  if (failed.length === 0) return { passed: true, words: `${counted.map(howEnded).join('; ')}.`, ...notice };
  const [first] = counted;
  // ECS ends the others with SIGTERM as soon as one essential container has ended, however well.
  const hint =
    counted.length > 1 && counted.some(({ exitCode }) => exitCode === 0)
      ? ` All essential containers count; one that only helps ${first?.name ?? 'another'} needs essential: false.`
      : '';
  const why = task.stoppedReason === undefined ? '' : `${task.stoppedReason}: `;
  return { passed: false, words: `${why}${failed.map(howEnded).join('; ')}.${hint}`, ...notice };
}
