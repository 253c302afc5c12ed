import { stageFailed } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { nameOfGroup } from '../traffic/target-group.js';
import { judgeStops } from './crash-loop.js';
import { judgeSide, type Readiness } from './readiness.js';
import { lastComplaint, readStandingService, type Service, type ServiceName } from './service.js';
import { groupOf, readTaskSets, shortName, type TaskSet } from './task-set.js';
import { readOwnTargets } from './targets.js';
import { readStoppedTasks } from './tasks.js';

export interface Side {
  taskSetArn: string;
  /** Percent of the requests that it gets or is about to get. */
  share: number;
  undersized?: boolean;
}

/** One look at a side: whether its own targets suffice. Undefined while the set is not listed (ecs-alb-facts §25). */
export async function lookAtSide(
  run: Run,
  service: ServiceName,
  side: Side,
): Promise<{ service: Service; set: TaskSet; readiness: Readiness } | undefined> {
  const found = await readStandingService(run, service);
  const set = (await readTaskSets(run, service)).find(({ taskSetArn }) => taskSetArn === side.taskSetArn);
  if (!set) return undefined;
  const targets = await readOwnTargets(run, service, set);
  const group = groupOf(set);
  const readiness = judgeSide(
    { ...set, desiredCount: found.desiredCount, share: side.share, targets },
    group === undefined ? undefined : nameOfGroup(group),
    side.undersized,
  );
  return { service: found, set, readiness };
}

/**
 * Waits until a task set is steady and enough of its own targets are healthy, seen twice in a row. Each look is heartbeated with what
 * is missing: stopped tasks' reasons, target health reasons, the service's complaints.
 * @throws FAILURE.stage when waiting cannot help, the version crashes over and over, or the stage's time is up.
 */
export async function waitReady(run: Run, service: ServiceName, side: Side): Promise<Readiness> {
  const { report } = run;
  const since = run.ctx.clock.now();
  const polls = poller(run);
  let notice = '';
  for (let agreed = 0; ;) {
    const seen = await lookAtSide(run, service, side);
    if (!seen) {
      report.detail(`Task set ${shortName(side)} is not listed yet`);
      await polls.next();
      continue;
    }
    const { set, readiness } = seen;
    if (readiness.hopeless) throw stageFailed(readiness.hopeless);
    if (set.status === 'DRAINING') {
      throw stageFailed(`Task set ${shortName(set)} is being deleted, and not by this deployment.`);
    }
    agreed = readiness.ready ? agreed + 1 : 0;
    if (agreed === 2) {
      report.detail(readiness.detail);
      return readiness;
    }
    if (readiness.ready) {
      report.detail(readiness.detail);
      await polls.soon();
      continue;
    }
    const stops = judgeStops(await readStoppedTasks(run, service, set.id), set.computedDesiredCount, readiness.healthy);
    if (stops.fatal) throw stageFailed(stops.fatal);
    const complaint = stops.notice ?? lastComplaint(seen.service, since) ?? '';
    if (complaint && complaint !== notice) report.warn(complaint);
    notice = complaint;
    report.detail([readiness.detail, complaint].filter(Boolean).join('; '));
    await polls.next();
  }
}
