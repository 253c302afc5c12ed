import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { RegisteredEvent } from '../../model/event.js';
import { iso } from '../../model/wire.js';
import type { EventDocument, EventList } from '../../model/event-document.js';
import { RegisterEvent } from '../../spec/http.js';
import { parseWith } from '../body.js';
import type { Gateway } from '../gateway.js';
import { keyOf } from '../identity.js';
import { ApiProblem, notFound } from '../problem.js';

/** `POST /events` */
export function registerEvent(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const body = parseWith(RegisterEvent, req.body, 422);
    const event: RegisteredEvent = { id: randomUUID(), ...body, by: keyOf(res).name, at: Date.now() };
    if (!(await gateway.registerEvent(event))) {
      throw new ApiProblem(409, 'No git repository is configured, so no event watcher can wait for this event.', {
        fix: 'Name one in `repositories` of the server configuration, and restart Sluice.',
      });
    }
    const document: EventDocument = { ...event, at: iso(event.at), status: 'PENDING', reason: 'It will be committed.' };
    res.status(202).location(`/api/v1/events/${event.id}`).json(document);
  };
}

/** `GET /events` */
export function listEvents(gateway: Gateway): RequestHandler {
  return async (_req, res) => void res.json({ events: await gateway.events() } satisfies EventList);
}

/** `GET /events/{id}` */
export function readEvent(gateway: Gateway): RequestHandler {
  return async (req, res) => {
    const wanted = String(req.params['id']);
    const found = (await gateway.events()).find(({ id }) => id === wanted);
    if (!found) throw notFound(`event ${wanted.slice(0, 80)}`, 'GET /api/v1/events lists the last 200.');
    res.json(found);
  };
}
