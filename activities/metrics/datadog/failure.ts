import { describeSecret } from '../../../config/secret.js';
import type { DatadogProvider } from '../../../config/server.js';
import { SourceError } from '../source.js';
import { HttpFailure } from './http.js';
import { notBefore } from '../rate-limit.js';
import { baseUrl } from './request.js';

/** Datadog's own words: `{"errors": ["…"]}`, else the beginning of the body. */
function wordsOf(body: string): string {
  const [, first] = /"errors"\s*:\s*\[\s*"((?:[^"\\]|\\.)*)"/.exec(body) ?? [];
  const words =
    first ??
    body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim();
  return words === '' ? '' : `: ${words.slice(0, 300)}`;
}

function answered(provider: DatadogProvider, { head, body }: HttpFailure, now: number): SourceError {
  const { status } = head;
  const said = `Datadog answered ${status}${wordsOf(body)}`;
  if (status === 429) {
    const at = notBefore(head, now);
    const until = at === undefined ? '' : ` It may be asked again in ${Math.ceil((at - now) / 1000)} s.`;
    return new SourceError('transient', `Datadog's rate limit is used up (429).${until}`, at);
  }
  if (status === 408 || status >= 500) return new SourceError('transient', `${said}.`, notBefore(head, now));
  if (status === 401 || status === 403) {
    return new SourceError(
      'refused',
      `${said}. Datadog does not take the keys of the provider ${provider.name}: check the API key (${describeSecret(provider.apiKey)}) ` +
        `and the application key (${describeSecret(provider.applicationKey)}), that both belong to ${provider.address}, ` +
        'and that the application key may do timeseries_query.',
    );
  }
  if (status === 400) return new SourceError('refused', `${said}. Datadog cannot read the query: mend it in the file.`);
  return new SourceError(
    'refused',
    `${said}. Is the address of the provider ${provider.name} right (${baseUrl(provider.address)})?`,
  );
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

/**
 * What an error of one call means: worth another try, or not before somebody mends something. Never names a key's value.
 * @param timeout the call's time limit in ms, for the message
 */
export function datadogFailure(provider: DatadogProvider, error: unknown, timeout: number, now: number): SourceError {
  if (error instanceof SourceError) return error;
  if (error instanceof HttpFailure) return answered(provider, error, now);
  const address = baseUrl(provider.address);
  if (isAbort(error)) {
    return new SourceError('transient', `Datadog (${address}) did not answer within ${timeout / 1000} s.`);
  }
  if (error instanceof SyntaxError) {
    return new SourceError('transient', `Datadog's answer was cut off or is no JSON (${error.message}).`);
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const words = cause instanceof Error ? cause.message : String(cause);
  if (code) return new SourceError('transient', `Datadog (${address}) could not be reached: ${words || code}.`);
  return new SourceError('transient', `Datadog's answer could not be read: ${words}.`);
}
