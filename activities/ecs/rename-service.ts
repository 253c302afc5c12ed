import { TagResourceCommand } from '@aws-sdk/client-ecs';
import type { Progress } from '../../model/delivery.js';
import { change } from '../aws/change.js';
import type { RenameServiceInput } from '../delivery.js';
import type { Run } from '../run.js';
import { readService, tagOf } from './service.js';
import { TAG } from './tags.js';
import { isPrimary, isStanding, readTaskSets, shortName } from './task-set.js';

interface Tagged {
  arn: string;
  name: string;
  /** Its tag now; undefined when it is gone, or has none. */
  owner: () => Promise<string | undefined>;
}

/**
 * Writes an application's new name over its old one: on its task sets, then on the service, whose tag says whose it is. What has another tag,
 * or none, is left alone.
 */
export async function renameService(run: Run, { release, from, to }: RenameServiceInput): Promise<Progress> {
  const { service } = release;
  const found = await readService(run, service);
  const sets = found ? (await readTaskSets(run, service)).filter(isStanding) : [];
  const tagged: Tagged[] = [
    // Of a service that others made the primary says whose it is.
    ...sets
      .sort((a, b) => Number(isPrimary(a)) - Number(isPrimary(b)))
      .map((set) => ({
        arn: set.taskSetArn,
        name: `task set ${shortName(set)}`,
        owner: async () => {
          const now = (await readTaskSets(run, service)).find(({ taskSetArn }) => taskSetArn === set.taskSetArn);
          return now && isStanding(now) ? tagOf(now, TAG.application) : undefined;
        },
      })),
    ...(found
      ? [
          {
            arn: found.serviceArn,
            name: `service ${service.serviceName}`,
            owner: async () => {
              const now = await readService(run, service);
              return now && tagOf(now, TAG.application);
            },
          },
        ]
      : []),
  ];
  for (const one of tagged) {
    if ((await one.owner()) === from) await nameAnew(run, one, from, to);
  }
  run.report.detail(
    found ? `Service ${service.serviceName} belongs to ${to}` : `There is no service ${service.serviceName}`,
  );
  return run.report.progress();
}

async function nameAnew(run: Run, { arn, name, owner }: Tagged, from: string, to: string): Promise<void> {
  await change(run, {
    command: 'TagResource',
    resource: arn,
    look: async () => ((await owner()) === from ? {} : undefined),
    send: (_seen, options) =>
      run.aws.ecsChanges.send(
        new TagResourceCommand({ resourceArn: arn, tags: [{ key: TAG.application, value: to }] }),
        options,
      ),
    say: () => `Gave ${name} from ${from} to ${to}`,
  });
}
