import { SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { ApplicationDocument, ApplicationsEvent } from '../model/wire.js';
import type { Gateway } from './gateway.js';

/** One open list. */
export interface ApplicationsListener {
  send(event: ApplicationsEvent): void;
  end(): void;
}

export interface LiveApplications {
  /** Sends the whole list, then what changes in it. @returns what closes it */
  listen(listener: ApplicationsListener): Promise<() => void>;
  close(): void;
}

const POLL = SECOND;
/** A list of thousands takes a while to read: so much of the time is left to others. */
const REST = 4;

/** One look serves all who watch the list, and none is made when nobody does. */
export function createLiveApplications(gateway: Pick<Gateway, 'applications'>, poll: Millis = POLL): LiveApplications {
  const listeners = new Set<ApplicationsListener>();
  /** Each application as JSON, as it was told last. */
  let told = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<ApplicationDocument[]> {
    const applications = await gateway.applications();
    const now = new Map(applications.map((one) => [one.app, JSON.stringify(one)]));
    const changed = applications.filter((one) => told.get(one.app) !== now.get(one.app));
    const gone = [...told.keys()].filter((app) => !now.has(app));
    told = now;
    if (changed.length > 0 || gone.length > 0) {
      for (const listener of listeners) listener.send({ type: 'changed', data: { applications: changed, gone } });
    }
    return applications;
  }

  function schedule(took: Millis): void {
    clearTimeout(timer);
    if (listeners.size === 0) return;
    timer = setTimeout(
      () => {
        const began = Date.now();
        // Temporal may be away for a while: the streams stay, and hear what changed when it is back.
        void look()
          .catch(() => undefined)
          .then(() => schedule(Date.now() - began));
      },
      Math.max(poll, REST * took),
    ).unref();
  }

  return {
    async listen(listener) {
      // Before the newcomer is among the listeners: the others hear of what changed, it hears of all.
      const began = Date.now();
      const applications = await look();
      listener.send({ type: 'list', data: { applications } });
      listeners.add(listener);
      if (listeners.size === 1) schedule(Date.now() - began);
      return () => {
        listeners.delete(listener);
      };
    },
    close() {
      for (const listener of listeners) listener.end();
      listeners.clear();
      clearTimeout(timer);
    },
  };
}
