import { hkdfSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { z } from 'zod';
import { ConfigError } from '../config/config-error.js';
import { deliversToAws } from '../config/environment.js';
import { loadServerConfig } from '../config/load.js';
import { openSealer } from '../config/seal.js';
import { openSecret } from '../config/secret.js';
import { SECOND } from '../model/duration.js';
import { openApiDocument } from '../spec/openapi.js';
import { createApp } from './app.js';
import { listen, refusalToListen, stopListening } from './listening.js';
import { createLiveApplications } from './live-applications.js';
import { createLiveEvents } from './live-events.js';
import { createReleaseReader } from './release-reader.js';
import { createSessions } from './session.js';
import { createGateway } from './temporal.js';
import { answers } from './temporal/call.js';

const RETRY = 5 * SECOND;
/** The package's root: this file runs as `dist/api/main.js`. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const Package = z.object({ version: z.string() });

async function main(): Promise<void> {
  const logger = pino({ name: 'api' });
  const config = await loadServerConfig();
  const refusal = refusalToListen(config);
  if (refusal) throw new ConfigError([refusal]);

  const sealer = await openSealer(config);
  const temporal = loadClientConnectConfig();
  // Lazy: the api serves, and says 503, while Temporal is away.
  const connection = Connection.lazy(temporal.connectionOptions);
  const client = new Client({ connection, ...(temporal.namespace !== undefined && { namespace: temporal.namespace }) });
  const gateway = createGateway(
    client,
    {
      publicUrl: config.publicUrl,
      namespace: client.options.namespace,
      ...(deliversToAws() && {
        regions: Object.fromEntries(config.ecsProviders.map(({ name, region }) => [name, region])),
      }),
      ...(config.temporalUiUrl !== undefined && { temporalUiUrl: config.temporalUiUrl }),
    },
    config.repositories.map(({ repoId }) => repoId),
  );
  const live = createLiveEvents(gateway);
  const applications = createLiveApplications(gateway);
  const secure = config.publicUrl.startsWith('https:');
  const webDir = join(ROOT, 'dist', 'web');
  const sessionKey = hkdfSync('sha256', await openSecret(config.sealKey), '', 'sluice session v1', 32);
  const app = createApp({
    gateway,
    live,
    applications,
    releases: createReleaseReader(config, (plain) => sealer.seal(plain)),
    identity: {
      keys: config.apiKeys,
      sessions: createSessions(Buffer.from(sessionKey), secure),
      now: Date.now,
    },
    logger,
    secure,
    webhooks: { repositories: config.repositories, openSecret },
    publicKey: { openSecret, ...(config.secretKeys?.publicKey && { ref: config.secretKeys.publicKey }) },
    openApi: openApiDocument(await version()),
    ...(existsSync(webDir) && { webDir }),
  });
  const { server, port } = await listen(app, config.host, config.port);
  logger.info({ host: config.host, port, keys: config.apiKeys.map(({ name }) => name) }, 'listening');
  if (config.apiKeys.length === 0) logger.warn('no API key is configured: every request will be refused');

  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const told = tellOfTemporal(client, connection.options.address, logger, stopping.signal);
  await new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  logger.info('stopping');
  live.close();
  applications.close();
  await stopListening(server);
  await told;
  // Not by closing the connection: a call that waits to try an absent Temporal again would throw then, outside of any catch.
  process.exit(0);
}

async function version(): Promise<string> {
  return Package.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))).version;
}

/** Says in the log that Temporal is away, again and again until it answers: the first thing that people look for. */
async function tellOfTemporal(client: Client, address: string, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await answers(client)) {
      logger.info({ address, namespace: client.options.namespace }, 'Temporal answers');
      return;
    }
    logger.warn({ address }, 'Temporal cannot be reached; trying again (TEMPORAL_ADDRESS says where it is)');
    await sleep(RETRY, undefined, { signal }).catch(() => undefined);
  }
}

main().catch((error: unknown) => {
  const told = error instanceof ConfigError || isPortTaken(error);
  const text = error instanceof Error ? ((told ? undefined : error.stack) ?? error.message) : String(error);
  process.stderr.write(`sluice api: ${text}\n`);
  process.exitCode = 1;
});

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');
}
