import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hashKey } from '../../config/api-key.js';
import { loadServerConfig } from '../../config/load.js';
import { KEY_FILE } from '../context.js';
import { keyFilesIn, writeKeys } from '../key-files.js';
import type { KeyFiles } from '../key-files.js';

/** How many times faster than AWS the sandbox's own clockwork runs. */
export const SANDBOX_SPEED = 60;
/** The keys that the sandbox's Datadog takes. They open nothing but a process on this machine. */
const SANDBOX_KEYS = { 'datadog-api-key': 'sandbox-api-key', 'datadog-application-key': 'sandbox-application-key' };

export interface ConfigurationInput {
  dataDir: string;
  /** The user's configuration files; none means the sandbox. */
  files: string[];
  env: NodeJS.ProcessEnv;
  sandboxUrl?: string;
  /** Where the sandbox's tasks listen, each on its own address. */
  tasksPort?: number;
  temporalUiUrl?: string;
}

/** Files for `SLUICE_CONFIG`, and the key that was made where the user's configuration names none. */
export interface Configuration {
  files: string[];
  key?: string;
}

/**
 * Completes the user's configuration with what only `up` knows: where Temporal's page is, the sandbox where it is used, and an API key
 * when there is none. The completing file goes first, so that what the user says wins.
 * @throws ConfigError when the user's files have errors.
 */
export async function completeConfiguration(input: ConfigurationInput): Promise<Configuration> {
  const { dataDir, files, env, sandboxUrl, tasksPort, temporalUiUrl } = input;
  const config = await loadServerConfig({ ...env, SLUICE_CONFIG: files.join(',') });
  const key = config.apiKeys.length === 0 ? await ensureKey(dataDir) : undefined;
  const spec = {
    ...(sandboxUrl !== undefined && (await sandboxSpec(dataDir, sandboxUrl, tasksPort))),
    ...(temporalUiUrl !== undefined && { temporalUiUrl }),
    ...(key !== undefined && { apiKeys: [{ name: 'local', role: 'deployer', sha256: hashKey(key) }] }),
  };
  const file = join(dataDir, sandboxUrl === undefined ? 'up-config.yaml' : 'sandbox-config.yaml');
  const text = stringify({ apiVersion: 'sluice.dev/v1', kind: 'Sluice', spec });
  await writeFile(file, `# Written by \`sluice up\` at each start: changes are lost.\n${text}`, { mode: 0o600 });
  return { files: [file, ...files], ...(key !== undefined && { key }) };
}

/** Waits that fit a sandbox whose minute lasts a second. */
async function sandboxSpec(dataDir: string, url: string, tasksPort: number | undefined): Promise<object> {
  const folder = join(dataDir, 'sandbox');
  await mkdir(folder, { recursive: true });
  for (const [name, key] of Object.entries(SANDBOX_KEYS)) await writeFile(join(folder, name), key, { mode: 0o600 });
  return {
    ecsProviders: [{ name: 'sandbox', region: 'eu-central-1' }],
    analysisProviders: [
      {
        name: 'sandbox-datadog',
        type: 'DATADOG',
        address: url,
        apiKeyFile: join(folder, 'datadog-api-key'),
        applicationKeyFile: join(folder, 'datadog-application-key'),
        resolution: '1s',
        maxDelay: '30s',
      },
      { name: 'sandbox-cloudwatch', type: 'CLOUDWATCH', region: 'eu-central-1', resolution: '1s', maxDelay: '30s' },
      ...(tasksPort === undefined
        ? []
        : [{ name: 'tasks', type: 'TASKS', port: tasksPort, resolution: '2s', maxDelay: '30s' }]),
    ],
    // It is their own machine's.
    allowScripts: true,
    secretManagement: { type: 'KEY_PAIR', config: await ensureKeyPair(folder) },
    delivery: {
      trafficSettle: '1s',
      drainSettle: '3s',
      rollbackRecheck: '2s',
      pollMin: '200ms',
      pollMax: '1s',
      absence: '1s',
    },
  };
}

async function ensureKeyPair(folder: string): Promise<KeyFiles> {
  const files = keyFilesIn(folder);
  return existsSync(files.publicKeyFile) ? files : writeKeys(folder);
}

async function ensureKey(dataDir: string): Promise<string> {
  const file = join(dataDir, KEY_FILE);
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  const key = `sluice_${randomBytes(24).toString('base64url')}`;
  await writeFile(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}
