import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { duration, text } from '../document/scalars.js';
import type { Path } from '../document/yaml.js';
import { formatDuration, MINUTE } from '../model/duration.js';
import { EVENT_NAMES, GROUP_NAMES } from '../model/notification.js';
import type { EventGroup, EventName, Mentioned, Route } from '../model/notification.js';
import { besides, name, oneSecret } from './part.js';
import type { NotificationsPart, SecretFields } from './part.js';
import type { Receiver, SecretRef } from './server.js';

export const SLACK_API = 'https://slack.com/api';
/** PipeCD's (pipecd.md §4.7). */
export const SIGNATURE_HEADER = 'PipeCD-Signature';
const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** More often nobody wants to be reminded, and each time costs the deployment's history ten events. */
const SHORTEST_REMINDER = MINUTE;

const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const events = z.array(z.enum(EVENT_NAMES as [EventName, ...EventName[]])).optional();
const groups = z.array(z.enum(GROUP_NAMES as [EventGroup, ...EventGroup[]])).optional();
const labels = z.record(z.string(), text).optional();
const names = z.array(name).optional();

const route = z.object({
  name: name.optional(),
  receiver: name,
  events,
  ignoreEvents: events,
  groups,
  ignoreGroups: groups,
  apps: names,
  ignoreApps: names,
  labels,
  ignoreLabels: labels,
});

const slack = z.object({
  hookURL: webUrl.optional(),
  hookURLFile: name.optional(),
  hookURLEnv: name.optional(),
  oauthTokenData: name.optional(),
  oauthTokenFile: name.optional(),
  oauthTokenEnv: name.optional(),
  channelID: name.optional(),
  apiURL: webUrl.optional(),
  mentionedAccounts: names,
  mentionedGroups: names,
});

const webhook = z.object({
  url: webUrl.optional(),
  urlFile: name.optional(),
  urlEnv: name.optional(),
  signatureKey: z.string().regex(HEADER_NAME, { error: 'must be the name of a header' }).optional(),
  signatureValue: z.string().optional(),
  signatureValueFile: name.optional(),
  signatureValueEnv: name.optional(),
  secretFile: name.optional(),
  secretEnv: name.optional(),
});

/** `notifications` of a Piped or Sluice document: PipeCD's fields, and ours for secrets, the HMAC and reminders. */
export const notificationFields = z.object({
  routes: z.array(route).optional(),
  receivers: z.array(z.object({ name, slack: slack.optional(), webhook: webhook.optional() })).optional(),
  approvalReminder: duration.optional(),
});

type Slack = z.output<typeof slack>;
type Webhook = z.output<typeof webhook>;

/** What stands in the configuration itself. */
function inline(value: string): SecretRef {
  return { base64: Buffer.from(value).toString('base64') };
}

function secretFields(reader: Reader, field: string): SecretFields {
  return { [`${field}File`]: (file) => ({ file: besides(reader, file) }), [`${field}Env`]: (env) => ({ env }) };
}

function anyOf(fields: Readonly<Record<string, unknown>>, wanted: SecretFields): boolean {
  return Object.keys(wanted).some((field) => fields[field]);
}

function readRoute(fields: z.output<typeof route>, i: number): Route {
  return {
    name: fields.name ?? `route ${i + 1}`,
    receiver: fields.receiver,
    events: fields.events ?? [],
    ignoreEvents: fields.ignoreEvents ?? [],
    groups: fields.groups ?? [],
    ignoreGroups: fields.ignoreGroups ?? [],
    apps: fields.apps ?? [],
    ignoreApps: fields.ignoreApps ?? [],
    labels: fields.labels ?? {},
    ignoreLabels: fields.ignoreLabels ?? {},
  };
}

/** People write `@U012` as well as `U012`. */
function mentionsOf({ mentionedAccounts = [], mentionedGroups = [] }: Slack): Mentioned {
  const plain = (id: string): string => id.replace(/^@/, '');
  return { users: mentionedAccounts.map(plain), groups: mentionedGroups.map(plain) };
}

function readSlack(reader: Reader, path: Path, receiver: string, fields: Slack): Receiver | undefined {
  const hooks: SecretFields = { hookURL: inline, ...secretFields(reader, 'hookURL') };
  const tokens: SecretFields = {
    ...secretFields(reader, 'oauthToken'),
    // A token begins so, and base64 of one does not: both are taken.
    oauthTokenData: (data) => (data.startsWith('xox') ? inline(data) : { base64: data }),
  };
  const mentions = mentionsOf(fields);
  if (!anyOf(fields, tokens)) {
    const url = oneSecret(reader, path, { ...hooks, ...tokens }, fields);
    return url && { type: 'SLACK_HOOK', name: receiver, url, mentions };
  }
  const token = oneSecret(reader, path, { ...hooks, ...tokens }, fields);
  if (!fields.channelID) {
    reader.error([...path, 'channelID'], 'is missing', 'Write the id of the channel to post to: C0123456789.');
    return undefined;
  }
  return (
    token && {
      type: 'SLACK',
      name: receiver,
      token,
      channel: fields.channelID,
      apiUrl: (fields.apiURL ?? SLACK_API).replace(/\/+$/, ''),
      mentions,
    }
  );
}

function readWebhook(reader: Reader, path: Path, receiver: string, fields: Webhook): Receiver | undefined {
  const url = oneSecret(reader, path, { url: inline, ...secretFields(reader, 'url') }, fields);
  const values: SecretFields = { signatureValue: inline, ...secretFields(reader, 'signatureValue') };
  const secrets = secretFields(reader, 'secret');
  if (!url) return undefined;
  if (!anyOf(fields, { ...values, ...secrets })) return { type: 'WEBHOOK', name: receiver, url };
  const proof = oneSecret(reader, path, { ...values, ...secrets }, fields);
  if (!proof) return undefined;
  return anyOf(fields, secrets)
    ? { type: 'WEBHOOK', name: receiver, url, secret: proof }
    : {
        type: 'WEBHOOK',
        name: receiver,
        url,
        header: { name: fields.signatureKey ?? SIGNATURE_HEADER, value: proof },
      };
}

function readReceiver(
  reader: Reader,
  path: Path,
  fields: { name: string; slack?: Slack | undefined; webhook?: Webhook | undefined },
): Receiver | undefined {
  if (fields.slack && fields.webhook) {
    reader.error([...path, 'webhook'], 'slack and webhook are given both', 'Make two receivers of them.');
    return undefined;
  }
  if (fields.slack) return readSlack(reader, [...path, 'slack'], fields.name, fields.slack);
  if (fields.webhook) return readWebhook(reader, [...path, 'webhook'], fields.name, fields.webhook);
  reader.error(path, 'one of slack, webhook is missing', 'Say how the receiver is reached.');
  return undefined;
}

/** Reads `notifications`: who is told of what, and how. */
export function readNotifications(
  reader: Reader,
  fields: z.output<typeof notificationFields> | undefined,
): NotificationsPart {
  if (!fields) return { routes: [], receivers: [] };
  const { approvalReminder } = fields;
  if (approvalReminder && approvalReminder < SHORTEST_REMINDER) {
    const message = `${formatDuration(approvalReminder)} is too short`;
    const fix = `Write ${formatDuration(SHORTEST_REMINDER)} or longer, or 0 for no reminders.`;
    reader.error(['spec', 'notifications', 'approvalReminder'], message, fix);
  }
  return {
    routes: (fields.routes ?? []).map(readRoute),
    receivers: (fields.receivers ?? []).flatMap(
      (one, i) => readReceiver(reader, ['spec', 'notifications', 'receivers', i], one) ?? [],
    ),
    ...(approvalReminder !== undefined && { approvalReminder }),
  };
}
