import { replaceValue } from '../document/edit/replace.js';
import type { EventEnd, RegisteredEvent } from '../model/event.js';
import { eventKey, namedEvent } from '../model/event-watcher.js';
import type { EventWatcher } from '../model/event-watcher.js';

/** What is to be committed for a number of events. */
export interface EventPlan {
  /** New contents by path; empty when nothing is to be changed. */
  files: Record<string, Uint8Array>;
  message: string;
  /** The events that the commit is for, oldest first, and those whose values stand in the files already. */
  changing: RegisteredEvent[];
  unchanged: RegisteredEvent[];
  /** Events that end without a commit, by id. */
  ended: Record<string, EventEnd>;
}

interface Matched {
  event: RegisteredEvent;
  watchers: EventWatcher[];
}

const WATCHERS_NAMED = 10;
const LABELLED = /\{\{\s*\.(Value|EventName)\s*\}\}/g;

/** The watchers that an event is for: the same name and exactly its labels (pipecd.md §1.4). */
function watchersOf(event: Pick<RegisteredEvent, 'name' | 'labels'>, all: readonly EventWatcher[]): EventWatcher[] {
  return all.filter((watcher) => eventKey(watcher) === eventKey(event));
}

/** Whether people are to merge what an event changes: one of its watchers wants a pull request. */
export function wantsPullRequest(
  event: Pick<RegisteredEvent, 'name' | 'labels'>,
  watchers: readonly EventWatcher[],
): boolean {
  return watchersOf(event, watchers).some(({ makePullRequest }) => makePullRequest);
}

/**
 * Plans one commit for any number of events, however old. Of events about the same thing the newest counts. An event all of whose values
 * cannot be replaced changes none of them.
 * @param events in the order in which they came
 * @param files the present contents of all files that watchers name, by path
 */
export function planEvents(
  events: readonly RegisteredEvent[],
  watchers: readonly EventWatcher[],
  files: ReadonlyMap<string, Uint8Array>,
): EventPlan {
  const ended: EventPlan['ended'] = {};
  const newest = new Map(events.map((event) => [eventKey(event), event]));
  const matched: Matched[] = [];
  for (const event of events) {
    const last = newest.get(eventKey(event));
    const found = watchersOf(event, watchers);
    if (found.length === 0) ended[event.id] = { status: 'FAILED', reason: unmatched(event, watchers), unmatched: true };
    else if (last && last !== event)
      ended[event.id] = { status: 'SUPERSEDED', reason: `Event ${last.id} came after it.` };
    else matched.push({ event, watchers: found });
  }
  const contents = new Map(files);
  const changing: Matched[] = [];
  const unchanged: RegisteredEvent[] = [];
  for (const one of matched) {
    const changed = new Map<string, Uint8Array>();
    const problem = replaceAll(one, contents, changed);
    if (problem !== undefined) {
      ended[one.event.id] = { status: 'FAILED', reason: problem };
      continue;
    }
    if (changed.size === 0) unchanged.push(one.event);
    else changing.push(one);
    for (const [path, content] of changed) contents.set(path, content);
  }
  const different = [...contents].filter(([path, content]) => !same(content, files.get(path)));
  return {
    files: Object.fromEntries(different),
    message: messageOf(changing),
    changing: changing.map(({ event }) => event),
    unchanged,
    ended,
  };
}

/** Puts what an event changes into `changed`. @returns why it cannot be done */
function replaceAll(
  { event, watchers }: Matched,
  before: ReadonlyMap<string, Uint8Array>,
  changed: Map<string, Uint8Array>,
): string | undefined {
  for (const { from, replacements } of watchers) {
    for (const replacement of replacements) {
      const content = changed.get(replacement.file) ?? before.get(replacement.file);
      if (!content) return `${replacement.file}, which the event watcher in ${from} names, is not in the repository.`;
      const replaced = replaceValue(content, replacement, event.data);
      if ('problem' in replaced) return replaced.problem;
      if (!same(replaced.content, content)) changed.set(replacement.file, replaced.content);
    }
  }
  return undefined;
}

function unmatched(event: RegisteredEvent, watchers: readonly EventWatcher[]): string {
  const there = watchers.slice(0, WATCHERS_NAMED).map((watcher) => `${namedEvent(watcher)} (${watcher.from})`);
  const more = watchers.length > WATCHERS_NAMED ? ` and ${watchers.length - WATCHERS_NAMED} more` : '';
  const known = there.length === 0 ? 'there are no watchers' : `watchers are: ${there.join('; ')}${more}`;
  return `No event watcher matches ${namedEvent(event)}; ${known}.`;
}

/** PipeCD's message for one event; of several, a line for each. */
function messageOf(changing: readonly Matched[]): string {
  const lines = changing.flatMap(({ event, watchers }) =>
    watchers.map(({ commitMessage }) =>
      (commitMessage ?? `Replace values with "{{ .Value }}" set by Event "{{ .EventName }}"`).replace(
        LABELLED,
        (_whole, field: string) => (field === 'Value' ? event.data : event.name),
      ),
    ),
  );
  const different = [...new Set(lines)];
  const [only = ''] = different;
  return different.length <= 1 ? only : `Replace values set by ${changing.length} events\n\n${different.join('\n')}`;
}

function same(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other?.length === one.length && one.every((byte, i) => byte === other[i]);
}
