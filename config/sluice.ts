import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { duration } from '../document/scalars.js';
import { written } from '../document/written.js';
import type { Millis } from '../model/duration.js';
import type { Path } from '../document/yaml.js';
import { datadogFields, datadogProvider } from './analysis-provider.js';
import { archiveFields, readArchivePlace } from './archive.js';
import { cloudWatchFields, cloudWatchProvider } from './cloudwatch-provider.js';
import { ecsProvider, ecsProviderFields } from './ecs-provider.js';
import { notificationFields, readNotifications } from './notifications.js';
import { besides, emptyPart, name, oneSecret } from './part.js';
import type { ConfigPart } from './part.js';
import { gitFields, repositoriesPart, repositoryFields, syncInterval } from './repositories.js';
import { prometheusFields, prometheusProvider } from './prometheus-provider.js';
import { readSecretManagement, secretManagementFields } from './secret-management.js';
import type { AnalysisProvider, Webhook } from './server.js';
import { tasksFields, tasksProvider } from './tasks-provider.js';

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

const apiKey = z.object({
  name,
  role: z.enum(['viewer', 'deployer']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/i, { error: 'must be the SHA-256 of the key: 64 hex digits' }),
  expiresAt: z.iso
    .datetime({ offset: true, error: 'must be an instant such as 2027-01-31T00:00:00Z' })
    .transform((text) => Date.parse(text))
    .optional(),
});

export const sluiceShape = z.object({
  apiVersion: z.literal('sluice.dev/v1'),
  kind: z.literal('Sluice'),
  spec: z.object({
    ecsProviders: z.array(z.object({ ...ecsProviderFields, name })).optional(),
    analysisProviders: z.array(z.unknown()).optional(),
    apiKeys: z.array(apiKey).optional(),
    webhook: z.object({ url: webUrl, secretFile: name.optional(), secretEnv: name.optional() }).optional(),
    notifications: notificationFields.optional(),
    git: gitFields.optional(),
    repositories: z.array(repositoryFields).optional(),
    syncInterval: syncInterval.optional(),
    delivery: z
      .object({
        trafficSettle: duration.optional(),
        drainSettle: duration.optional(),
        rollbackRecheck: duration.optional(),
        pollMin: duration.optional(),
        pollMax: duration.optional(),
        absence: duration.optional(),
      })
      .optional(),
    drift: z.object({ interval: duration.optional(), disabled: z.boolean().optional() }).optional(),
    publicUrl: webUrl.optional(),
    temporalUiUrl: webUrl.optional(),
    archive: archiveFields.optional(),
    sealKeyFile: name.optional(),
    allowScripts: z.boolean().optional(),
    secretManagement: secretManagementFields.optional(),
  }),
});

/** What tells which other fields a metrics provider has. */
export const providerHead = z.object({ name, type: z.enum(['DATADOG', 'CLOUDWATCH', 'PROMETHEUS', 'TASKS']) });

function readAnalysisProvider(reader: Reader, path: Path, value: unknown): AnalysisProvider | undefined {
  const kind = reader.read(providerHead, value, path, { tolerates: () => true });
  if (!kind) return undefined;
  switch (kind.type) {
    case 'DATADOG': {
      const fields = reader.read(providerHead.extend(datadogFields), value, path);
      return fields && datadogProvider(reader, path, fields.name, fields);
    }
    case 'CLOUDWATCH': {
      const fields = reader.read(providerHead.extend(cloudWatchFields), value, path);
      return fields && cloudWatchProvider(reader, path, fields.name, fields);
    }
    case 'PROMETHEUS': {
      const fields = reader.read(providerHead.extend(prometheusFields), value, path);
      return fields && prometheusProvider(reader, path, fields.name, fields);
    }
    case 'TASKS': {
      const fields = reader.read(providerHead.extend(tasksFields), value, path);
      return fields && tasksProvider(reader, path, fields.name, fields);
    }
    default:
      return kind.type satisfies never;
  }
}

/** Reads Sluice's own configuration document. */
export function readSluice(reader: Reader): ConfigPart {
  const spec = reader.read(sluiceShape, reader.document.value, [])?.spec;
  if (!spec) return emptyPart();

  const entry = (list: string, i: number): Path => ['spec', list, i];
  return {
    ...emptyPart(),
    ...repositoriesPart(reader, spec),
    notifications: readNotifications(reader, spec.notifications),
    ecsProviders: (spec.ecsProviders ?? []).map((fields, i) =>
      ecsProvider(reader, entry('ecsProviders', i), fields.name, fields),
    ),
    analysisProviders: (spec.analysisProviders ?? []).flatMap(
      (value, i) => readAnalysisProvider(reader, entry('analysisProviders', i), value) ?? [],
    ),
    apiKeys: (spec.apiKeys ?? []).map((key) => written({ ...key, sha256: key.sha256.toLowerCase() })),
    ...written({
      webhook: spec.webhook && readWebhook(reader, spec.webhook),
      delivery: spec.delivery && written(spec.delivery),
      drift: spec.drift && readDrift(reader, spec.drift),
      publicUrl: spec.publicUrl?.replace(/\/+$/, ''),
      temporalUiUrl: spec.temporalUiUrl?.replace(/\/+$/, ''),
      archive: spec.archive && readArchivePlace(reader, spec.archive),
      sealKeyFile: spec.sealKeyFile && besides(reader, spec.sealKeyFile),
      allowScripts: spec.allowScripts,
      secretKeys: spec.secretManagement && readSecretManagement(reader, spec.secretManagement),
    }),
  };
}

function readDrift(
  reader: Reader,
  { interval, disabled }: { interval?: Millis | undefined; disabled?: boolean | undefined },
): ConfigPart['drift'] {
  if (interval === 0) {
    reader.error(['spec', 'drift', 'interval'], 'must be above zero', 'To look only when asked, write disabled: true.');
  }
  return written({ interval, disabled });
}

function readWebhook(
  reader: Reader,
  fields: { url: string; secretFile?: string | undefined; secretEnv?: string | undefined },
): Webhook | undefined {
  const secret = oneSecret(
    reader,
    ['spec', 'webhook'],
    { secretFile: (file) => ({ file: besides(reader, file) }), secretEnv: (env) => ({ env }) },
    fields,
  );
  return secret && { url: fields.url, secret };
}
