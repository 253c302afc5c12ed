import type { Notice } from '../model/notification.js';
import { deliveries } from './deliveries.js';

/** What one announcement starts with. */
export interface AnnouncementInput {
  notice: Notice;
  /** Those who are still to be told; all that the configuration says when left out. */
  to?: string[];
}

/** Receiver → why it was not told. */
export interface Announced {
  lost: Record<string, string>;
}

/** Delivers one notice that is of no deployment: from git, of a worker, of an application's state. */
export async function announcement({ notice, to }: AnnouncementInput): Promise<Announced> {
  const lost: Record<string, string> = {};
  const telling = deliveries(
    {},
    {
      lost: (receiver, _event, why) => void (lost[receiver] = why),
      unknown: (why) => void (lost['every receiver'] = why),
    },
  );
  telling.send(notice, to);
  await telling.delivered();
  return { lost };
}
