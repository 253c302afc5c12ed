import type { Request, RequestHandler } from 'express';
import { eventStream } from '../event-stream.js';
import type { LiveApplications } from '../live-applications.js';
import type { LiveEvents } from '../live-events.js';
import { deploymentParam, unknownDeployment } from '../names.js';

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

/** The list as first told may be larger than what a reader of one deployment can be behind. */
const LIST_BACKLOG = 32 * 1024 * 1024;

/** `GET /live/applications`: the whole list, then what changes in it. Whoever connects again gets the whole list again. */
export function streamApplications(live: LiveApplications): RequestHandler {
  return async (_req, res) => {
    const leave = await live.listen(eventStream(res, LIST_BACKLOG));
    res.on('close', leave);
    if (res.closed) leave();
  };
}

function lastEventId(req: Request): string | undefined {
  const header = req.headers['last-event-id'];
  return typeof header === 'string' && header ? header : undefined;
}
