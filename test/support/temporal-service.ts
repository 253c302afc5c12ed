import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Connection } from '@temporalio/client';
import { devServerArguments, freePorts } from '../../cli/temporal/dev-server.js';
import { findTemporal } from '../../cli/temporal/find.js';
import { SECOND } from '../../model/duration.js';
import type { Service } from './services.js';

/** Makes a skipped timer fire at once (temporal-typescript.md §2.3); harmless for everything else. */
const QUICK_TIMERS = ['--dynamic-config-value', 'history.timerProcessorMaxTimeShift="1ms"'];
/** One embedded Temporal server in memory for the whole run. */
export function temporalService(): Service {
  let child: ChildProcess | undefined;
  return {
    async start() {
      // TEMPORAL_ADDRESS is left aside: tests fill their server with namespaces.
      const found = await findTemporal({ address: undefined, env: process.env, say: (text) => console.error(text) });
      if (found.kind === 'address') throw new Error('unreachable');
      const [port = 0, metricsPort = 0] = await freePorts(2);
      let said = '';
      child = spawn(found.path, devServerArguments({ port, metricsPort, extra: QUICK_TIMERS }), {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
      }
      const address = `127.0.0.1:${port}`;
      await untilReady(address, () => {
        if (child?.exitCode != null) throw new Error(`Temporal ended with ${child.exitCode}: ${said}`);
      });
      return { address };
    },
    async stop() {
      if (child?.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function untilReady(address: string, check: () => void): Promise<void> {
  const end = Date.now() + 30 * SECOND;
  for (;;) {
    check();
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1 * SECOND });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}
