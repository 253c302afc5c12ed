import type {
  HttpLibrary,
  RequestContext,
} from '@datadog/datadog-api-client/dist/packages/datadog-api-client-common/http/http.js';
import { ResponseContext } from '@datadog/datadog-api-client/dist/packages/datadog-api-client-common/http/http.js';
import { fetchFailure } from '../../fetch-failure.js';
import type { Head } from '../rate-limit.js';
import { SourceError } from '../source.js';

/** An answer that is no 200, with what the client's own exception would have dropped: the headers. */
export class HttpFailure extends Error {
  constructor(
    readonly head: Head,
    readonly body: string,
  ) {
    super(`HTTP ${head.status}`);
    this.name = 'HttpFailure';
  }
}

/** Of an error's body, for messages. */
const BODY_KEPT = 2_000;

/**
 * Sends the client's requests by `fetch`. The client's own library loses the headers of an error, and with them Retry-After and
 * X-RateLimit-Reset (aws-emulators.md §6). Redirects are not followed: the keys are in headers of their own, which fetch would
 * carry to another host.
 * @param seen hears of each answer's head, also a good one's
 */
export function headerKeepingHttp(signal: AbortSignal, seen: (head: Head) => void): HttpLibrary {
  return {
    async send(request: RequestContext): Promise<ResponseContext> {
      const body = request.getBody();
      const response = await fetch(request.getUrl(), {
        method: request.getHttpMethod(),
        headers: request.getHeaders(),
        ...(body !== undefined && { body }),
        redirect: 'manual',
        signal,
      }).catch((error: unknown) => {
        if (!(error instanceof TypeError) || error.cause !== undefined) throw error;
        throw new SourceError('refused', `Datadog cannot be asked: ${fetchFailure(error).words}.`);
      });
      const head = { status: response.status, headers: Object.fromEntries(response.headers) };
      seen(head);
      const text = await response.text();
      if (response.status !== 200) throw new HttpFailure(head, text.slice(0, BODY_KEPT));
      return new ResponseContext(
        response.status,
        { ...head.headers },
        { text: () => Promise.resolve(text), binary: () => Promise.resolve(Buffer.from(text)) },
      );
    },
  };
}
