import { z } from 'zod';
import { closest } from '../document/closest.js';
import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { datadogProvider, datadogSchema } from './analysis-provider.js';
import { cloudWatchProvider, cloudWatchSchema } from './cloudwatch-provider.js';
import { ecsProvider, ecsProviderSchema } from './ecs-provider.js';
import { notificationFields, readNotifications } from './notifications.js';
import { emptyPart, name, notNeeded } from './part.js';
import type { ConfigPart } from './part.js';
import { gitFields, repositoriesPart, repositoryFields, syncInterval } from './repositories.js';
import { prometheusProvider, prometheusSchema } from './prometheus-provider.js';
import { readSecretManagement, secretManagementFields } from './secret-management.js';
import { tasksProvider, tasksSchema } from './tasks-provider.js';

const provider = z.object({
  name,
  type: name,
  config: z.unknown().optional(),
});

const MEANT = ['platformProviders', 'cloudProviders', 'analysisProviders', 'notifications'];

const schema = z.object({
  apiVersion: z.literal('pipecd.dev/v1beta1'),
  kind: z.literal('Piped'),
  spec: z.object({
    platformProviders: z.array(provider).optional(),
    cloudProviders: z.array(provider).optional(),
    analysisProviders: z.array(provider).optional(),
    git: gitFields.optional(),
    repositories: z.array(repositoryFields).optional(),
    syncInterval: syncInterval.optional(),
    secretManagement: secretManagementFields.optional(),
    notifications: notificationFields.optional(),
  }),
});

/**
 * Reads a Piped document (pipecd.md §1.6): its ECS providers, Datadog and Prometheus sources, those of CloudWatch and of the
 * tasks, which PipeCD does not have, its repositories and its notifications. Everything else configures PipeCD's own agent and is reported as not needed; so are metrics sources of kinds that Sluice cannot
 * ask yet.
 */
export function readPiped(reader: Reader): ConfigPart {
  const part = emptyPart();
  const { document } = reader;
  const piped = reader.read(schema, document.value, [], {
    tolerates: (path) => !isMistyped(path) && part.notNeeded.push(notNeeded(document, path)) > 0,
  });
  const spec = piped?.spec;
  if (!spec) return part;
  Object.assign(part, repositoriesPart(reader, spec));
  const secretKeys = spec.secretManagement && readSecretManagement(reader, spec.secretManagement);
  if (secretKeys) part.secretKeys = secretKeys;
  part.notifications = readNotifications(reader, spec.notifications);

  const skipped = (path: Path, type: string): void => {
    part.notNeeded.push(`${notNeeded(document, path)} (type ${type} is not supported yet)`);
  };
  for (const list of ['cloudProviders', 'platformProviders'] as const) {
    for (const [i, { name, type, config }] of (spec[list] ?? []).entries()) {
      const path = ['spec', list, i];
      const at = [...path, 'config'];
      if (type.toUpperCase() !== 'ECS') {
        skipped(path, type);
        continue;
      }
      const fields = reader.read(ecsProviderSchema, config ?? {}, at);
      if (fields) part.ecsProviders.push(ecsProvider(reader, at, name, fields));
    }
  }
  for (const [i, { name, type, config }] of (spec.analysisProviders ?? []).entries()) {
    const path = ['spec', 'analysisProviders', i];
    const at = [...path, 'config'];
    switch (type.toUpperCase()) {
      case 'DATADOG': {
        const fields = reader.read(datadogSchema, config ?? {}, at);
        const read = fields && datadogProvider(reader, at, name, fields);
        if (read) part.analysisProviders.push(read);
        break;
      }
      case 'CLOUDWATCH': {
        const fields = reader.read(cloudWatchSchema, config ?? {}, at);
        if (fields) part.analysisProviders.push(cloudWatchProvider(reader, at, name, fields));
        break;
      }
      case 'PROMETHEUS': {
        const fields = reader.read(prometheusSchema, config ?? {}, at);
        if (fields) part.analysisProviders.push(prometheusProvider(reader, at, name, fields));
        break;
      }
      case 'TASKS': {
        const fields = reader.read(tasksSchema, config ?? {}, at);
        if (fields) part.analysisProviders.push(tasksProvider(reader, at, name, fields));
        break;
      }
      default:
        skipped(path, type);
    }
  }
  return part;
}

/** A key that almost names what is read: to pass over it would leave Sluice without providers, or people untold. */
function isMistyped(path: Path): boolean {
  return path.length === 2 && closest(String(path[1]), MEANT) !== undefined;
}
