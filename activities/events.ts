import type { EventEnd, RegisteredEvent } from '../model/event.js';

/** How the events of a batch ended, by id; or why none can be told yet. */
export type EventsCommitted =
  | {
      ends: Record<string, EventEnd>;
      /** No other repository is configured that could wait for them. */ alone: boolean;
    }
  | { problem: string };

export interface EventActivities {
  /** Commits and pushes what the events are to change, once however often it is asked. */
  commitEvents(input: { repoId: string; events: RegisteredEvent[] }): Promise<EventsCommitted>;
}
