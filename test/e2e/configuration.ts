import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hashKey } from '../../config/api-key.js';
import type { WorldInput } from '../../sandbox/world.js';

/** The API keys of every stack, by their names. */
export const KEYS = { deployer: 'e2e-deployer-key', viewer: 'e2e-viewer-key', expired: 'e2e-expired-key' } as const;

/** What a test file wants of its stack. */
export interface StackOptions {
  world: WorldInput;
  /** Name of the ECS provider and its region; `sandbox` in eu-central-1 unless given. */
  provider?: { name: string; region: string };
  /** Base URL of another AWS than the sandbox. */
  aws?: string;
  /** Metrics providers besides `sandbox-datadog`, on the sandbox unless they have an address of their own. */
  metrics?: { name: string; address?: string; apiKey?: string; resolution?: string; maxDelay?: string }[];
  /** Sources of other kinds, as the configuration writes them. */
  sources?: readonly object[];
  /** Further fields of the configuration's spec. */
  more?: object;
  /** Where the sandbox's tasks listen. */
  tasksPort?: number;
}

/** Waits that fit the sandbox's speed (cli/up/configuration.ts has the same at another one), and three keys. */
export async function configuration(
  { provider, metrics = [], sources = [], more = {} }: StackOptions,
  folder: string,
  sandboxUrl: string,
): Promise<string> {
  const secret = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const applicationKeyFile = await secret('application-key', 'sandbox-application-key');
  const analysisProviders = [];
  for (const { name, address = sandboxUrl, apiKey = 'sandbox-api-key', ...times } of [
    { name: 'sandbox-datadog' },
    ...metrics,
  ]) {
    const apiKeyFile = await secret(`${name}.key`, apiKey);
    analysisProviders.push({
      name,
      type: 'DATADOG',
      address,
      apiKeyFile,
      applicationKeyFile,
      resolution: '1s',
      maxDelay: '20s',
      ...times,
    });
  }
  const key = (name: keyof typeof KEYS, role: string, more = {}): object => ({
    name,
    role,
    sha256: hashKey(KEYS[name]),
    ...more,
  });
  return stringify({
    apiVersion: 'sluice.dev/v1',
    kind: 'Sluice',
    spec: {
      // Its reads would be counted with those of the deployments, and meet faults that are meant for them.
      drift: { disabled: true },
      ...more,
      ecsProviders: [provider ?? { name: 'sandbox', region: 'eu-central-1' }],
      analysisProviders: [...analysisProviders, ...sources],
      apiKeys: [
        key('deployer', 'deployer'),
        key('viewer', 'viewer'),
        key('expired', 'deployer', { expiresAt: '2026-01-01T00:00:00Z' }),
      ],
      delivery: {
        trafficSettle: '500ms',
        drainSettle: '2s',
        rollbackRecheck: '1s',
        pollMin: '150ms',
        pollMax: '600ms',
        absence: '600ms',
      },
    },
  });
}
