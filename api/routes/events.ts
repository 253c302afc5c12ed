import type { Request, RequestHandler, Response } from 'express';
import { SECOND } from '../../model/duration.js';
import type { Listener, LiveEvents } from '../live-events.js';
import { deploymentParam, unknownDeployment } from '../names.js';

/** Proxies close connections on which nothing is said. */
const HEARTBEAT = 15 * SECOND;
/** How long a browser waits before it connects again. */
const RETRY = 2 * SECOND;
/** A reader that is this many bytes behind is cut off: it resumes by Last-Event-ID when it can follow. */
const BACKLOG_BYTES = 1024 * 1024;

/** `GET /deployments/{id}/events`: server-sent events (WHATWG HTML §9.2). 204 tells a browser not to connect again. */
export function streamEvents(live: LiveEvents): RequestHandler {
  return async (req, res) => {
    const id = deploymentParam(req);
    const stream = eventStream(res);
    const answer = await live.listen(id, lastEventId(req), stream);
    if (answer === 'NOT_FOUND') throw unknownDeployment(id);
    if (answer === 'OVER') {
      res.status(204).end();
      return;
    }
    res.on('close', answer);
    if (res.closed) answer();
    else stream.open();
  };
}

function lastEventId(req: Request): string | undefined {
  const header = req.headers['last-event-id'];
  return typeof header === 'string' && header ? header : undefined;
}

/** A listener that writes to the response. It opens with the first event or when told to, so that a 404 can still be a 404. */
function eventStream(res: Response): Listener & { open(): void } {
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
    send(event) {
      open();
      res.write(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`);
      if (res.writableLength > BACKLOG_BYTES) res.destroy();
    },
    end() {
      open();
      res.end();
    },
  };
}
