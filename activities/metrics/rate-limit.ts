import { SECOND } from '../../model/duration.js';

/** An answer's status and headers (names in lower case). */
export interface Head {
  status: number;
  headers: Readonly<Record<string, string>>;
}

/** Below this share of the limit that remains, what is left is spread over the rest of the period. */
const SPREAD_BELOW = 0.1;

/** Seconds or an HTTP date, as milliseconds from now. */
function retryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (value.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * SECOND);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function count(value: string | undefined): number | undefined {
  const number = value === undefined || value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/**
 * When the account may be asked again, by the headers of its last answer. A 429 says so by Retry-After or X-RateLimit-Reset (seconds
 * until the period ends; rate limits page of Datadog's API). Before it comes to that, what is left is spread over the period.
 * @returns epoch ms; undefined when it may be asked at once
 */
export function notBefore(head: Head, now: number): number | undefined {
  const reset = count(head.headers['x-ratelimit-reset']);
  if (head.status === 429 || head.status === 503) {
    const pause = retryAfter(head.headers['retry-after'], now) ?? (reset === undefined ? undefined : reset * SECOND);
    return pause === undefined ? undefined : now + pause;
  }
  const remaining = count(head.headers['x-ratelimit-remaining']);
  const limit = count(head.headers['x-ratelimit-limit']);
  if (reset === undefined || remaining === undefined) return undefined;
  if (remaining === 0) return now + reset * SECOND;
  if (limit !== undefined && remaining < limit * SPREAD_BELOW) return now + (reset * SECOND) / remaining;
  return undefined;
}
