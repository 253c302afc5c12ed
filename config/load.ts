import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasErrors } from '../document/check.js';
import { readerOf } from '../document/reader.js';
import type { Reader } from '../document/reader.js';
import { readDocuments } from '../document/yaml.js';
import { HOUR, MINUTE, SECOND } from '../model/duration.js';
import { formatFinding } from '../model/finding.js';
import type { Finding } from '../model/finding.js';
import { WEBHOOK } from '../model/notification.js';
import { hashKey } from './api-key.js';
import { ConfigError } from './config-error.js';
import { impliedCloudWatch } from './cloudwatch-provider.js';
import { readEnvironment } from './environment.js';
import type { Environment } from './environment.js';
import { emptyPart, notNeeded } from './part.js';
import type { ConfigPart } from './part.js';
import { readPiped } from './piped.js';
import { defaultSealKey } from './seal.js';
import type { DeliverySettings, Notifications, ServerConfig } from './server.js';
import { readSluice } from './sluice.js';
import { impliedTasks } from './tasks-provider.js';

/** For AWS (ecs-alb-facts §4, §19, §25). */
export const DELIVERY: DeliverySettings = {
  trafficSettle: 30 * SECOND,
  drainSettle: 120 * SECOND,
  rollbackRecheck: 15 * SECOND,
  pollMin: 5 * SECOND,
  pollMax: 15 * SECOND,
  absence: 10 * SECOND,
};

/** Each look is a handful of reads for each application, of the budget that deployments share (ecs-alb-facts §19). */
export const DRIFT_INTERVAL = 10 * MINUTE;

/** PipeCD's (pipecd.md §1.6). */
export const SYNC_INTERVAL = MINUTE;

export const APPROVAL_REMINDER = HOUR;

/**
 * Reads the server's configuration from the environment and the files that `SLUICE_CONFIG` names. Lists of several files add up;
 * of single values the later file wins. Without any file there are no providers, and nothing can be deployed. Where no provider of type
 * CLOUDWATCH is configured, each ECS provider's account is one, under its name.
 * The tasks of a deployment can always be asked, under the name `tasks` unless another provider has it.
 * @throws ConfigError with every mistake found: file, line, field, what to do.
 */
export async function loadServerConfig(env: NodeJS.ProcessEnv = process.env): Promise<ServerConfig> {
  const environment = readEnvironment(env);
  const findings: Finding[] = [];
  const parts: ConfigPart[] = [];
  for (const file of environment.configFiles) parts.push(...(await readConfigFile(file, findings)));
  const config = merge(parts, environment);
  findings.push(...contradictions(config));
  if (hasErrors(findings)) throw new ConfigError(findings);
  config.analysisProviders.push(...impliedCloudWatch(config.ecsProviders, config.analysisProviders));
  config.analysisProviders.push(...impliedTasks(config.analysisProviders));
  config.notNeeded.push(...findings.map(formatFinding));
  return config;
}

async function readConfigFile(file: string, findings: Finding[]): Promise<ConfigPart[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const message = `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
    findings.push({ level: 'error', file, message, fix: 'Check the files that SLUICE_CONFIG (or --config) names.' });
    return [];
  }
  const read = readDocuments(file, text);
  findings.push(...read.findings);
  if (read.documents.length === 0 && read.findings.length === 0) {
    findings.push({ level: 'error', file, message: `${basename(file)} is empty` });
  }
  return read.documents.map((document) => readPart(readerOf(document, findings)));
}

function readPart(reader: Reader): ConfigPart {
  switch (kindOf(reader.document.value)) {
    case 'Piped':
      return readPiped(reader);
    case 'Sluice':
      return readSluice(reader);
    case 'ControlPlane':
      return {
        ...emptyPart(),
        notNeeded: [`${notNeeded(reader.document, ['spec'])} (kind ControlPlane: Sluice's state is in Temporal)`],
      };
    default: {
      const message = 'kind must be Piped, ControlPlane or Sluice';
      reader.error(['kind'], message, 'Name a server configuration, not an application.');
      return emptyPart();
    }
  }
}

function kindOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key.toLowerCase() === 'kind')?.[1];
}

function merge(parts: ConfigPart[], environment: Environment): ServerConfig {
  const { host, port, dataDir, apiKey } = environment;
  const apiKeys = parts.flatMap((part) => part.apiKeys);
  if (apiKey !== undefined) apiKeys.push({ name: 'SLUICE_API_KEY', role: 'deployer', sha256: hashKey(apiKey) });
  const last = <K extends keyof ConfigPart>(field: K): ConfigPart[K] | undefined =>
    parts.findLast((part) => part[field] !== undefined)?.[field];
  const webhook = last('webhook');
  const temporalUiUrl = last('temporalUiUrl');
  const sealKeyFile = last('sealKeyFile');
  const secretKeys = last('secretKeys');
  const drift = last('drift');
  return {
    ecsProviders: parts.flatMap((part) => part.ecsProviders),
    analysisProviders: parts.flatMap((part) => part.analysisProviders),
    apiKeys,
    ...(webhook && { webhook }),
    notifications: mergeNotifications(parts),
    git: last('git') ?? {},
    repositories: parts.flatMap((part) => part.repositories),
    syncInterval: last('syncInterval') ?? SYNC_INTERVAL,
    ...(!drift?.disabled && { driftInterval: drift?.interval ?? DRIFT_INTERVAL }),
    delivery: Object.assign({}, DELIVERY, ...parts.map((part) => part.delivery)) as DeliverySettings,
    allowScripts: last('allowScripts') ?? false,
    ...(secretKeys && { secretKeys }),
    host,
    port,
    dataDir,
    publicUrl: last('publicUrl') ?? `http://${reachable(host)}:${port}`,
    ...(temporalUiUrl && { temporalUiUrl }),
    archive: last('archive') ?? { folder: join(dataDir, 'archive') },
    sealKey: sealKeyFile ? { file: sealKeyFile } : defaultSealKey(dataDir),
    notNeeded: parts.flatMap((part) => part.notNeeded),
  };
}

function mergeNotifications(parts: readonly ConfigPart[]): Notifications {
  const said = parts.map(({ notifications }) => notifications);
  return {
    routes: said.flatMap(({ routes }) => routes),
    receivers: said.flatMap(({ receivers }) => receivers),
    approvalReminder:
      said.findLast(({ approvalReminder }) => approvalReminder !== undefined)?.approvalReminder ?? APPROVAL_REMINDER,
  };
}

/** An address that a browser on this machine can open, for a listening address that may mean all of them. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function wrongReceivers({ webhook, notifications: { routes, receivers } }: ServerConfig): Finding[] {
  const findings: Finding[] = [];
  const names = [...receivers.map(({ name }) => name), ...(webhook ? [WEBHOOK] : [])];
  for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i))) {
    const message = `"${name}" is configured more than once`;
    const fix = `Give each receiver its own name, over all files${webhook ? `; "${WEBHOOK}" is the one of spec.webhook` : ''}.`;
    findings.push({ level: 'error', field: 'notifications.receivers', message, fix });
  }
  for (const { name, receiver } of routes) {
    if (receivers.some((one) => one.name === receiver)) continue;
    const message = `${name} leads to "${receiver}", which is no receiver`;
    const fix = `Receivers: ${receivers.map((one) => one.name).join(', ') || 'none'}.`;
    findings.push({ level: 'error', field: 'notifications.routes', message, fix });
  }
  for (const { name } of receivers) {
    if (routes.some(({ receiver }) => receiver === name)) continue;
    const message = `no route leads to the receiver "${name}": it is told nothing`;
    findings.push({ level: 'warning', field: 'notifications.receivers', message, fix: 'Write a route, or delete it.' });
  }
  return findings;
}

function contradictions(config: ServerConfig): Finding[] {
  const findings: Finding[] = [];
  for (const field of ['ecsProviders', 'analysisProviders', 'apiKeys'] as const) {
    const names = config[field].map(({ name }) => name);
    for (const name of new Set(names.filter((name, i) => names.indexOf(name) !== i))) {
      const message = `"${name}" is configured more than once`;
      findings.push({ level: 'error', field, message, fix: 'Give each its own name, over all files.' });
    }
  }
  const ids = config.repositories.map(({ repoId }) => repoId);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) {
    const message = `"${id}" is configured more than once`;
    findings.push({ level: 'error', field: 'repositories', message, fix: 'Give each its own repoId, over all files.' });
  }
  findings.push(...wrongReceivers(config));
  const { pollMin, pollMax } = config.delivery;
  if (pollMin <= 0 || pollMax < pollMin) {
    const fix = 'Make pollMin above zero and pollMax no shorter than it.';
    findings.push({ level: 'error', field: 'delivery', message: 'pollMin and pollMax do not fit together', fix });
  }
  return findings;
}
