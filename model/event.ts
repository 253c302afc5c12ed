/** What CI tells: a name, a value, and labels that must match a watcher's exactly. */
export interface RegisteredEvent {
  id: string;
  name: string;
  /** The value that is written, such as an image. */
  data: string;
  labels: Record<string, string>;
  /** Written into the commit as trailers. */
  contexts: Record<string, string>;
  by: string;
  /** Epoch ms. */
  at: number;
}

/** How an event ends; it is never dropped for being late. */
export type EventEnd =
  | { status: 'HANDLED'; commit: string; url?: string; reason: string }
  | { status: 'SUPERSEDED'; reason: string }
  /** `unmatched`: nobody waits for it in this repository. `gone`: the repository is not configured any more. */
  | { status: 'FAILED'; reason: string; unmatched?: true; gone?: true };

/** An event that ended. */
export type EndedEvent = RegisteredEvent & EventEnd & { endedAt: number };

/** What one repository's event watcher knows. */
export interface EventWatcherState {
  /** Oldest first. */
  pending: RegisteredEvent[];
  /** Oldest first, the newest ones alone. */
  ended: EndedEvent[];
  /** Why nothing can be committed now. */
  problem?: string;
}
