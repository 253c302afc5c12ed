import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { SlackHookReceiver, SlackReceiver } from '../../config/server.js';
import type { Notice } from '../../model/notification.js';
import { hostOf, post, refusal } from './post.js';
import type { Posted } from './post.js';
import { isForAll, slackMessage } from './slack-message.js';
import type { SendDeps } from './webhook.js';

const JSON_BODY = { 'Content-Type': 'application/json; charset=utf-8' };

const answerShape = z.object({ ok: z.boolean(), ts: z.string().optional(), error: z.string().optional() });

/** What Slack says when somebody has to change something first: to ask again within the hour would only hold up the next notices. */
const UNTIL_MENDED: Readonly<Record<string, string>> = {
  channel_not_found: 'Check channelID, and invite the app to a private channel.',
  not_in_channel: 'Invite the app to the channel.',
  is_archived: 'Name a channel that is not archived.',
  restricted_action: 'Allow the app to post in the channel.',
  missing_scope: 'Give the app the scope chat:write.',
  invalid_auth: 'Put a valid token there.',
  not_authed: 'Put a valid token there.',
  account_inactive: 'Put a token there whose app is installed.',
  token_revoked: 'Put a token there that was not revoked.',
  token_expired: 'Put a token there that has not expired.',
  no_permission: 'Give the app the scope chat:write.',
};

/** Posts to a channel by its incoming webhook. */
export async function sendToSlackHook(
  { openSecret, clock }: SendDeps,
  { name, url, mentions }: SlackHookReceiver,
  notice: Notice,
): Promise<void> {
  const whom = `Slack (${name})`;
  const address = await openSecret(url);
  const answer = await post(whom, address, JSON_BODY, JSON.stringify(slackMessage(notice, mentions)));
  if (!answer.ok) throw refusal(`${whom} at ${hostOf(address)} answered ${answer.status}.`, answer, clock.now());
}

/**
 * Posts to a channel by `chat.postMessage`, into the deployment's thread where there is one.
 * @returns the thread: the first message of it is the one that was posted without
 */
export async function sendToSlack(
  { openSecret, clock }: SendDeps,
  { name, token, channel, apiUrl, mentions }: SlackReceiver,
  notice: Notice,
  thread?: string,
): Promise<string | undefined> {
  const whom = `Slack (${name})`;
  const headers = { ...JSON_BODY, Authorization: `Bearer ${await openSecret(token)}` };
  const say = async (into?: string): Promise<{ answer: Posted; said: z.output<typeof answerShape> | undefined }> => {
    const threaded = into === undefined ? {} : { thread_ts: into, ...(isForAll(notice) && { reply_broadcast: true }) };
    const message = { channel, ...slackMessage(notice, mentions), ...threaded };
    const answer = await post(whom, `${apiUrl}/chat.postMessage`, headers, JSON.stringify(message));
    return { answer, said: answer.ok ? readAnswer(answer.body) : undefined };
  };

  let { answer, said } = await say(thread);
  // Somebody deleted the first message: a new one begins another thread.
  const lost = thread !== undefined && said?.error === 'thread_not_found';
  if (lost) ({ answer, said } = await say());
  if (said?.ok) return thread === undefined || lost ? said.ts : thread;
  const what = said?.error ?? (answer.ok ? 'something that is none of its answers' : String(answer.status));
  const fix = UNTIL_MENDED[what];
  if (fix) throw ApplicationFailure.nonRetryable(`${whom} answered ${what}. ${fix}`, 'NotDelivered');
  throw refusal(`${whom} answered ${what}.`, answer, clock.now());
}

function readAnswer(body: string): z.output<typeof answerShape> | undefined {
  try {
    return answerShape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
