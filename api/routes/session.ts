import type { RequestHandler } from 'express';
import type { SessionDocument } from '../../model/wire.js';
import { parseWith } from '../body.js';
import { checkKey, keyOf } from '../identity.js';
import type { Identity } from '../identity.js';
import { CreateSession } from '../../spec/http.js';

/** `POST /session`: exchanges a key for the page's cookie, so that no script of the page ever holds a key. */
export function beginSession({ keys, sessions, now }: Identity): RequestHandler {
  return (req, res) => {
    const key = checkKey(keys, parseWith(CreateSession, req.body, 422).key, now());
    sessions.begin(res, key, now());
    res.json({ name: key.name, role: key.role } satisfies SessionDocument);
  };
}

/** `DELETE /session` */
export function endSession({ sessions }: Identity): RequestHandler {
  return (_req, res) => {
    sessions.end(res);
    res.status(204).end();
  };
}

/** `GET /session`: who the caller is. */
export function readSession(): RequestHandler {
  return (_req, res) => {
    const { name, role } = keyOf(res);
    res.json({ name, role } satisfies SessionDocument);
  };
}
