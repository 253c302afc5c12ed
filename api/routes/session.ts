import type { RequestHandler } from 'express';
import { parseWith } from '../body.js';
import { checkKey } from '../identity.js';
import type { Identity } from '../identity.js';
import { CreateSession } from '../../spec/http.js';

/** `POST /session`: exchanges a key for the page's cookie, so that no script of the page ever holds a key. */
export function beginSession({ keys, sessions, now }: Identity): RequestHandler {
  return (req, res) => {
    const key = checkKey(keys, parseWith(CreateSession, req.body, 422).key, now());
    sessions.begin(res, key, now());
    res.json({ name: key.name, role: key.role });
  };
}

/** `DELETE /session` */
export function endSession({ sessions }: Identity): RequestHandler {
  return (_req, res) => {
    sessions.end(res);
    res.status(204).end();
  };
}
