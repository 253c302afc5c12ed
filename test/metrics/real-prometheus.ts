import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether Debian's package is installed. */
export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

/** A Prometheus of its own, on loopback. */
export interface RealPrometheus {
  url: string;
  close(): Promise<void>;
}

const LISTENING = /msg="Listening on" address=(127\.0\.0\.1:\d+)/;

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const [, address] = LISTENING.exec(said) ?? [];
      if (address !== undefined && said.includes('Server is ready')) resolve(`http://${address}`);
    });
    child.on('exit', () => reject(new Error(`Prometheus ended: ${said}`)));
    child.on('error', reject);
  });
}

/**
 * Starts a Prometheus on a port that the system gives it, with its state in a folder of its own.
 * @param given `config`: its configuration; `history`: samples in the OpenMetrics format that it has already
 */
export async function startPrometheus(given: { config?: string; history?: string } = {}): Promise<RealPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-prometheus-'));
  const data = join(folder, 'data');
  await writeFile(join(folder, 'prometheus.yml'), given.config ?? '{}');
  if (given.history !== undefined) {
    await writeFile(join(folder, 'history'), given.history);
    const made = spawnSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(folder, 'history'), data]);
    if (made.status !== 0) throw new Error(`promtool: ${made.stderr.toString()}`);
  }
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=30d',
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const url = await listening(child);
  return {
    url,
    async close() {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A target that answers a scrape with what `exposition` gives at that moment; undefined answers 500. */
export async function startTarget(
  exposition: () => string | undefined,
): Promise<{ address: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    const text = exposition();
    response.writeHead(text === undefined ? 500 : 200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
