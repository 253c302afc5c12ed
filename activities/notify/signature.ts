import { createHmac, timingSafeEqual } from 'node:crypto';
import { MINUTE, SECOND, type Millis } from '../../model/duration.js';

/** How far the time of a delivery may be from the receiver's. */
const TOLERANCE = 5 * MINUTE;

function digest(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

/**
 * The value of `Sluice-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.
 * @param at epoch ms
 */
export function sign(secret: string, body: string, at: number): string {
  const seconds = Math.floor(at / SECOND);
  return `t=${seconds},v1=${digest(secret, seconds, body)}`;
}

/**
 * Whether a delivery was signed with this secret, not long ago. What a receiver does with the raw body before it parses it.
 * @param now epoch ms of the receiver
 * @param tolerance how old (or early) a delivery may be: older ones may be repeats by somebody else
 */
export function verifySignature(
  secret: string,
  header: string,
  body: string,
  now: number,
  tolerance: Millis = TOLERANCE,
): boolean {
  const [, time, presented] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header.trim()) ?? [];
  if (time === undefined || presented === undefined) return false;
  const seconds = Number(time);
  if (Math.abs(now - seconds * SECOND) > tolerance) return false;
  return timingSafeEqual(Buffer.from(digest(secret, seconds, body)), Buffer.from(presented));
}
