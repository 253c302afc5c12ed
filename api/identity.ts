import type { Request, RequestHandler, Response } from 'express';
import { findKey } from '../config/api-key.js';
import type { ApiKey, Role } from '../config/server.js';
import { ApiProblem } from './problem.js';
import type { Sessions } from './session.js';

export interface Identity {
  keys: readonly ApiKey[];
  sessions: Sessions;
  /** Epoch ms. */
  now: () => number;
}

/** Page and api share an origin, but a form on another site could still send our cookie; it cannot send this header. */
const OUR_HEADER = 'sluice-request';
const CHALLENGE = { 'WWW-Authenticate': 'Bearer realm="sluice"' };

/** Middleware: who asks. A bearer key comes before a cookie. @throws ApiProblem 401, or 403 for a change by cookie without our header */
export function authenticate({ keys, sessions, now }: Identity): RequestHandler {
  return (req, res, next) => {
    const bearer = bearerOf(req);
    if (bearer !== undefined) {
      res.locals['key'] = checkKey(keys, bearer, now());
      next();
      return;
    }
    const key = sessions.read(req.headers.cookie, keys, now());
    if (!key) throw unauthenticated(keys);
    if (!isRead(req) && req.headers[OUR_HEADER] !== '1') {
      throw new ApiProblem(403, 'A change that comes with the session cookie needs the header Sluice-Request: 1.', {
        fix: 'Send that header, or use Authorization: Bearer in its place.',
      });
    }
    res.locals['key'] = key;
    next();
  };
}

/** Finds the key that was shown. @throws ApiProblem 401, telling an expired key from an unknown one */
export function checkKey(keys: readonly ApiKey[], presented: string, now: number): ApiKey {
  const lookup = findKey(keys, presented, now);
  switch (lookup.found) {
    case 'valid':
      return lookup.key;
    case 'expired':
      throw new ApiProblem(401, `The API key ${lookup.key.name} expired at ${endOf(lookup.key)}.`, {
        fix: 'Use a newer key, or change expiresAt in the server configuration.',
        headers: CHALLENGE,
      });
    case 'unknown':
      throw new ApiProblem(401, 'This API key is not known here.', { fix: howToGetOne(keys), headers: CHALLENGE });
    default:
      return lookup satisfies never;
  }
}

/** Middleware for what changes something. @throws ApiProblem 403 */
export function requireRole(role: Role): RequestHandler {
  return (_req, res, next) => {
    const key = keyOf(res);
    if (role === 'deployer' && key.role !== 'deployer') {
      throw new ApiProblem(403, `The API key ${key.name} may only read (its role is ${key.role}).`, {
        fix: 'Use a key with the role deployer.',
      });
    }
    next();
  };
}

/** The key of an authenticated request. Its name is who did it, in every trail: nothing that a caller sends can change that. */
export function keyOf(res: Response): ApiKey {
  return res.locals['key'] as ApiKey;
}

function bearerOf(req: Request): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1];
}

function isRead(req: Request): boolean {
  return req.method === 'GET' || req.method === 'HEAD';
}

function unauthenticated(keys: readonly ApiKey[]): ApiProblem {
  return new ApiProblem(401, 'This needs an API key.', {
    fix: keys.length ? 'Send Authorization: Bearer KEY.' : howToGetOne(keys),
    headers: CHALLENGE,
  });
}

function howToGetOne(keys: readonly ApiKey[]): string {
  return keys.length
    ? 'Keys are listed by name and hash under spec.apiKeys of the server configuration; `sluice up` prints the one that it made.'
    : 'This server has no API key at all: set SLUICE_API_KEY or spec.apiKeys of its configuration, and start it again.';
}

function endOf(key: ApiKey): string {
  return new Date(key.expiresAt ?? 0).toISOString();
}
