import type { ServerConfig } from '../../config/server.js';
import { EVENT_GROUPS, oldNotice, receiversOf, WEBHOOK } from '../../model/notification.js';
import type { Notice, OldNotice, Routing } from '../../model/notification.js';
import type { Delivered, PeopleActivities, ToDeliver } from '../people.js';
import { sendToSlack, sendToSlackHook } from './slack.js';
import { sendToOldWebhook, sendToWebhook } from './webhook.js';
import type { SendDeps } from './webhook.js';

export interface PeopleDeps extends SendDeps {
  config: Pick<ServerConfig, 'notifications' | 'webhook' | 'publicUrl'>;
  /** Starts the workflow that delivers a notice. A second time for the same notice does nothing. */
  announce: (notice: Notice) => Promise<void>;
}

/** What an activity was given by a workflow of an older version: it was scheduled before this one began. */
function isOld(notice: Notice | OldNotice): notice is OldNotice {
  return !(notice.event in EVENT_GROUPS) || (notice.event === 'WAITING_APPROVAL' && !('labels' in notice));
}

/** What a workflow has to know of this configuration. */
export function routingOf({ notifications, webhook }: PeopleDeps['config']): Routing {
  const { routes, approvalReminder } = notifications;
  return { routes, webhook: webhook !== undefined, approvalReminder };
}

/** Makes what delivers one notice to one receiver, once. */
export function createDeliver(deps: Omit<PeopleDeps, 'announce'>): PeopleActivities['deliver'] {
  const { notifications, webhook, publicUrl } = deps.config;
  return async function deliver({ receiver: name, notice, thread }: ToDeliver): Promise<Delivered> {
    const full: Notice = {
      ...notice,
      link: `${publicUrl}${notice.link}`,
      ...(notice.page !== undefined && { page: `${publicUrl}${notice.page}` }),
    };
    const receiver = notifications.receivers.find((one) => one.name === name);
    if (!receiver) {
      const old = name === WEBHOOK ? oldNotice(full) : undefined;
      if (!webhook || !old) return { delivered: false };
      await sendToOldWebhook(deps, webhook, old);
      return { delivered: true };
    }
    switch (receiver.type) {
      case 'WEBHOOK':
        await sendToWebhook(deps, receiver, full);
        return { delivered: true };
      case 'SLACK_HOOK':
        await sendToSlackHook(deps, receiver, full);
        return { delivered: true };
      case 'SLACK': {
        const goesOn = await sendToSlack(deps, receiver, full, thread);
        return { delivered: true, ...(goesOn !== undefined && { thread: goesOn }) };
      }
      default:
        return receiver satisfies never;
    }
  };
}

/** Makes the activities that tell people. */
export function createPeople(deps: PeopleDeps): PeopleActivities {
  const { config, announce } = deps;
  return {
    routing: () => Promise.resolve(routingOf(config)),
    deliver: createDeliver(deps),
    async notify(notice: Notice | OldNotice) {
      if (isOld(notice)) {
        if (!config.webhook) return { delivered: false };
        await sendToOldWebhook(deps, config.webhook, { ...notice, link: `${config.publicUrl}${notice.link}` });
        return { delivered: true };
      }
      if (receiversOf(routingOf(config), notice).length === 0) return { delivered: false };
      await announce(notice);
      return { delivered: true };
    },
  };
}
