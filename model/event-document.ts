import type { EndedEvent, EventEnd, EventWatcherState, RegisteredEvent } from './event.js';
import { iso } from './wire.js';

/** An event over HTTP. */
export interface EventDocument extends Omit<RegisteredEvent, 'at'> {
  at: string;
  status: 'PENDING' | EventEnd['status'];
  reason: string;
  commit?: string;
  url?: string;
  endedAt?: string;
}

export interface EventList {
  events: EventDocument[];
}

/** Of several repositories the one that matters: where it waits, then where it went wrong, then where it was committed. */
const RANK = { PENDING: 0, FAILED: 1, HANDLED: 2, SUPERSEDED: 3, GONE: 4, UNMATCHED: 5 } as const;

/** The events of all repositories, newest first, each once. */
export function eventDocuments(states: readonly EventWatcherState[]): EventDocument[] {
  const found = new Map<string, { rank: number; document: EventDocument }>();
  const add = (rank: number, document: EventDocument): void => {
    const other = found.get(document.id);
    if (!other || rank < other.rank) found.set(document.id, { rank, document });
  };
  for (const { pending, ended, problem } of states) {
    for (const event of pending) {
      add(RANK.PENDING, { ...event, at: iso(event.at), status: 'PENDING', reason: problem ?? 'It will be committed.' });
    }
    for (const event of ended) {
      add(RANK[rankOf(event)], endedDocument(event));
    }
  }
  return [...found.values()].map(({ document }) => document).sort((a, b) => (a.at < b.at ? 1 : -1));
}

function rankOf(event: EndedEvent): keyof typeof RANK {
  if (event.status !== 'FAILED') return event.status;
  return event.unmatched ? 'UNMATCHED' : event.gone ? 'GONE' : 'FAILED';
}

function endedDocument(event: EndedEvent): EventDocument {
  const { id, name, data, labels, contexts, by, at, status, reason, endedAt } = event;
  return {
    ...{ id, name, data, labels, contexts, by, at: iso(at), status, reason, endedAt: iso(endedAt) },
    ...(status === 'HANDLED' && { commit: event.commit, ...(event.url !== undefined && { url: event.url }) }),
  };
}
