import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE, SECOND, type Millis } from '../../model/duration.js';
import { hasEnded } from '../../model/wire.js';
import type { DeploymentDocument, LogPage } from '../../model/wire.js';
import { deploymentAnswer, logLine } from '../../spec/http-answers.js';
import { call, request, type Server } from '../client.js';
import { CommandFailure, EXIT } from '../failure.js';
import { readEvents } from './events.js';

/** Five redraws a second. */
const TICK = 200;
/** The document is read again at most this often, and at least this often with and without a live stream. */
const READ_AT_MOST = 1 * SECOND;
const READ_WHEN_LIVE = 10 * SECOND;
const READ_TIMEOUT = 10 * SECOND;
const RECONNECT = [500, 1 * SECOND, 2 * SECOND, 5 * SECOND] as const;
/** A server that restarts is waited for this long. */
const PATIENCE = 2 * MINUTE;

export interface Follower {
  /** Called up to five times a second, also when nothing changed: times go on. */
  tick: (document: DeploymentDocument, log: LogPage['lines']) => void;
  /** Said once when the server is lost and once when it is back. */
  notice: (text: string) => void;
}

/**
 * Follows a deployment until it has ended. The live stream tells that something changed and carries the log; what is shown is
 * always the whole document, read again then. Without the stream the document is read each second, so nothing is missed but log lines.
 * @returns the final document.
 * @throws CommandFailure when there is no such deployment, or the server stays away for two minutes.
 */
export async function follow(server: Server, id: string, { tick, notice }: Follower): Promise<DeploymentDocument> {
  const path = `/deployments/${encodeURIComponent(id)}`;
  const read = (): Promise<DeploymentDocument> => call(server, { path, timeout: READ_TIMEOUT }, deploymentAnswer);

  let document = await read();
  let readAt = Date.now();
  let lostAt: Millis | undefined;
  const log: LogPage['lines'] = [];
  const stop = new AbortController();
  const stream = hasEnded(document.status) ? undefined : listen(server, path, log, stop.signal);

  try {
    for (;;) {
      tick(document, log);
      if (hasEnded(document.status)) return document;
      await sleep(TICK);
      const age = Date.now() - readAt;
      if (age < READ_AT_MOST || (stream?.live && !stream.changed && age < READ_WHEN_LIVE)) continue;
      if (stream) stream.changed = false;
      readAt = Date.now();
      try {
        document = await read();
        if (lostAt !== undefined) notice('The server answers again.');
        lostAt = undefined;
      } catch (error) {
        if (!(error instanceof CommandFailure) || error.exitCode !== EXIT.unreachable) throw error;
        if (lostAt === undefined) notice(`${error.message} Trying again; the deployment goes on without us.`);
        lostAt ??= Date.now();
        if (Date.now() - lostAt > PATIENCE) throw error;
      }
    }
  } finally {
    stop.abort();
  }
}

/** What the stream has told; written by `listen`, read and reset by `follow`. */
interface Stream {
  live: boolean;
  changed: boolean;
}

/** Keeps the live stream open in the background, resuming after its last event, until aborted. Never throws. */
function listen(server: Server, path: string, log: LogPage['lines'], signal: AbortSignal): Stream {
  const stream: Stream = { live: false, changed: false };
  void (async () => {
    let lastId: string | undefined;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const headers = { accept: 'text/event-stream', ...(lastId !== undefined && { 'last-event-id': lastId }) };
        const response = await fetch(`${server.url}/api/v1${path}/events`, { ...request(server, { headers }), signal });
        if (response.ok && response.body) {
          stream.live = true;
          for await (const event of readEvents(response.body)) {
            attempt = 0;
            lastId = event.id;
            stream.changed = true;
            if (event.event !== 'log') continue;
            const line = logLine.safeParse(JSON.parse(event.data));
            if (line.success) log.push(line.data);
          }
        }
      } catch {
        // Polling goes on meanwhile, and tells when the server itself is away.
      }
      stream.live = false;
      stream.changed = true;
      await sleep(RECONNECT[Math.min(attempt, RECONNECT.length - 1)], undefined, { signal }).catch(() => undefined);
    }
  })();
  return stream;
}
