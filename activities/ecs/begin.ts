import {
  CreateServiceCommand,
  type CreateServiceCommandInput,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import type { DeliveryHandle, Progress } from '../../model/delivery.js';
import { ignores } from '../../model/drift.js';
import type { Release } from '../../model/release.js';
import type { BeginInput } from '../delivery.js';
import { change } from '../aws/change.js';
import { badInput } from '../aws/errors.js';
import { poller, type Run } from '../run.js';
import { clientToken } from './create-task-set.js';
import { decideDesiredCount, readScaling } from './desired-count.js';
import { differingFields } from './same-fields.js';
import { readService, tagOf, type Service } from './service.js';
import { TAG } from './tags.js';
import { isPrimary, readTaskSets } from './task-set.js';
import { ensureRegistered, ensureUsable, type Secrets } from './task-definition.js';

async function createService(run: Run, { app, service }: Release, uid: string): Promise<void> {
  const input: CreateServiceCommandInput = {
    ...(service.updateService as Partial<CreateServiceCommandInput>),
    ...(service.createService as Partial<CreateServiceCommandInput>),
    cluster: service.cluster,
    serviceName: service.serviceName,
    deploymentController: { type: 'EXTERNAL' },
    ...(service.desiredCount !== undefined && { desiredCount: service.desiredCount }),
    clientToken: clientToken(uid, 'service', 'primary', 1),
    tags: [
      ...service.tags.filter(({ key }) => !key.startsWith('sluice:')),
      { key: TAG.managedBy, value: 'sluice' },
      { key: TAG.application, value: app },
    ],
  };
  await change(run, {
    command: 'CreateService',
    resource: service.serviceName,
    look: async () => ((await readService(run, service)) ? undefined : {}),
    send: (_seen, options) => run.aws.ecsChanges.send(new CreateServiceCommand(input), options),
    say: () => `Created service ${service.serviceName}, ${service.desiredCount ?? 0} task(s) desired`,
  });
}

/** What UpdateService should be sent for a service that stands; nothing when it is as the file says. */
async function updateOf(
  run: Run,
  { service, drift }: Release,
  found: Service,
  again: boolean,
): Promise<Partial<UpdateServiceCommandInput>> {
  const differing = differingFields(service.updateService, found);
  const primary = (await readTaskSets(run, service)).find(isPrimary);
  const lastFile = primary && tagOf(primary, TAG.desiredCount);
  const needsScaling = service.desiredCount !== undefined && service.desiredCount !== found.desiredCount;
  const desired = decideDesiredCount({
    file: service.desiredCount,
    lastFile: lastFile === undefined ? undefined : Number(lastFile),
    service: found.desiredCount,
    scaling: needsScaling ? await readScaling(run, service) : 'none',
    again: again && !ignores(drift?.ignoreFields ?? [], 'service.desiredCount'),
  });
  if (desired.why) run.report.warn(desired.why);
  return {
    ...Object.fromEntries(differing.map((field) => [field, service.updateService[field]])),
    ...(desired.send !== undefined && { desiredCount: desired.send }),
  };
}

async function updateService(run: Run, release: Release, again: boolean): Promise<void> {
  const { service } = release;
  await change(run, {
    command: 'UpdateService',
    resource: service.serviceName,
    async look() {
      const found = await readService(run, service);
      if (!found) throw new Error(`Service ${service.serviceName} is not to be found; it is looked for again.`);
      const update = await updateOf(run, release, found, again);
      return Object.keys(update).length > 0 ? update : undefined;
    },
    send: (update, options) =>
      run.aws.ecsChanges.send(
        new UpdateServiceCommand({ ...update, cluster: service.cluster, service: service.serviceName }),
        options,
      ),
    say: (update) => `Updated service ${service.serviceName}: ${Object.keys(update).join(', ')}`,
  });
}

/** Registers the task definition, then creates the service or brings its fields to what the file says. */
export async function begin(
  run: Run,
  input: BeginInput,
  secrets: Secrets,
): Promise<{ handle: DeliveryHandle } & Progress> {
  const { release, snapshot, app, deployment, uid, again = false } = input;
  if (!snapshot) throw badInput('A deployment cannot begin without the snapshot of what stands.');
  // The release of a rollback tells the service and the groups; its task definition may be that of the version that is left.
  const taskDefinitionArn = input.taskDefinitionArn
    ? await ensureUsable(run, input.taskDefinitionArn, undefined, secrets)
    : await ensureRegistered(run, release.taskDefinition, secrets);

  const { service } = release;
  const found = await readService(run, service);
  if (!found) await createService(run, release, uid);
  else if (Object.keys(await updateOf(run, release, found, again)).length > 0) await updateService(run, release, again);

  const polls = poller(run);
  while ((await readService(run, service))?.status !== 'ACTIVE') {
    run.report.detail(`Waiting until service ${service.serviceName} is active`);
    await polls.next();
  }
  run.report.detail(`Task definition ${taskDefinitionArn.split('/').at(-1) ?? ''}, service ${service.serviceName}`);
  return { handle: { app, deployment, uid, release, snapshot, taskDefinitionArn }, ...run.report.progress() };
}
