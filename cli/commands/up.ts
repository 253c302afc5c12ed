import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { inherited, temporalAddress } from '../../config/command-line.js';
import { ConfigError } from '../../config/config-error.js';
import { splitFiles, type Environment } from '../../config/environment.js';
import { findServer } from '../context.js';
import { CommandFailure, EXIT, type ExitCode } from '../failure.js';
import type { CommandHost } from '../program.js';
import { findTemporal } from '../temporal/find.js';
import { claimFolder } from '../up/claim.js';
import { runExample } from '../up/example.js';
import { startStack } from '../up/stack.js';
import { supervise } from '../up/supervisor.js';

interface UpOptions {
  config?: string;
  example?: string;
  once?: true;
}

/** `sluice up`: everything that Sluice needs, on this machine, until Ctrl-C. */
export function addUp(host: CommandHost): void {
  host.program
    .command('up')
    .description(
      'Run Temporal, the worker and the API on this machine; without a configuration also a sandbox instead of AWS.',
    )
    .option('--config <files>', 'server configuration, divided by commas; SLUICE_CONFIG when left out')
    .option('--example <dir>', 'run a canary of this application when all is up')
    .option('--once', 'with --example: end with its exit code')
    .action(async (options: UpOptions) => {
      try {
        const code = await up(host, options);
        if (code !== EXIT.ok) host.done(code);
      } catch (error) {
        if (error instanceof ConfigError) throw new CommandFailure(EXIT.wrongUse, error.message);
        throw error;
      }
    });
}

async function up({ context }: CommandHost, { config, example, once }: UpOptions): Promise<ExitCode> {
  const environment: Environment = {
    ...context.environment,
    ...(config !== undefined && { configFiles: splitFiles(config) }),
  };
  const env = inherited();
  const claimed = await claimFolder(environment.dataDir, env, context.say);
  if ('occupied' in claimed) {
    const { pid, addresses } = claimed.occupied;
    const where = [`Sluice already runs on ${environment.dataDir} (pid ${pid}).`, ...addresses].join('\n');
    if (example === undefined) {
      throw new CommandFailure(
        EXIT.failed,
        where,
        `End it with Ctrl-C or \`kill ${pid}\`, or set SLUICE_DATA and SLUICE_PORT to start another.`,
      );
    }
    context.say(`${where}\nRunning the example there.`);
    return runExample(context, findServer(context), resolve(example));
  }

  const { claim } = claimed;
  const stopping = stopOnSignals(context.say);
  const supervisor = supervise(env, {
    logsDir: join(environment.dataDir, 'logs'),
    say: (text) => stopping.first.aborted || context.say(text),
    changed: (children) => claim.note({ children }),
  });
  try {
    await checkPort(environment);
    const temporal = await findTemporal({ address: temporalAddress(env), env, say: context.say }).catch(
      (error: unknown) => {
        throw new CommandFailure(EXIT.failed, error instanceof Error ? error.message : String(error));
      },
    );
    context.say(`Temporal: ${temporal.kind === 'address' ? `${temporal.address} (TEMPORAL_ADDRESS)` : temporal.from}.`);
    const stack = await startStack({ environment, env, temporal, claim, supervisor, stopped: stopping.first });
    if (stopping.first.aborted) return EXIT.ok;
    context.say(`Sluice is up.\n${stack.addresses.join('\n')}\n`);
    if (example !== undefined) {
      const key = environment.apiKey ?? stack.key;
      const server = { url: stack.apiUrl, ...(key !== undefined && { key }) };
      const ended = await Promise.race([runExample(context, server, resolve(example)), stopping.asked]);
      if (once || ended === undefined) return ended ?? EXIT.failed;
      context.say(`\n${stack.addresses.join('\n')}`);
    }
    context.say('Ctrl-C ends it; what runs is found again at the next start.');
    await stopping.asked;
    return EXIT.ok;
  } finally {
    await supervisor.stop(stopping.second);
    await claim.release();
    stopping.forget();
  }
}

/** The first signal asks to stop, the second to stop at once. */
function stopOnSignals(say: (text: string) => void): {
  first: AbortSignal;
  second: AbortSignal;
  asked: Promise<undefined>;
  forget: () => void;
} {
  const first = new AbortController();
  const second = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (): void => {
    if (first.signal.aborted) return second.abort();
    say('\nEnding; once more to end at once.');
    first.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    first: first.signal,
    second: second.signal,
    asked: new Promise((resolve) => first.signal.addEventListener('abort', () => resolve(undefined), { once: true })),
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

/** A port that somebody else has would show as an API that keeps ending. */
async function checkPort({ host, port }: Environment): Promise<void> {
  const failure = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
  if (!failure) return;
  const reason = failure.code === 'EADDRINUSE' ? 'another program has it' : failure.message;
  throw new CommandFailure(
    EXIT.failed,
    `The API cannot listen on ${host}:${port}: ${reason}.`,
    'Set SLUICE_PORT to a port that is free.',
  );
}
