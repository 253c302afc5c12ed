import type { Millis } from '../../../model/duration.js';
import { MalformedExposition, parseExposition, type Exposition } from './exposition.js';

/** Larger ones are no exposition of an application, and many of them at once would be too much for the worker. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The text format first: OpenMetrics is read too, for tasks that know nothing else. */
const ACCEPT = 'text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1';

/** Why a task could not be scraped, as words that follow "could not be scraped:". */
export class ScrapeFailure extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = 'ScrapeFailure';
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    const part = chunk as Uint8Array;
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw new ScrapeFailure(`its answer is over ${MOST_BYTES / 1024 / 1024} MiB`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown, timeout: Millis): string {
  if (error instanceof MalformedExposition) return `its answer is no Prometheus exposition (${error.message})`;
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeout / 1000} s`;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') return 'connection refused';
  return cause instanceof Error ? cause.message || code : String(cause);
}

/**
 * One scrape of one task.
 * @param timeout for the whole of it, ms
 * @throws ScrapeFailure for everything that is not an exposition
 */
export async function scrape(url: string, timeout: Millis): Promise<Exposition> {
  try {
    const response = await fetch(url, {
      headers: { accept: ACCEPT },
      // A redirect leads to something that is not this task.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new ScrapeFailure(`it answered ${response.status}`);
    }
    const exposition = parseExposition(await textOf(response));
    if (exposition.samples.length === 0 && exposition.families.size === 0) {
      throw new ScrapeFailure('its answer holds no metric');
    }
    return exposition;
  } catch (error) {
    if (error instanceof ScrapeFailure) throw error;
    throw new ScrapeFailure(reasonOf(error, timeout), { cause: error });
  }
}
