import { z } from 'zod';
import { describeSecret } from '../../../config/secret.js';
import type { PrometheusProvider } from '../../../config/server.js';
import { notBefore } from '../rate-limit.js';
import { SourceError } from '../source.js';
import { TooLarge, type Reply } from './http.js';
import { placeInQueries } from './request.js';

/** `{"status": "error", "errorType": "bad_data", "error": "…"}` in Prometheus's HTTP API. */
const REFUSAL = z.object({ errorType: z.string().optional(), error: z.string().optional() });

/** Kinds of error that the same query may not meet again (the API's page, *Format overview*, and its source). */
const MAY_PASS = new Set(['timeout', 'canceled', 'internal', 'unavailable', 'too_many_requests', '503', '429']);

const KEPT = 400;

/** The server's own words: its error, else the beginning of the body. */
function wordsOf(body: string): { words: string; errorType?: string } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    const text = body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    return { words: text.slice(0, KEPT) };
  }
  const { error, errorType } = REFUSAL.safeParse(json).data ?? {};
  return { words: (error ?? body).slice(0, KEPT), ...(errorType !== undefined && { errorType }) };
}

/** What a query is refused for, from an error that an answer holds whatever its status. */
export function queryRefused(words: string, errorType: string | undefined): SourceError {
  if (errorType !== undefined && MAY_PASS.has(errorType)) {
    return new SourceError('transient', `Prometheus answered with an error (${errorType}): ${words}.`);
  }
  return new SourceError('refused', `Prometheus refuses the query: ${words}. Mend it in the file.`);
}

function howItAsked({ basic, bearerToken, headers }: PrometheusProvider): string {
  if (bearerToken) return `check its bearer token (${describeSecret(bearerToken)})`;
  if (basic) return `check its user name and password (${describeSecret(basic.password)})`;
  if (headers) return `check its headers ${Object.keys(headers).join(', ')}`;
  return 'it was asked without credentials: write username and passwordFile, bearerTokenFile or headers';
}

/**
 * What an answer that is no 200 means.
 * @param queries that were sent in one
 */
export function answered(
  provider: PrometheusProvider,
  { head, body }: Reply,
  now: number,
  queries: readonly string[],
): SourceError {
  const { status } = head;
  const { words, errorType } = wordsOf(body);
  const said = `Prometheus (${provider.address}) answered ${status}${words === '' ? '' : `: ${words}`}`;
  const at = notBefore(head, now);
  if (status === 429) {
    const until = at === undefined ? '' : ` It may be asked again in ${Math.ceil((at - now) / 1000)} s.`;
    return new SourceError('transient', `Prometheus wants fewer questions (429).${until}`, at);
  }
  if (status === 408 || status >= 500) return new SourceError('transient', `${said}.`, at);
  if (status === 401 || status === 403) {
    return new SourceError('refused', `${said}. For the provider ${provider.name}, ${howItAsked(provider)}.`);
  }
  if (status === 400 || status === 422) return queryRefused(placeInQueries(words, queries), errorType);
  const location = head.headers['location'];
  const to = status >= 300 && status < 400 && location !== undefined ? ` It leads to ${location}.` : '';
  return new SourceError(
    'refused',
    `${said}.${to} Is the address of the provider ${provider.name} right, with the path before /api/v1, if there is one?`,
  );
}

/** Codes of Node for a connection whose certificates do not do. */
const TLS = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_MISMATCH|ERR_OSSL)/;

/**
 * What an error of one call means: worth another try, or not before somebody mends something. Never names a secret's value.
 * @param timeout the call's time limit in ms, for the message
 */
export function connectionFailure(provider: PrometheusProvider, error: unknown, timeout: number): SourceError {
  if (error instanceof SourceError) return error;
  const { address, name } = provider;
  if (error instanceof TooLarge) {
    return new SourceError('refused', `Prometheus (${address}): ${error.message}. Narrow the query to one series.`);
  }
  const words = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')) {
    return new SourceError('transient', `Prometheus (${address}) did not answer within ${timeout / 1000} s.`);
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TLS.test(code)) {
    return new SourceError(
      'refused',
      `No safe connection to Prometheus (${address}): ${words}. ` +
        `Check the address and tls of the provider ${name}: caFile for an authority of your own, serverName where the certificate ` +
        'has another name, certFile and keyFile where the server wants a certificate.',
    );
  }
  if (code === 'ERR_INVALID_CHAR') {
    return new SourceError(
      'refused',
      `A header or secret of the provider ${name} holds a line break or the like: ${words}.`,
    );
  }
  return new SourceError('transient', `Prometheus (${address}) could not be reached: ${words || code}.`);
}

/** An answer that is no answer of Prometheus, in spite of its 200. */
export function notPrometheus(provider: PrometheusProvider, { head, body }: Reply): SourceError {
  const start = body.replace(/\s+/g, ' ').trim().slice(0, 80);
  const type = head.headers['content-type'] ?? 'no type';
  return new SourceError(
    'transient',
    `The answer of ${provider.address} is not one of Prometheus (${type}: ${start === '' ? 'empty' : start}). ` +
      `If that stays, is the address of the provider ${provider.name} right, with the path before /api/v1, if there is one?`,
  );
}
