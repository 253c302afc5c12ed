import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import { MINUTE } from '../../model/duration.js';
import type { RollbackInput } from '../delivery.js';
import { wordsOf } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { discoverRules, type ListenerRule } from '../traffic/listener-rule.js';
import { pairRules } from '../traffic/reachability.js';
import type { TargetHealth } from '../traffic/target-health.js';
import { sameWeights, sharesOf, weightsText } from '../traffic/weights.js';
import { deleteTaskSet, makePrimary, scaleTaskSet } from './change-task-set.js';
import { readSets, type Sets } from './step.js';
import { pairOf } from './preflight-traffic.js';
import { required } from './readiness.js';
import { oldGroup, oldShareOf, oldSide, restoredWeights, writeAllWeights } from './restored-weights.js';
import { restoreOld } from './restore-old.js';
import { nextRollbackStep, type RollbackSeen } from './rollback-case.js';
import { readService } from './service.js';
import { groupOf, isStanding, madeBy, shortName, type TaskSet } from './task-set.js';
import { countHealthy, countServing, readOwnTargets } from './targets.js';
import type { Secrets } from './task-definition.js';

/** How long a rollback waits for the old version before it moves the requests anyway: a stage's default time-out (§28). */
const PATIENCE = 30 * MINUTE;

interface Look {
  sets: Sets;
  old?: TaskSet;
  /** The new version where requests reach it without weights. */
  fresh: TaskSet[];
  rules: ListenerRule[];
  seen: Omit<RollbackSeen, 'oldWasRetired'>;
}

async function look(run: Run, handle: DeliveryHandle): Promise<Look> {
  const { release, snapshot } = handle;
  const pair = pairOf(release.targetGroups);
  const { loadBalancerArn } = snapshot;
  const [all, sets, service] = await Promise.all([
    pair && loadBalancerArn !== undefined ? discoverRules(run.aws.elb, loadBalancerArn) : [],
    readSets(run, handle),
    readService(run, release.service),
  ]);
  const rules = pair ? pairRules(all, pair) : [];
  const old = sets.old ?? sets.restored;
  // A new version in another group than the old one's loses its requests by the weights alone; cleanUp lets it drain.
  const beside = (set: TaskSet): boolean => !snapshot.primary || groupOf(set) === oldGroup(handle);
  // By service discovery the canary stands beside the old version as well: no weights keep requests from it.
  const roles = release.targetGroups.primary ? (['primary'] as const) : (['primary', 'canary'] as const);
  const fresh = sets.all.filter((set) => madeBy(set, handle.uid, ...roles) && beside(set));
  const targetsOf = (set: TaskSet | undefined, leaving = false): Promise<TargetHealth[]> =>
    set ? readOwnTargets(run, release.service, set, leaving) : Promise.resolve([]);
  const [oldTargets, canaryTargets, ...freshTargets] = await Promise.all([
    targetsOf(old),
    targetsOf(sets.canary),
    ...fresh.map((set) => targetsOf(set, true)),
  ]);
  const shares = pair
    ? rules.map((rule) => ({ now: sharesOf(rule.actions, pair), wanted: restoredWeights(handle, rule.ruleArn) }))
    : [];
  const desiredCount = service?.desiredCount ?? 0;
  return {
    sets,
    ...(old && { old }),
    fresh,
    rules,
    seen: {
      firstDeployment: snapshot.primary === undefined,
      ...(old && {
        old: {
          scale: old.scale.value,
          wholeScale: snapshot.primary?.scale ?? 100,
          primary: old === sets.primary,
          healthy: countHealthy(oldTargets),
          required: required({ computedDesiredCount: old.computedDesiredCount, desiredCount, share: 0 }),
        },
      }),
      fresh: fresh.some(isStanding),
      freshServing: countServing(freshTargets.flat()),
      canaryHealthy: countHealthy(canaryTargets),
      weightsRestored: shares.every(({ now, wanted }) => sameWeights(now, wanted)),
      oldShare: Math.min(100, ...shares.map(({ now }) => now[oldSide(handle)] ?? 0)),
      overdue: run.ctx.clock.now() - run.ctx.scheduledAt > PATIENCE,
    },
  };
}

/**
 * Takes the requests off the new version and back to the old one, step by step by what each look shows, until two looks in a row
 * have nothing left to do. Used by both parts of a rollback: the second one looks once more.
 */
export async function restore(run: Run, handle: DeliveryHandle, secrets: Secrets): Promise<void> {
  const { service } = handle.release;
  const pair = pairOf(handle.release.targetGroups);
  const polls = poller(run);
  let unwritten: Error | undefined;
  let oldWasRetired: boolean | undefined;
  for (let agreed = 0; agreed < 2;) {
    const { fresh, old, rules, seen } = await look(run, handle);
    oldWasRetired ??= seen.fresh && (!seen.old || seen.old.scale < seen.old.wholeScale);
    if (seen.weightsRestored) unwritten = undefined;
    const known = { ...seen, weightsRestored: seen.weightsRestored || unwritten !== undefined, oldWasRetired };
    const step = nextRollbackStep(known);
    if (step.do === 'DONE') {
      agreed += 1;
      if (unwritten !== undefined) break;
      if (agreed < 2) await polls.soon();
      continue;
    }
    agreed = 0;
    switch (step.do) {
      case 'WEIGHTS':
        if (known.overdue)
          run.report.warn('The old version did not become healthy in time; the requests go back to it all the same');
        if (pair)
          unwritten = await writeAllWeights(run, handle, rules, pair, (rule) => restoredWeights(handle, rule.ruleArn));
        break;
      case 'SHARE': {
        if (pair)
          unwritten = await writeAllWeights(run, handle, rules, pair, (rule) =>
            oldShareOf(handle, rule, pair, step.old),
          );
        break;
      }
      case 'SCALE_OLD':
        if (old) {
          run.report.detail('The old version is starting');
          const scale = handle.snapshot.primary?.scale ?? 100;
          await scaleTaskSet(run, service, old.taskSetArn, { scale, say: 'Brought the old version back' });
        }
        break;
      case 'REBUILD_OLD':
        run.report.detail('The old version is gone; it is built again from the snapshot');
        await restoreOld(run, handle, secrets);
        break;
      case 'OLD_PRIMARY':
        if (old) await makePrimary(run, service, old.taskSetArn, 'Made the old version the primary again');
        break;
      case 'DELETE_FRESH':
        for (const set of fresh.filter(isStanding)) {
          const evenPrimary = seen.firstDeployment;
          run.report.info(`Taking the new version off: ${shortName(set)} in ${groupOf(set) ?? 'no group'}`);
          await deleteTaskSet(run, service, set.taskSetArn, { say: 'Took the new version off', evenPrimary });
        }
        break;
      case 'WAIT':
        run.report.detail(step.why);
        await polls.next();
        break;
      default:
        step satisfies never;
    }
  }
  if (unwritten !== undefined) throw unwritten;
}

/** The first part of a rollback. @throws only what is tried again. */
export async function restoreTraffic(run: Run, { handle, reason }: RollbackInput, secrets: Secrets): Promise<Progress> {
  const weights = restoredWeights(handle, handle.snapshot.rules[0]?.ruleArn ?? '');
  run.report.info(`Rolling back: ${reason}`);
  run.report.traffic({ wanted: weights });
  try {
    await restore(run, handle, secrets);
  } catch (error) {
    run.report.warn(`The rollback is not done yet and goes on: ${wordsOf(error)}`);
    throw error;
  }
  run.report.traffic({ wanted: weights, verified: weights, verifiedAt: run.ctx.clock.now() });
  run.report.detail(
    handle.snapshot.primary
      ? `All requests go to the old version${handle.release.targetGroups.primary ? ` (${weightsText(weights)})` : ''}`
      : 'The first version was taken off; nothing serves, as before',
  );
  return run.report.progress();
}
