import type { Response } from 'express';
import { SECOND } from '../model/duration.js';

/** Proxies close connections on which nothing is said. */
const HEARTBEAT = 15 * SECOND;
/** How long a browser waits before it connects again. */
const RETRY = 2 * SECOND;
/** A reader that is this many bytes behind is cut off: it connects again when it can follow. */
const BACKLOG_BYTES = 1024 * 1024;

/** Server-sent events on a response (WHATWG HTML §9.2). It opens with the first event or when told to, so that a 404 can still be a 404. */
export interface EventStream {
  open(): void;
  send(event: { type: string; data: unknown; id?: string }): void;
  end(): void;
}

export function eventStream(res: Response, backlog = BACKLOG_BYTES): EventStream {
  let heartbeat: NodeJS.Timeout | undefined;
  res.on('close', () => clearInterval(heartbeat));
  function open(): void {
    if (res.headersSent) return;
    res
      .status(200)
      .set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
    res.write(`retry: ${RETRY}\n\n`);
    heartbeat = setInterval(() => res.write(': nothing new\n\n'), HEARTBEAT);
  }
  return {
    open,
    send({ id, type, data }) {
      open();
      res.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
      if (res.writableLength > backlog) res.destroy();
    },
    end() {
      open();
      res.end();
    },
  };
}
