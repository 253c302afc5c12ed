import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from './server.js';

/** What became of a key that somebody showed. */
export type KeyLookup = { found: 'valid'; key: ApiKey } | { found: 'expired'; key: ApiKey } | { found: 'unknown' };

/** Hex SHA-256 of a key: what the configuration keeps. Keys are long random strings, so that a plain hash is enough. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}

/**
 * Finds the key that somebody shows. Each configured hash is compared, each in constant time.
 * @param now epoch ms
 */
export function findKey(keys: readonly ApiKey[], presented: string, now: number): KeyLookup {
  const digest = Buffer.from(hashKey(presented), 'hex');
  let match: ApiKey | undefined;
  for (const key of keys) {
    const expected = Buffer.from(key.sha256, 'hex');
    if (expected.length === digest.length && timingSafeEqual(expected, digest)) match = key;
  }
  if (!match) return { found: 'unknown' };
  return { found: match.expiresAt !== undefined && match.expiresAt <= now ? 'expired' : 'valid', key: match };
}
