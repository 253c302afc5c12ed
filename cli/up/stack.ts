import { join } from 'node:path';
import type { Environment } from '../../config/environment.js';
import { packageRoot } from '../package-root.js';
import { devServerArguments, freePorts } from '../temporal/dev-server.js';
import type { FoundTemporal } from '../temporal/find.js';
import type { Claim } from './claim.js';
import { completeConfiguration, SANDBOX_SPEED } from './configuration.js';
import { answers, temporalAnswers, untilReady } from './readiness.js';
import type { Program, Supervisor } from './supervisor.js';

export interface StackInput {
  environment: Environment;
  /** What children inherit. */
  env: NodeJS.ProcessEnv;
  temporal: FoundTemporal;
  claim: Claim;
  supervisor: Supervisor;
  stopped: AbortSignal;
}

/** Where everything is, once it runs. */
export interface Stack {
  apiUrl: string;
  addresses: string[];
  /** The API key that was made, where the configuration names none. */
  key?: string;
}

/**
 * Starts Temporal, the sandbox (without a configuration), the worker and the API, each as a process of its own, and waits until they
 * do their work.
 * @throws CommandFailure with the end of its log when one of them cannot.
 */
export async function startStack(input: StackInput): Promise<Stack> {
  const { environment, env, temporal, claim, supervisor, stopped } = input;
  const { dataDir, host, port } = environment;
  const ports = await choosePorts(claim);
  const inSandbox = environment.configFiles.length === 0;
  const sandboxUrl = inSandbox ? `http://127.0.0.1:${ports.sandbox}` : undefined;
  const embedded = temporal.kind === 'program';
  const temporalAddress = temporal.kind === 'address' ? temporal.address : `127.0.0.1:${ports.temporal}`;
  const temporalUiUrl = embedded ? `http://127.0.0.1:${ports.temporalUi}` : undefined;
  const configuration = await completeConfiguration({
    dataDir,
    files: environment.configFiles,
    env,
    ...(sandboxUrl !== undefined && { sandboxUrl, tasksPort: ports.tasks }),
    ...(temporalUiUrl !== undefined && { temporalUiUrl }),
  });
  const childEnv = {
    ...env,
    ...(sandboxUrl !== undefined && sandboxEnvironment(sandboxUrl)),
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    TEMPORAL_ADDRESS: temporalAddress,
    SLUICE_CONFIG: configuration.files.join(','),
    SLUICE_DATA: dataDir,
    SLUICE_HOST: host,
    SLUICE_PORT: String(port),
  };
  const node = (name: string, args: string[] = []): Program => {
    const entry = join(packageRoot(), 'dist', name, 'main.js');
    return { name, command: process.execPath, args: ['--enable-source-maps', entry, ...args], env: childEnv };
  };

  if (temporal.kind === 'program') {
    const file = join(dataDir, 'temporal.db');
    const args = devServerArguments({
      port: ports.temporal,
      uiPort: ports.temporalUi,
      metricsPort: ports.temporalMetrics,
      file,
    });
    await supervisor.start({ name: 'temporal', command: temporal.path, args, env });
  }
  if (sandboxUrl !== undefined) {
    const data = join(dataDir, 'sandbox');
    const args = [
      '--host',
      '127.0.0.1',
      '--port',
      String(ports.sandbox),
      '--data',
      data,
      '--speed',
      String(SANDBOX_SPEED),
      '--tasks-port',
      String(ports.tasks),
    ];
    await supervisor.start(node('sandbox', args));
    await untilReady(supervisor, ['sandbox'], () => answers(`${sandboxUrl}/_sandbox/state`, 200), stopped);
  }
  await untilReady(supervisor, embedded ? ['temporal'] : [], () => temporalAnswers(temporalAddress), stopped);
  await supervisor.start(node('worker', embedded ? ['--own-temporal'] : []));
  await supervisor.start(node('api'));
  const apiUrl = localUrl(host, port);
  await untilReady(supervisor, ['worker', 'api'], () => answers(`${apiUrl}/readyz`, 200), stopped);

  const addresses = [
    // The key goes in the fragment, which no browser sends anywhere; the page exchanges it for a session and forgets it.
    `Page           ${apiUrl}/${configuration.key === undefined ? '' : `#key=${configuration.key}`}`,
    `API            ${apiUrl}`,
    `Temporal       ${temporalUiUrl ?? temporalAddress}`,
    ...(sandboxUrl === undefined ? [] : [`Sandbox        ${sandboxUrl}/_sandbox/state`]),
    ...(configuration.key === undefined ? [] : [`API key        ${configuration.key}`]),
    `Data and logs  ${dataDir}`,
  ];
  await claim.note({ ports, addresses });
  return { apiUrl, addresses, ...(configuration.key !== undefined && { key: configuration.key }) };
}

/** The ports of the last time where they are free, so that links to Temporal's page stay good. */
async function choosePorts({
  ports: before,
}: Claim): Promise<Record<'temporal' | 'temporalUi' | 'temporalMetrics' | 'sandbox' | 'tasks', number>> {
  const names = ['temporal', 'temporalUi', 'temporalMetrics', 'sandbox', 'tasks'] as const;
  const [temporal = 0, temporalUi = 0, temporalMetrics = 0, sandbox = 0, tasks = 0] = await freePorts(
    names.length,
    names.map((name) => before[name]),
  );
  return { temporal, temporalUi, temporalMetrics, sandbox, tasks };
}

/** The sandbox takes any credentials, and reads the account from the access key. A profile of the user's must not get in between. */
function sandboxEnvironment(url: string): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: '123456789012',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_SESSION_TOKEN: undefined,
    AWS_PROFILE: undefined,
  };
}

/** Where a listening address can be reached from this machine. */
function localUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
