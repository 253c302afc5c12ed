import { createHash } from 'node:crypto';
import { CreateTaskSetCommand, type CreateTaskSetCommandInput } from '@aws-sdk/client-ecs';
import { z } from 'zod';
import type { DeliveryHandle } from '../../model/delivery.js';
import type { JsonObject } from '../../model/json.js';
import type { TargetGroup } from '../../model/release.js';
import { change } from '../aws/change.js';
import { kindOf } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { nameOfGroup } from '../traffic/target-group.js';
import { TAG, type TaskSetRole } from './tags.js';
import { findPatiently, isStanding, madeBy, readTaskSets, shortName, type TaskSet } from './task-set.js';

export interface WantedTaskSet {
  role: TaskSetRole;
  /** Id of the stage that makes it. */
  stage: string;
  taskDefinition: string;
  /** Percent. */
  scale: number;
  /** Where its tasks register; none where they are found by service discovery. */
  group?: TargetGroup;
  /** Members of CreateTaskSet besides those above. */
  members: JsonObject;
  /** In words: `for the canary`. */
  purpose: string;
  /** Tags of the set that this one stands in for; its own are this deployment's. */
  tags?: { key: string; value: string }[];
}

const answerSchema = z.object({
  taskSet: z.object({
    taskSetArn: z.string(),
    status: z.string().default('ACTIVE'),
    computedDesiredCount: z.number().default(0),
  }),
});

/**
 * The client token of one attempt to make one task set: 32 of AWS's at most 36 characters (ecs-alb-facts §7). The same for each repeat
 * of a call whose answer was lost.
 */
export function clientToken(uid: string, stage: string, role: TaskSetRole, attempt: number): string {
  return createHash('sha256').update([uid, stage, role, attempt].join('\n')).digest('hex').slice(0, 32);
}

function attemptOf({ externalId }: TaskSet): number {
  return Number(externalId?.split(':').at(-1)) || 1;
}

function tagsOf({ release, deployment, uid }: DeliveryHandle, wanted: WantedTaskSet): { key: string; value: string }[] {
  const { service, app } = release;
  const identity = {
    [TAG.managedBy]: 'sluice',
    [TAG.uid]: uid,
    [TAG.role]: wanted.role,
    [TAG.stage]: wanted.stage,
  };
  const fresh = {
    ...Object.fromEntries(service.tags.map(({ key, value }) => [key, value])),
    [TAG.application]: app,
    [TAG.deployment]: deployment,
    ...(service.desiredCount !== undefined && { [TAG.desiredCount]: String(service.desiredCount) }),
  };
  const inherited = wanted.tags && Object.fromEntries(wanted.tags.map(({ key, value }) => [key, value]));
  return Object.entries({ ...(inherited ?? fresh), ...identity })
    .filter(([key]) => !key.startsWith('aws:'))
    .map(([key, value]) => ({ key, value }));
}

function inputOf(handle: DeliveryHandle, wanted: WantedTaskSet, attempt: number): CreateTaskSetCommandInput {
  const { service } = handle.release;
  return {
    ...(wanted.members as Partial<CreateTaskSetCommandInput>),
    cluster: service.cluster,
    service: service.serviceName,
    taskDefinition: wanted.taskDefinition,
    ...(wanted.group && { loadBalancers: [wanted.group] }),
    scale: { unit: 'PERCENT', value: wanted.scale },
    externalId: `${handle.deployment}:${wanted.stage}:${attempt}`,
    clientToken: clientToken(handle.uid, wanted.stage, wanted.role, attempt),
    tags: tagsOf(handle, wanted),
  };
}

/**
 * The task set of a role in this deployment, made if it is not there. Found by its tags first, whoever attempt made it; then by the
 * client token. A new attempt number is used only when the set of the one before is known to be gone (ecs-alb-facts §7).
 * @returns its ARN. Waits, saying so, while draining sets fill the service's five places (§13).
 */
export async function ensureTaskSet(run: Run, handle: DeliveryHandle, wanted: WantedTaskSet): Promise<string> {
  const { report, ctx } = run;
  const { service } = handle.release;
  const ours = (set: TaskSet): boolean => madeBy(set, handle.uid, wanted.role);
  const standing = (set: TaskSet): boolean => ours(set) && isStanding(set);

  // A second attempt may follow a call that took effect unheard; the set may still hide from reads.
  const known =
    ctx.attempt > 1 ? await findPatiently(run, service, standing) : (await readTaskSets(run, service)).find(standing);
  if (known) {
    report.info(`Found task set ${shortName(known)} ${wanted.purpose}: it was made before`);
    report.created({ taskSetArn: known.taskSetArn, attempt: attemptOf(known) });
    return known.taskSetArn;
  }

  const draining = (await readTaskSets(run, service)).filter(ours).map(attemptOf);
  const lost = report.before.created?.attempt ?? 0;
  let attempt = Math.max(0, lost, ...draining) + 1;
  const polls = poller(run);
  for (;;) {
    let found: TaskSet | undefined;
    try {
      const answer = await change(run, {
        command: 'CreateTaskSet',
        resource: service.serviceName,
        async look() {
          found = (await readTaskSets(run, service)).find(standing);
          return found ? undefined : {};
        },
        send: (_seen, options) =>
          run.aws.ecsChanges.send(new CreateTaskSetCommand(inputOf(handle, wanted, attempt)), options),
        say: () =>
          `Created a task set ${wanted.purpose} at ${wanted.scale} % ${wanted.group ? `on ${nameOfGroup(wanted.group.targetGroupArn)}` : 'for service discovery'}`,
      });
      if (found) return found.taskSetArn;
      const { taskSet } = answerSchema.parse(answer);
      if (taskSet.status === 'DRAINING') {
        // What a token answers whose set was deleted is not documented (§7): a new attempt gets a new token.
        attempt += 1;
        continue;
      }
      report.created({ taskSetArn: taskSet.taskSetArn, attempt });
      report.info(`Task set ${shortName(taskSet)}: ${taskSet.computedDesiredCount} task(s) wanted`);
      return taskSet.taskSetArn;
    } catch (error) {
      if (kindOf(error) !== 'places') throw error;
      const leaving = (await readTaskSets(run, service)).filter((set) => !isStanding(set)).length;
      report.detail(
        `The service has its five task sets, ${leaving} of them draining; waiting for a place for the task set ${wanted.purpose}`,
      );
      await polls.next();
    }
  }
}
