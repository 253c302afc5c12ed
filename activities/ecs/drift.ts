import { driftLook, ignores, type DriftLook } from '../../model/drift.js';
import { kindOf, wordsOf } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { discoverRules, type ListenerRule } from '../traffic/listener-rule.js';
import { readTargetGroup } from '../traffic/target-group.js';
import { driftBetween, type Deployed, type Running } from './compare-drift.js';
import { readScaling } from './desired-count.js';
import { pairOf } from './preflight-traffic.js';
import { readService, type Service } from './service.js';
import { readRevision, type Revision } from './task-definition.js';
import { isPrimary, isStanding, readTaskSets, type TaskSet } from './task-set.js';

/** What is looked for: the deployment that ended well last, with the revision that it brought out. */
export interface DriftQuestion extends Deployed {
  /** Full ARN. */
  taskDefinitionArn: string;
}

/** A part that could not be read, and why. */
interface Unread {
  path: string;
  why: string;
}

/**
 * Compares what runs with what was deployed. Reads only, and only the one service, its task sets, and the rules of the load balancers that its
 * primary group hangs on. What AWS refuses to show makes it UNKNOWN unless what was read differs already; what may pass is thrown.
 * A difference counts when a second look shows one too: AWS's reads lag behind its writes (ecs-alb-facts §25).
 */
export async function lookForDrift(run: Run, question: DriftQuestion): Promise<DriftLook> {
  const seen = await look(run, question);
  if (seen.status !== 'OUT_OF_SYNC') return seen;
  await poller(run).soon();
  return look(run, question);
}

async function look(run: Run, question: DriftQuestion): Promise<DriftLook> {
  const { release, deployment } = question;
  const ignoreFields = release.drift?.ignoreFields ?? [];
  const unread: Unread[] = [];

  async function tried<T>(path: string, read: () => Promise<T>): Promise<T | undefined> {
    if (ignores(ignoreFields, path)) return undefined;
    try {
      return await read();
    } catch (error) {
      const kind = kindOf(error);
      if (kind !== 'credentials' && kind !== 'refused') throw error;
      const fix = kind === 'credentials' ? " (compare the role's rights with deploy/iam-policy.json)" : '';
      unread.push({ path, why: `${wordsOf(error)}${fix}` });
      return undefined;
    }
  }

  const running: Running = {};
  // Ignoring fields of the service is no reason not to know whether it is there.
  const service = await tried('', () => readService(run, release.service).then((found) => found ?? null));
  if (service !== undefined) running.service = service;
  if (service) {
    const scaling = await tried('service.desiredCount', () => scalingOf(run, question, service));
    if (scaling === 'unknown') {
      unread.push({
        path: 'service.desiredCount',
        why: `the desired count is ${service.desiredCount} and not ${release.service.desiredCount ?? 0}, and whether Application Auto Scaling owns it may not be read`,
      });
    }
    if (scaling !== undefined) running.scaling = scaling;
    const sets = await tried('', () => readTaskSets(run, release.service));
    if (sets) running.sets = sets;
    const revisions = await tried('taskDefinition', () => revisionsOf(run, question, sets ?? []));
    if (revisions && 'missing' in revisions) {
      unread.push({ path: 'taskDefinition', why: `the revision ${revisions.missing} cannot be read` });
    } else if (revisions) running.revisions = revisions;
    const rules = await tried('listener', () => rulesOf(run, question));
    if (rules) running.rules = rules;
  }
  return driftLook({
    deployment,
    found: driftBetween(question, running),
    ignoreFields,
    unread: unread.map(({ why }) => why),
  });
}

/** Asked only where the answer counts. */
async function scalingOf(
  run: Run,
  { release: { service: wanted } }: DriftQuestion,
  found: Service,
): Promise<Running['scaling']> {
  if (wanted.desiredCount === undefined || wanted.desiredCount === found.desiredCount) return undefined;
  return readScaling(run, wanted);
}

/** The revisions to compare; none where the primary runs the very one, or nothing. Registered revisions never change. */
async function revisionsOf(
  run: Run,
  { taskDefinitionArn }: DriftQuestion,
  sets: TaskSet[],
): Promise<{ deployed: Revision; running: Revision } | { missing: string } | undefined> {
  const primary = sets.find((set) => isStanding(set) && isPrimary(set));
  if (!primary || primary.taskDefinition === taskDefinitionArn) return undefined;
  const [deployed, running] = [
    await readRevision(run, taskDefinitionArn),
    await readRevision(run, primary.taskDefinition),
  ];
  if (!deployed) return { missing: taskDefinitionArn };
  if (!running) return { missing: primary.taskDefinition };
  return { deployed, running };
}

/** A group that is gone, or hangs on no load balancer, has no rules. */
async function rulesOf(run: Run, { release: { targetGroups } }: DriftQuestion): Promise<ListenerRule[] | undefined> {
  if (!pairOf(targetGroups) || !targetGroups.primary) return undefined;
  const group = await readTargetGroup(run.aws.elb, targetGroups.primary.targetGroupArn);
  const rules: ListenerRule[] = [];
  for (const arn of group?.loadBalancerArns ?? []) rules.push(...(await discoverRules(run.aws.elb, arn)));
  return rules;
}
