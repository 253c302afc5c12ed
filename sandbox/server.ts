import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveAws } from './aws/serve.js';
import type { Delivery } from './aws/serve.js';
import type { Cloud } from './cloud/cloud.js';
import { advance, settle } from './cloud/simulation.js';
import { initialState } from './cloud/state.js';
import { SECOND, stepLength } from './cloud/times.js';
import { noTraffic } from './cloud/traffic-record.js';
import { answerDatadog } from './datadog/answer.js';
import { record } from './panel/calls.js';
import { answerPanel } from './panel/panel.js';
import type { PanelHost } from './panel/panel.js';
import { showState } from './panel/shown-state.js';
import type { ShownState } from './panel/shown-state.js';
import { fileStore, memoryStore } from './store.js';
import { defaultWorld } from './world.js';
import type { World } from './world.js';

/** How much of its traffic a killed sandbox may have to live through again. */
const SAVE_EVERY = 2 * SECOND;
const MAX_BODY = 5 * 1024 * 1024;
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
  const clock = options.clock ?? { now: Date.now };
  const speed = options.speed ?? 1;
  const store = options.dataDir === undefined ? memoryStore() : fileStore(options.dataDir);
  const loaded = store.load();
  let cloud: Cloud = {
    state: loaded.state ?? initialState(options.world ?? defaultWorld(), clock.now()),
    traffic: loaded.traffic ?? noTraffic(clock.now()),
    speed,
  };
  cloud.state.now = Math.min(cloud.state.now, cloud.traffic.until);
  let savedAt = 0;

  const host: PanelHost = {
    cloud: () => cloud,
    calls: loaded.calls,
    clearCalls: () => {
      loaded.calls.calls.length = 0;
      store.clearCalls();
    },
    replaceWorld: (world) => {
      const offset = cloud.state.offset;
      cloud = {
        state: { ...initialState(world, cloud.state.now), offset },
        traffic: noTraffic(cloud.state.now),
        speed,
      };
      host.clearCalls();
    },
    advanceTime: (millis) => {
      cloud.state.offset += millis;
      catchUp();
      save();
    },
  };

  function catchUp(): void {
    advance(cloud, clock.now() + cloud.state.offset);
  }

  function save(): void {
    store.saveState(cloud.state);
    store.saveTraffic(cloud.traffic);
    savedAt = cloud.state.now;
  }

  function tick(): void {
    catchUp();
    if (Math.abs(cloud.state.now - savedAt) >= SAVE_EVERY) save();
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === undefined)
      return send(response, 413, { 'content-type': 'text/plain' }, `the body is over ${MAX_BODY} bytes\n`);
    const url = new URL(request.url ?? '/', 'http://sandbox');
    catchUp();
    if (url.pathname.startsWith(`${PANEL}/`)) {
      const method = request.method ?? 'GET';
      const answer = answerPanel(host, method, url.pathname.slice(PANEL.length), url.searchParams, body);
      if (method !== 'GET') {
        settle(cloud);
        save();
      }
      return send(response, answer.status, { 'content-type': 'application/json' }, JSON.stringify(answer.value));
    }
    if (url.pathname.startsWith('/api/v1/')) return answerMetrics(request, response, url);
    await answerAws(request, response, body, false);
  }

  function answerMetrics(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const answer = answerDatadog(cloud, {
      path: url.pathname,
      parameters: url.searchParams,
      apiKey: headerOf(request, 'dd-api-key') ?? url.searchParams.get('api_key') ?? undefined,
      applicationKey: headerOf(request, 'dd-application-key') ?? url.searchParams.get('application_key') ?? undefined,
    });
    if (answer.body === undefined) response.destroy();
    else send(response, answer.status, answer.headers, answer.body);
  }

  async function answerAws(
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
    postponed: boolean,
  ): Promise<void> {
    const served = serveAws(cloud, request.headers, body, postponed);
    if (!served)
      return send(response, 404, { 'content-type': 'text/plain' }, 'neither AWS nor Datadog nor /_sandbox\n');
    if ('postponeMillis' in served) {
      await sleep(served.postponeMillis);
      if (response.destroyed) return;
      catchUp();
      return answerAws(request, response, body, true);
    }
    const call = record(loaded.calls, served.call);
    if (call.mutating) {
      store.addCall(call);
      store.saveState(cloud.state);
    }
    await deliver(response, served.delivery);
  }

  async function deliver(response: ServerResponse, delivery: Delivery): Promise<void> {
    switch (delivery.kind) {
      case 'cut':
        response.destroy();
        return;
      case 'never':
        return;
      case 'half': {
        const { status, contentType, body } = delivery.answer;
        return send(response, status, { 'content-type': contentType }, body.slice(0, Math.floor(body.length / 2)));
      }
      case 'answer': {
        if (delivery.afterMillis > 0) await sleep(delivery.afterMillis);
        const { status, contentType, body } = delivery.answer;
        return send(response, status, { 'content-type': contentType }, body);
      }
    }
  }

  function send(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
    if (response.destroyed) return;
    response.writeHead(status, { ...headers, date: new Date(cloud.state.now).toUTCString() });
    response.end(body);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) send(response, 500, { 'content-type': 'text/plain' }, String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  save();
  const timer = setInterval(tick, stepLength(speed));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host ?? '127.0.0.1'}:${port}`,
    port,
    state: () => {
      catchUp();
      return showState(cloud);
    },
    advance: (millis) => host.advanceTime(millis),
    close: async () => {
      clearInterval(timer);
      save();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}
