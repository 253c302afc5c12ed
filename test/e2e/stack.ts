import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { stringify } from 'yaml';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { packageRoot } from '../../cli/package-root.js';
import { devServerArguments, freePorts } from '../../cli/temporal/dev-server.js';
import { findTemporal } from '../../cli/temporal/find.js';
import { hashKey } from '../../config/api-key.js';
import { MINUTE, SECOND } from '../../model/duration.js';
import type { DeploymentDocument, LogPage, MeasurementRecord } from '../../model/wire.js';
import { hasEnded } from '../../model/wire.js';
import type { WorldInput } from '../../sandbox/world.js';
import { startProcess, startProgram, until, type TestProcess } from '../support/processes.js';
import { panelOf, type Panel } from './panel.js';
import { SPEED } from './shop.js';

/** The processes of a stack. */
export type ProcessName = 'temporal' | 'sandbox' | 'worker' | 'api';

export const KEYS = { deployer: 'e2e-deployer-key', viewer: 'e2e-viewer-key', expired: 'e2e-expired-key' } as const;
/** What a worker logs when it has begun. */
const POLLING = 'worker is polling';
/** Long on a machine that runs the whole suite on two cores; a deployment here takes half a minute. */
const PATIENCE = 4 * MINUTE;

export interface StackOptions {
  world: WorldInput;
  /** Name of the ECS provider and its region; `sandbox` in eu-central-1 unless given. */
  provider?: { name: string; region: string };
  /** Base URL of another AWS than the sandbox. */
  aws?: string;
  /** Metrics providers besides `sandbox-datadog`, on the sandbox unless they have an address of their own. */
  metrics?: { name: string; address?: string; apiKey?: string; resolution?: string; maxDelay?: string }[];
}

/** An answer of the API. */
export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

/** All of Sluice as real processes, on loopback, with a data folder of its own. */
export interface Stack {
  sandbox: Panel;
  apiUrl: string;
  /** Asks the API with the deployer's key unless the headers say otherwise. Path below `/api/v1`. */
  ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** Starts a deployment; answers its id. */
  deploy: (app: string, files: Record<string, string>, more?: object) => Promise<string>;
  document: (id: string) => Promise<DeploymentDocument>;
  /** All judged windows of a deployment, in order. */
  measurements: (id: string) => Promise<MeasurementRecord[]>;
  /** All log lines of a deployment, in order. */
  log: (id: string) => Promise<LogPage['lines']>;
  control: (id: string, name: string, more?: object) => Promise<Answer>;
  /** Waits until the deployment is as wanted, and fails at once when it has ended otherwise. */
  reaches: (id: string, what: string, wanted: (document: DeploymentDocument) => boolean) => Promise<DeploymentDocument>;
  /** Waits for the end. */
  ends: (id: string) => Promise<DeploymentDocument>;
  /** SIGKILL. */
  kill: (...names: ProcessName[]) => Promise<void>;
  /** Starts what was killed again, and waits until it answers. */
  restart: (...names: ProcessName[]) => Promise<void>;
  process: (name: ProcessName) => TestProcess;
  /** Starts one more worker beside the first. */
  secondWorker: () => Promise<TestProcess>;
  /** A client's connection to Temporal, for what a person would do with its command line. */
  temporal: () => Promise<Connection>;
  /** Ends everything but the sandbox, forgets Temporal's state and the data folder, and starts anew. */
  loseData: () => Promise<void>;
}

/** One stack for the tests of a file; its processes' last words are shown with a test that fails. */
export function useStack(options: StackOptions): () => Stack {
  let running: { stack: Stack; close: () => Promise<void>; logs: () => string } | undefined;
  beforeAll(async () => {
    running = await startStack(options);
  }, 3 * MINUTE);
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.error(running?.logs());
  });
  afterAll(() => running?.close());
  return () => {
    if (!running) throw new Error('The stack is there from beforeAll on.');
    return running.stack;
  };
}

async function startStack(options: StackOptions): Promise<NonNullable<Awaited<ReturnType<typeof openStack>>>> {
  refuseStaleBuild();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  const opened = await openStack(options, folder);
  try {
    await opened.stack.restart('temporal', 'sandbox', 'worker', 'api');
  } catch (error) {
    console.error(opened.logs());
    await opened.close();
    throw error;
  }
  return opened;
}

async function openStack(
  options: StackOptions,
  folder: string,
): Promise<{ stack: Stack; close: () => Promise<void>; logs: () => string }> {
  const found = await findTemporal({ address: undefined, env: process.env, say: (text) => console.error(text) });
  if (found.kind === 'address') throw new Error('unreachable');
  const [port = 0, metricsPort = 0, sandboxPort = 0, apiPort = 0] = await freePorts(4);
  const temporalAddress = `127.0.0.1:${port}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const world = join(folder, 'world.json');
  const config = join(folder, 'config.yaml');
  await writeFile(world, JSON.stringify(options.world));
  await writeFile(config, await configuration(options, folder, sandboxUrl));
  const env = {
    AWS_ENDPOINT_URL: options.aws ?? sandboxUrl,
    AWS_REGION: options.provider?.region ?? 'eu-central-1',
    AWS_ACCESS_KEY_ID: '123456789012',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_SESSION_TOKEN: '',
    AWS_PROFILE: '',
    TEMPORAL_ADDRESS: temporalAddress,
    SLUICE_CONFIG: config,
    SLUICE_DATA: join(folder, 'data'),
    SLUICE_HOST: '127.0.0.1',
    SLUICE_PORT: String(apiPort),
    SLUICE_API_KEY: '',
  };
  const file = join(folder, 'temporal.db');
  const sandboxArguments = ['--port', String(sandboxPort), '--data', join(folder, 'sandbox')];
  const starts: Record<ProcessName, () => TestProcess> = {
    temporal: () => startProgram(found.path, devServerArguments({ port, metricsPort, file })),
    sandbox: () =>
      startProcess('sandbox/main.js', [...sandboxArguments, '--speed', String(SPEED), '--world', world], {}),
    worker: () => startProcess('worker/main.js', ['--own-temporal'], env),
    api: () => startProcess('api/main.js', [], env),
  };
  const ready: Record<ProcessName, () => Promise<boolean>> = {
    temporal: async () => {
      await (await Connection.connect({ address: temporalAddress, connectTimeout: 1 * SECOND })).close();
      return true;
    },
    sandbox: async () => (await fetch(`${sandboxUrl}/_sandbox/faults`)).ok,
    worker: () => Promise.resolve(processes.worker?.output().includes(POLLING) ?? false),
    api: async () => (await fetch(`${apiUrl}/readyz`)).ok,
  };
  const processes: Partial<Record<ProcessName, TestProcess>> = {};
  const more: TestProcess[] = [];
  const processOf = (name: ProcessName): TestProcess => {
    const known = processes[name];
    if (!known) throw new Error(`${name} was never started.`);
    return known;
  };
  const isDead = (name: ProcessName): boolean => !processes[name]?.alive();

  async function restart(...names: ProcessName[]): Promise<void> {
    for (const name of names) {
      processes[name] = starts[name]();
      // The API is ready when a worker polls: both start at once.
      if (name === 'api' && isDead('worker')) continue;
      await until(`${name} to be ready`, ready[name], { timeout: 90 * SECOND });
    }
  }

  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEYS.deployer}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const json: unknown = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
    return { status: answer.status, body: json, headers: answer.headers };
  }

  async function get<T>(path: string): Promise<T> {
    const { status, body } = await ask('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  const document = (id: string): Promise<DeploymentDocument> => get(`/deployments/${id}`);

  /** All pages of a list, one after the other. */
  async function all(id: string, what: 'measurements' | 'log', member: string): Promise<unknown[]> {
    const found: unknown[] = [];
    for (let query = ''; ;) {
      const page = await get<Record<string, unknown[]> & { cursor?: string }>(`/deployments/${id}/${what}${query}`);
      found.push(...(page[member] ?? []));
      if (page.cursor === undefined) return found;
      query = `?cursor=${encodeURIComponent(page.cursor)}`;
    }
  }

  async function reaches(
    id: string,
    what: string,
    wanted: (document: DeploymentDocument) => boolean,
  ): Promise<DeploymentDocument> {
    let last: DeploymentDocument | undefined;
    const seen = await until(
      `${id} to ${what}`,
      async () => {
        last = await document(id);
        return wanted(last) || hasEnded(last.status) ? last : undefined;
      },
      { timeout: PATIENCE, every: 300 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${JSON.stringify(last, null, 1)}`);
    });
    if (!wanted(seen))
      throw new Error(`${id} did not ${what} but ended ${seen.status}: ${JSON.stringify(seen, null, 1)}`);
    return seen;
  }

  const stack: Stack = {
    sandbox: panelOf(sandboxUrl),
    apiUrl,
    ask,
    async deploy(app, files, more = {}) {
      const { status, body } = await ask('POST', `/applications/${app}/deployments`, { files, ...more });
      if (status !== 202) throw new Error(`${app} was not accepted: ${status} ${JSON.stringify(body, null, 1)}`);
      return (body as DeploymentDocument).id;
    },
    document,
    measurements: async (id) => (await all(id, 'measurements', 'measurements')) as MeasurementRecord[],
    log: async (id) => (await all(id, 'log', 'lines')) as LogPage['lines'],
    control: (id, name, more = {}) => ask('POST', `/deployments/${id}/${name}`, { reason: 'a test', ...more }),
    reaches,
    ends: (id) => reaches(id, 'end', ({ status }) => hasEnded(status)),
    async kill(...names) {
      await Promise.all(names.map((name) => processOf(name).kill()));
    },
    restart,
    process: processOf,
    async secondWorker() {
      const second = starts.worker();
      more.push(second);
      await until('the second worker to be ready', () => second.output().includes(POLLING), { timeout: 90 * SECOND });
      return second;
    },
    temporal: () => Connection.connect({ address: temporalAddress }),
    async loseData() {
      await stack.kill('worker', 'api', 'temporal');
      for (const suffix of ['', '-wal', '-shm']) await rm(`${file}${suffix}`, { force: true });
      await rm(env.SLUICE_DATA, { recursive: true, force: true });
      await restart('temporal', 'worker', 'api');
    },
  };
  return {
    stack,
    close: async () => {
      await Promise.all([...Object.values(processes), ...more].map((process) => process.kill()));
      await rm(folder, { recursive: true, force: true });
    },
    logs: () =>
      (Object.keys(processes) as ProcessName[])
        .filter((name) => name !== 'temporal' || isDead(name))
        .map((name) => `--- ${name}${isDead(name) ? ' (dead)' : ''}\n${lastWords(processOf(name))}`)
        .join('\n'),
  };
}

/** The end of a process's log, without the requests that were answered well. */
function lastWords(process: TestProcess): string {
  const lines = process.output().split('\n');
  return lines
    .filter((line) => !(line.includes('"msg":"request"') && line.includes('"status":20')))
    .slice(-40)
    .join('\n');
}

/** Waits that fit the sandbox's speed (cli/up/configuration.ts has the same at another one), and three keys. */
async function configuration(
  { provider, metrics = [] }: StackOptions,
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
      ecsProviders: [provider ?? { name: 'sandbox', region: 'eu-central-1' }],
      analysisProviders,
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

/** The processes run from `dist/`: an older build would be tested in silence. */
function refuseStaleBuild(): void {
  const root = packageRoot();
  const built = statSync(join(root, 'dist', 'workflow-bundle.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const name of readdirSync(join(root, 'dist'))) {
    const source = join(root, name);
    if (!existsSync(source) || !statSync(source).isDirectory()) continue;
    for (const file of readdirSync(source, { recursive: true, withFileTypes: true })) {
      if (!file.name.endsWith('.ts')) continue;
      const path = join(file.parentPath, file.name);
      if (statSync(path).mtimeMs > built) throw new Error(`${path} is newer than the build: run \`npm run build\`.`);
    }
  }
}
