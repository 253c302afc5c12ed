import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveAws } from './aws/serve.js';
import { settle } from './cloud/simulation.js';
import { stepLength } from './cloud/times.js';
import { answerDatadog } from './datadog/answer.js';
import { MAX_BODY, deliver, headerOf, readBody, send, sendText, sleep } from './http.js';
import { answerPanel } from './panel/panel.js';
import { showState } from './panel/shown-state.js';
import type { ShownState } from './panel/shown-state.js';
import { runCloud } from './running-cloud.js';
import type { RunningCloud } from './running-cloud.js';
import { fileStore, memoryStore } from './store.js';
import { listenAsTasks } from './tasks/listen.js';
import { defaultWorld } from './world.js';
import type { World } from './world.js';

const PANEL = '/_sandbox';

/** How to start a sandbox. */
export interface SandboxOptions {
  /** 0 or missing: one that the system picks. */
  port?: number;
  host?: string;
  /** Folder where the state is kept; missing: in memory. */
  dataDir?: string;
  /** How many times faster than on AWS its own times run; default 1. */
  speed?: number;
  /**
   * Port of every task's own `/metrics`, on the task's address in 127.64.0.0/10. Missing: nothing listens, and tasks have addresses of
   * 10.0.0.0/8.
   */
  tasksPort?: number;
  /** What stands at the start, unless the folder holds a state already; default the example's. */
  world?: World;
  /** Epoch ms; default the system's time. Nothing happens between two of its values but what the difference is due. */
  clock?: { now: () => number };
}

/** A running sandbox. */
export interface Sandbox {
  /** Its only address: AWS endpoint, Datadog address, and the control panel under `/_sandbox`. */
  url: string;
  port: number;
  state: () => ShownState;
  /** Resolves when every running task listens, where `tasksPort` says so. */
  tasksListen: () => Promise<void>;
  /** Lets time go on at once by so many ms. */
  advance: (millis: number) => void;
  close: () => Promise<void>;
}

/**
 * Starts a small local AWS and Datadog.
 *
 * @throws Error when the port is taken or the folder holds something else
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', speed = 1, clock = { now: Date.now } } = options;
  const store = options.dataDir === undefined ? memoryStore() : fileStore(options.dataDir);
  const running = runCloud(store, options.world ?? defaultWorld(), speed, clock, options.tasksPort !== undefined);
  const tasks = options.tasksPort === undefined ? undefined : listenAsTasks(running, options.tasksPort);
  const server = createServer((request, response) => {
    handle(running, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) sendText(response, nowOf(running), 500, String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  running.save();
  await tasks?.ready();
  const timer = setInterval(() => {
    running.tick();
    tasks?.follow();
  }, stepLength(speed));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    state: () => {
      running.catchUp();
      return showState(running.cloud());
    },
    tasksListen: async () => {
      running.catchUp();
      await tasks?.ready();
    },
    advance: running.advanceTime,
    close: async () => {
      clearInterval(timer);
      running.save();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await tasks?.close();
      await closed;
    },
  };
}

async function handle(running: RunningCloud, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return sendText(response, nowOf(running), 413, `the body is over ${MAX_BODY} bytes`);
  const url = new URL(request.url ?? '/', 'http://sandbox');
  running.catchUp();
  if (url.pathname.startsWith(`${PANEL}/`)) return answerToPanel(running, request, response, url, body);
  if (/^\/api\/v[12]\//.test(url.pathname)) return answerToMetrics(running, request, response, url, body);
  await answerToAws(running, request, response, body, false);
}

function answerToPanel(
  running: RunningCloud,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): void {
  const method = request.method ?? 'GET';
  const { status, value } = answerPanel(running, method, url.pathname.slice(PANEL.length), url.searchParams, body);
  if (method !== 'GET') {
    settle(running.cloud());
    running.save();
  }
  send(response, nowOf(running), status, { 'content-type': 'application/json' }, JSON.stringify(value));
}

function answerToMetrics(
  running: RunningCloud,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: string,
): void {
  const answer = answerDatadog(running.cloud(), {
    path: url.pathname,
    parameters: url.searchParams,
    body,
    apiKey: headerOf(request, 'dd-api-key'),
    applicationKey: headerOf(request, 'dd-application-key'),
  });
  if (answer.body === undefined) response.destroy();
  else send(response, nowOf(running), answer.status, answer.headers, answer.body);
}

async function answerToAws(
  running: RunningCloud,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
  postponed: boolean,
): Promise<void> {
  const served = serveAws(running.cloud(), request.headers, body, postponed);
  if (!served) return sendText(response, nowOf(running), 404, 'neither AWS nor Datadog nor /_sandbox');
  if ('postponeMillis' in served) {
    await sleep(served.postponeMillis);
    if (response.destroyed) return;
    running.catchUp();
    return answerToAws(running, request, response, body, true);
  }
  running.recordCall(served.call);
  await deliver(response, () => nowOf(running), served.delivery);
}

function nowOf(running: RunningCloud): number {
  return running.cloud().state.now;
}
