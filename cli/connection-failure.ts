import { formatDuration, type Millis } from '../model/duration.js';
import { CommandFailure, EXIT } from './failure.js';

/** Codes of Node, undici and OpenSSL by what they mean to the one who called. */
const REFUSED = new Set(['ECONNREFUSED']);
const TIMED_OUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const NO_NAME = new Set(['ENOTFOUND', 'EAI_AGAIN']);
const CUT_OFF = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** The innermost error of a chain of causes that carries a code: fetch wraps what really happened once or twice. */
function innermost(error: unknown): { code: string; message: string } {
  let seen = { code: '', message: error instanceof Error ? error.message : String(error) };
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const inner = at instanceof AggregateError ? (at.errors[0] as Error) : at;
    if ('code' in inner && typeof inner.code === 'string') seen = { code: inner.code, message: inner.message };
  }
  return seen;
}

/**
 * Turns what `fetch` threw into one sentence: which address, what happened, what to try.
 * @param waited milliseconds after which the caller gave up by itself.
 */
export function connectionFailure(error: unknown, url: string, waited: Millis): CommandFailure {
  const address = new URL(url).origin;
  const fail = (what: string, fix: string): CommandFailure => new CommandFailure(EXIT.unreachable, what, fix);
  if (error instanceof Error && error.name === 'TimeoutError') {
    return fail(
      `${address} did not answer within ${formatDuration(waited)}.`,
      'Something listens there but is stuck or is not Sluice: look at its log, or set SLUICE_URL to the right address.',
    );
  }
  const { code, message } = innermost(error);
  if (REFUSED.has(code)) {
    return fail(
      `${address} refused the connection: nothing listens there.`,
      'Start the server with `sluice up`, or set SLUICE_URL to the address where it runs.',
    );
  }
  if (TIMED_OUT.has(code)) {
    return fail(
      `${address} could not be reached: the connection timed out.`,
      'A firewall may be in the way; check SLUICE_URL and the route to it.',
    );
  }
  if (NO_NAME.has(code)) {
    return fail(`The name in ${address} is not known (${code}).`, 'Check the spelling of SLUICE_URL and the DNS.');
  }
  if (code.startsWith('HPE_')) {
    return fail(
      `${address} does not speak HTTP.`,
      'Another program listens there, or it wants https: check the scheme and the port of SLUICE_URL.',
    );
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    return fail(
      `${address} does not speak TLS: ${message}`,
      'Write http:// instead of https:// in SLUICE_URL, or the port of TLS.',
    );
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return fail(
      `The certificate of ${address} is not trusted: ${message} (${code}).`,
      'Put the certificate of its authority into a file and set NODE_EXTRA_CA_CERTS to it.',
    );
  }
  if (CUT_OFF.has(code)) {
    return fail(
      `${address} cut the connection before it answered (${code}).`,
      'The server may be restarting, or the address wants https: try again, then check SLUICE_URL.',
    );
  }
  return fail(`${address} could not be asked: ${message}${code ? ` (${code})` : ''}.`, 'Check SLUICE_URL.');
}
