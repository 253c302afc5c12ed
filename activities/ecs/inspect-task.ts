import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { z } from 'zod';
import type { TaskHandle, TaskPreview } from '../../model/standalone-task.js';
import type { TaskInput } from '../task.js';
import { isNotFound } from '../aws/errors.js';
import type { Run } from '../run.js';
import { differencesOf, secretFieldsOf } from './differences.js';
import { ensureRegistered, findByContent, openDefinition, readRevision, sealRevision } from './task-definition.js';
import type { Secrets } from './task-definition.js';
import type { Progress } from '../../model/delivery.js';
import { refusedRead, wrongPlace } from './place.js';
import { readTasksStartedBy } from './tasks.js';

const identitySchema = z.object({ Account: z.string() });

/**
 * Reads only: whether account and region are those of the cluster, whether it is there, and in what the definition differs from the family's newest. What
 * AWS does not let us read is a problem too; what may pass is thrown, and tried again.
 */
export async function inspectTask(run: Run, { release }: TaskInput, secrets: Secrets): Promise<TaskPreview> {
  const { report, aws } = run;
  const seen: TaskPreview = { problems: [], warnings: [], taskDefinition: [], log: [] };
  try {
    const { Account } = identitySchema.parse(await aws.sts.send(new GetCallerIdentityCommand({})));
    seen.problems.push(...wrongPlace(run, Account, release.provider, 'the cluster', release.task.cluster));
    const wanted = openDefinition(release.taskDefinition, secrets);
    if (seen.problems.length > 0) return seen;
    // A cluster that is not there would be ECS's refusal of the run; here it is one before anything is changed.
    const { cluster } = release.task;
    await readTasksStartedBy(run, { cluster, family: release.taskDefinition.family, startedBy: 'sluice' });
    const same = await findByContent(run, release.taskDefinition);
    if (same) {
      seen.registered = { taskDefinitionArn: same.arn };
      return seen;
    }
    const newest = await readRevision(run, release.taskDefinition.family);
    const old = newest ? openDefinition(sealRevision(newest, secrets), secrets) : {};
    seen.taskDefinition = differencesOf(withoutTags(old), withoutTags(wanted), {
      secretFields: secretFieldsOf(release.taskDefinition, newest),
    });
    return { ...seen, log: report.progress().log };
  } catch (error) {
    const { cluster } = release.task;
    const problem = isNotFound(error, 'ClusterNotFoundException')
      ? `There is no cluster ${cluster} in ${aws.region}. Correct clusterArn in app.pipecd.yaml.`
      : refusedRead(error);
    return { ...seen, problems: [problem] };
  }
}

function withoutTags(definition: object): object {
  return Object.fromEntries(Object.entries(definition).filter(([field]) => field !== 'tags'));
}

/** Registers the task definition: the one thing that a standalone task needs before it is run. */
export async function registerTask(
  run: Run,
  { app, deployment, uid, release }: TaskInput & { uid: string },
  secrets: Secrets,
): Promise<{ handle: TaskHandle } & Progress> {
  const taskDefinitionArn = await ensureRegistered(run, release.taskDefinition, secrets);
  run.report.detail(`Task definition ${taskDefinitionArn.split('/').at(-1) ?? ''}`);
  return {
    handle: { app, deployment, uid, region: run.aws.region, release, taskDefinitionArn },
    ...run.report.progress(),
  };
}
