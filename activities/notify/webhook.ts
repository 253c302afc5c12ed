import type { SecretRef, Webhook, WebhookReceiver } from '../../config/server.js';
import type { Notice, OldNotice } from '../../model/notification.js';
import type { Clock } from '../context.js';
import { hostOf, post, refusal } from './post.js';
import { sign } from './signature.js';

export interface SendDeps {
  openSecret: (ref: SecretRef) => Promise<string>;
  clock: Pick<Clock, 'now'>;
}

async function send(
  { clock }: SendDeps,
  whom: string,
  url: string,
  notice: Notice | OldNotice,
  proof: (body: string) => Record<string, string>,
): Promise<void> {
  const body = JSON.stringify({ ...notice, at: new Date(notice.at).toISOString() });
  const headers = {
    'Content-Type': 'application/json',
    'Sluice-Event': notice.event,
    'Sluice-Delivery': notice.id,
    ...proof(body),
  };
  const answer = await post(whom, url, headers, body);
  if (!answer.ok) throw refusal(`${whom} at ${hostOf(url)} answered ${answer.status}.`, answer, clock.now());
}

const hmac =
  (secret: string, { clock }: SendDeps) =>
  (body: string): Record<string, string> => ({ 'Sluice-Signature': sign(secret, body, clock.now()) });

/**
 * One POST of the notice as JSON. `Sluice-Delivery` is the notice's id, the same for each attempt. Any answer but 2xx is an error, for the
 * caller's policy to try again.
 */
export async function sendToWebhook(deps: SendDeps, receiver: WebhookReceiver, notice: Notice): Promise<void> {
  const { name, url, secret, header } = receiver;
  const [address, opened, value] = await Promise.all([
    deps.openSecret(url),
    secret && deps.openSecret(secret),
    header && deps.openSecret(header.value),
  ]);
  const proof = (body: string): Record<string, string> => ({
    ...(opened !== undefined && hmac(opened, deps)(body)),
    ...(header && value !== undefined && { [header.name]: value }),
  });
  await send(deps, `The webhook ${name}`, address, notice, proof);
}

/** The same to the one webhook of `webhook:`, always signed, in the older words. */
export async function sendToOldWebhook(deps: SendDeps, { url, secret }: Webhook, notice: OldNotice): Promise<void> {
  await send(deps, 'The webhook', url, notice, hmac(await deps.openSecret(secret), deps));
}
