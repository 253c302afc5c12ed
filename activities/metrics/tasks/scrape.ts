import { request, type IncomingMessage } from 'node:http';
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

/**
 * Not `fetch`: it refuses ports that browsers must not speak to, and a container may listen on one of them (6000, for example). Each
 * scrape has a connection of its own: many servers close a silent one after 5 s, which is when the next scrape comes.
 */
async function get(url: string, signal: AbortSignal): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request(url, { agent: false, signal, headers: { accept: ACCEPT } }, resolve)
      .on('error', reject)
      .end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response) {
    const part = chunk as Buffer;
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw new ScrapeFailure(`its answer is over ${MOST_BYTES / 1024 / 1024} MiB`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

function reasonOf(error: unknown, signal: AbortSignal, timeout: Millis): string {
  if (error instanceof MalformedExposition) return `its answer is no Prometheus exposition (${error.message})`;
  if (signal.aborted) return `no answer within ${timeout / 1000} s`;
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return code === 'ECONNREFUSED' ? 'connection refused' : error.message || code;
}

/**
 * One scrape of one task.
 * @param timeout for the whole of it, ms
 * @throws ScrapeFailure for everything that is not an exposition
 */
export async function scrape(url: string, timeout: Millis): Promise<Exposition> {
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await get(url, signal);
    // A redirect leads to something that is not this task.
    if (response.statusCode !== 200) {
      response.destroy();
      throw new ScrapeFailure(`it answered ${response.statusCode}`);
    }
    const exposition = parseExposition(await textOf(response));
    if (exposition.samples.length === 0 && exposition.families.size === 0) {
      throw new ScrapeFailure('its answer holds no metric');
    }
    return exposition;
  } catch (error) {
    if (error instanceof ScrapeFailure) throw error;
    throw new ScrapeFailure(reasonOf(error, signal, timeout), { cause: error });
  }
}
