import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { duration } from '../document/scalars.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE, SECOND } from '../model/duration.js';
import { ecsProvider, ecsProviderFields } from './ecs-provider.js';
import type { CloudWatchProvider, EcsProvider } from './server.js';

/** A load balancer's metrics are there after 1 to 3 minutes; a window that is not complete after this long is given up. */
export const CLOUDWATCH_MAX_DELAY = 10 * MINUTE;
/** What AWS's own services report; only custom metrics can be finer. */
export const CLOUDWATCH_RESOLUTION = MINUTE;

/** The fields of a provider of type CLOUDWATCH, which PipeCD does not have: those of an ECS provider, and the defaults for its metrics. */
export const cloudWatchFields = {
  ...ecsProviderFields,
  delay: duration.optional(),
  maxDelay: duration.optional(),
  resolution: duration.optional(),
};

export const cloudWatchSchema = z.object(cloudWatchFields);

/** The provider that these fields make; says what does not fit together. */
export function cloudWatchProvider(
  reader: Reader,
  path: Path,
  providerName: string,
  fields: z.output<typeof cloudWatchSchema>,
): CloudWatchProvider {
  const { delay } = fields;
  const maxDelay = fields.maxDelay || CLOUDWATCH_MAX_DELAY;
  const resolution = fields.resolution || CLOUDWATCH_RESOLUTION;
  if (delay !== undefined && delay > maxDelay) {
    const message = 'delay is longer than maxDelay: every window would be given up before its data is expected';
    reader.error([...path, 'delay'], message, 'Make maxDelay the longer one.');
  }
  if (resolution % SECOND !== 0) {
    const message = 'CloudWatch has no buckets of a part of a second';
    reader.error([...path, 'resolution'], message, 'Write 1m, or 1s, 5s, 10s, 20s or 30s for high-resolution metrics.');
  }
  return {
    ...ecsProvider(reader, path, providerName, fields),
    type: 'CLOUDWATCH',
    ...written({ delay }),
    maxDelay,
    resolution,
  };
}

/**
 * CloudWatch of the accounts that are delivered to, where the configuration names none: AWS has the metrics there already, and the
 * provider's identity is known. A name that another metrics provider has stays that one's.
 */
export function impliedCloudWatch(
  ecsProviders: readonly EcsProvider[],
  configured: readonly { name: string; type: string }[],
): CloudWatchProvider[] {
  if (configured.some(({ type }) => type === 'CLOUDWATCH')) return [];
  return ecsProviders
    .filter(({ name }) => !configured.some((other) => other.name === name))
    .map((ecs) => ({
      ...ecs,
      type: 'CLOUDWATCH',
      implied: true,
      maxDelay: CLOUDWATCH_MAX_DELAY,
      resolution: CLOUDWATCH_RESOLUTION,
    }));
}
