import type { SecretRef, Webhook } from '../../config/server.js';
import { SECOND } from '../../model/duration.js';
import type { Clock } from '../context.js';
import type { Notice, PeopleActivities } from '../people.js';
import { sign } from './signature.js';

const TIME_LIMIT = 10 * SECOND;

export interface NotifyDeps {
  /** Absent when no webhook is configured. */
  webhook?: Webhook;
  openSecret: (ref: SecretRef) => Promise<string>;
  clock: Pick<Clock, 'now'>;
}

/** The host alone: a webhook's path is a secret more often than not, and messages stand in histories. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'its address';
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers,
      body,
      // A signed delivery goes where the configuration says and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIME_LIMIT),
    });
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    const words = timedOut ? `no answer within ${TIME_LIMIT / SECOND} s` : cause;
    throw new Error(`The webhook at ${hostOf(url)} could not be reached: ${words}.`, { cause: error });
  }
}

/**
 * Makes the activity that tells people: one signed POST of the notice as JSON. `Sluice-Delivery` is the notice's id, the same for each
 * attempt. Any answer but 2xx is an error, for the caller's policy to try again.
 */
export function createNotify({ webhook, openSecret, clock }: NotifyDeps): PeopleActivities['notify'] {
  return async function notify(notice: Notice): Promise<{ delivered: boolean }> {
    if (!webhook) return { delivered: false };
    const body = JSON.stringify({ ...notice, at: new Date(notice.at).toISOString() });
    const secret = await openSecret(webhook.secret);
    const answer = await post(
      webhook.url,
      {
        'Content-Type': 'application/json',
        'User-Agent': 'sluice',
        'Sluice-Event': notice.event,
        'Sluice-Delivery': notice.id,
        'Sluice-Signature': sign(secret, body, clock.now()),
      },
      body,
    );
    // Unread bodies keep their connection.
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`The webhook at ${hostOf(webhook.url)} answered ${answer.status}.`);
    return { delivered: true };
  };
}
