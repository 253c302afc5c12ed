import { ApplicationFailure } from '@temporalio/common';
import { SECOND } from '../../model/duration.js';
import { fetchFailure } from '../fetch-failure.js';
import { notBefore } from '../metrics/rate-limit.js';

const TIME_LIMIT = 10 * SECOND;
/** Of an answer's body; what is told in it is short. */
const LONGEST_ANSWER = 64 * 1024;

export interface Posted {
  status: number;
  ok: boolean;
  headers: Record<string, string>;
  body: string;
}

/** The host alone: a webhook's path is a secret more often than not, and messages stand in histories. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'its address';
}

/**
 * POSTs, waiting ten seconds at most, and reads the beginning of the answer.
 * @param whom words for the receiver, for errors
 * @throws Error when there is no answer
 */
export async function post(whom: string, url: string, headers: Record<string, string>, body: string): Promise<Posted> {
  if (!URL.canParse(url)) throw new Error(`${whom} has no address: write one that begins with https://.`);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'User-Agent': 'sluice', ...headers },
      body,
      // A signed delivery goes where the configuration says and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
    return {
      status: answer.status,
      ok: answer.ok,
      headers: Object.fromEntries(answer.headers),
      body: await beginningOf(answer),
    };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const { words, ...cause } = timedOut ? { words: `no answer within ${TIME_LIMIT / SECOND} s` } : fetchFailure(error);
    throw new Error(`${whom} at ${hostOf(url)} could not be reached: ${words}.`, cause);
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  if (!body) return '';
  const decoder = new TextDecoder();
  let text = '';
  // Left early, the loop cancels what is not read: unread bodies keep their connection.
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true });
    if (text.length > LONGEST_ANSWER) break;
  }
  return text;
}

/** The error for an answer that is none of success: tried again, not before the receiver wants it (429 and 503 with Retry-After). */
export function refusal(message: string, { status, headers }: Posted, now: number): ApplicationFailure {
  const at = status === 429 || status === 503 ? notBefore({ status, headers }, now) : undefined;
  return ApplicationFailure.create({
    message,
    type: 'NotDelivered',
    ...(at !== undefined && at > now && { nextRetryDelay: at - now }),
  });
}
