import { z } from 'zod';
import type { Reader } from '../document/reader.js';
import { EVENT_GROUPS, EVENT_NAMES } from '../model/notification.js';
import type { EventGroup, EventName, Mention } from '../model/notification.js';

const EVERY = '*';
const OF_NO_APPLICATION: ReadonlySet<EventGroup> = new Set(['PIPED', 'EVENT'] as const);
const names = z.array(z.string().min(1)).optional();

/** `spec.notification` of an application file (pipecd.md §1.1). */
export const notificationFields = z.object({
  mentions: z
    .array(
      z.object({
        event: z.enum([EVERY, ...EVENT_NAMES] as [typeof EVERY, ...EventName[]]),
        slackUsers: names,
        slackGroups: names,
        slack: names,
        email: names,
      }),
    )
    .optional(),
});

/** Reads whom the application's file wants called, and when. */
export function readMentions(reader: Reader, fields: z.output<typeof notificationFields> | undefined): Mention[] {
  return (fields?.mentions ?? []).flatMap(
    ({ event, slackUsers = [], slack = [], slackGroups: groups = [], email }, i) => {
      if (email?.length) {
        const path = ['spec', 'notification', 'mentions', i, 'email'];
        reader.warning(path, 'email is accepted and does nothing, as in PipeCD', 'Name people by their Slack ids.');
      }
      if (event !== EVERY && OF_NO_APPLICATION.has(EVENT_GROUPS[event])) {
        const message = `${event} is of no application: nobody is called here`;
        const fix = 'Write mentionedAccounts of the receiver, in the server configuration.';
        reader.warning(['spec', 'notification', 'mentions', i, 'event'], message, fix);
      }
      const users = [...new Set([...slackUsers, ...slack])];
      return users.length + groups.length > 0 ? [{ event, users, groups }] : [];
    },
  );
}
