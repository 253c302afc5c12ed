import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../config/config-error.js';
import { loadServerConfig } from '../../config/load.js';
import type { ServerConfig } from '../../config/server.js';
import type { Finding } from '../../model/finding.js';

/** A folder for one test file, and how to end it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-config-'));
  return { path, remove: () => rm(path, { recursive: true }) };
}

/** As `load`, without the tasks, which can be asked whatever is configured: tests of other providers do not list them. */
export async function load(folder: string, texts: string[], env: NodeJS.ProcessEnv = {}): Promise<ServerConfig> {
  const config = await loadWhole(folder, texts, env);
  return { ...config, analysisProviders: config.analysisProviders.filter(({ type }) => type !== 'TASKS') };
}

/** Loads configuration from texts, written to files `0.yaml`, `1.yaml` … of a folder. */
export async function loadWhole(folder: string, texts: string[], env: NodeJS.ProcessEnv = {}): Promise<ServerConfig> {
  const files = texts.map((_text, i) => join(folder, `${i}.yaml`));
  for (const [i, text] of texts.entries()) await writeFile(join(folder, `${i}.yaml`), text);
  return loadServerConfig({ SLUICE_DATA: join(folder, 'data'), ...env, SLUICE_CONFIG: files.join(',') });
}

/** What the configuration is refused for. */
export async function refusal(folder: string, texts: string[], env: NodeJS.ProcessEnv = {}): Promise<Finding[]> {
  try {
    await load(folder, texts, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.findings;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

/** Our own configuration document with this spec. */
export function sluice(spec: string): string {
  return `apiVersion: sluice.dev/v1\nkind: Sluice\nspec:\n${spec.replace(/^/gm, '  ')}\n`;
}
