import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Response } from 'express';
import { HOUR } from '../model/duration.js';
import type { ApiKey } from '../config/server.js';

const COOKIE = 'sluice_session';
const LIFETIME = 12 * HOUR;

/** Makes and reads the page's cookie. It holds no key: the name of one, an end, and our signature over both and the key's hash. */
export interface Sessions {
  begin(res: Response, key: ApiKey, now: number): void;
  end(res: Response): void;
  /** The key whose session the cookie carries, while both are good. */
  read(cookieHeader: string | undefined, keys: readonly ApiKey[], now: number): ApiKey | undefined;
}

/**
 * @param secret signs the cookies; the same in every api process, so that any of them reads them.
 * @param secure whether people reach us by https: a Secure cookie would not come back over plain http.
 */
export function createSessions(secret: string | Buffer, secure: boolean): Sessions {
  /** The key's hash is signed too: a key that is replaced under its name ends its sessions. */
  const sign = (key: ApiKey, until: number): Buffer =>
    createHmac('sha256', secret)
      .update(JSON.stringify([key.name, key.sha256, until]))
      .digest();
  const attributes = { httpOnly: true, sameSite: 'strict', secure, path: '/' } as const;

  return {
    begin(res, key, now) {
      const until = Math.min(now + LIFETIME, key.expiresAt ?? Infinity);
      const name = Buffer.from(key.name).toString('base64url');
      const value = `${name}.${until}.${sign(key, until).toString('base64url')}`;
      res.cookie(COOKIE, value, { ...attributes, maxAge: until - now });
    },
    end(res) {
      res.clearCookie(COOKIE, attributes);
    },
    read(cookieHeader, keys, now) {
      const [name, untilText, signature] = (cookieValue(cookieHeader) ?? '').split('.');
      const until = Number(untilText);
      if (!name || !signature || !(until > now)) return undefined;
      const key = keys.find((k) => k.name === Buffer.from(name, 'base64url').toString());
      if (!key || (key.expiresAt !== undefined && key.expiresAt <= now)) return undefined;
      const expected = sign(key, until);
      const shown = Buffer.from(signature, 'base64url');
      return shown.length === expected.length && timingSafeEqual(shown, expected) ? key : undefined;
    },
  };
}

function cookieValue(header: string | undefined): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2);
    if (name === COOKIE) return value;
  }
  return undefined;
}
