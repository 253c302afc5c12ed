import type { EventEnd, RegisteredEvent } from '../../model/event.js';
import { planEvents } from '../../spec/plan-events.js';
import { commitUrl } from '../git/commit-url.js';
import { GitFailure, PushRefused } from '../git/repository.js';
import type { Git, Repository } from '../git/repository.js';
import { readWatchers } from './watchers.js';

/** In each commit, once for each event: how a commit is found that was pushed by one who did not live to tell. */
const TRAILER = 'Sluice-Event';
/** Each is a read of the new head; who loses more often comes again with the next attempt. */
const RACES = 10;

/**
 * Writes what events say into a repository with one commit. An event whose commit is there already is not committed again; a race that was
 * lost to another push is run again on the new head. A host that does not answer is a problem that lets the events wait.
 */
export async function commitEvents(
  git: Git,
  repository: Repository,
  events: readonly RegisteredEvent[],
): Promise<{ ends: Record<string, EventEnd> } | { problem: string }> {
  try {
    for (let race = 0; race < RACES; race += 1) {
      const ends = await attempt(git, repository, events);
      if (ends) return { ends };
    }
    return { problem: `Repository ${repository.repoId}: others pushed first ${RACES} times in a row.` };
  } catch (error) {
    if (error instanceof GitFailure) return { problem: error.message };
    throw error;
  }
}

/** @returns undefined when somebody else pushed first */
async function attempt(
  git: Git,
  repository: Repository,
  events: readonly RegisteredEvent[],
): Promise<Record<string, EventEnd> | undefined> {
  const parent = await git.head(repository);
  const there = await git.trailers(repository, parent, TRAILER);
  const ends: Record<string, EventEnd> = {};
  const open: RegisteredEvent[] = [];
  for (const event of events) {
    const commit = there.get(event.id);
    if (commit === undefined) open.push(event);
    else ends[event.id] = handled(repository, commit, 'Committed.');
  }
  const tree = await git.open(repository, parent);
  const watchers = await readWatchers(tree);
  const files = new Map<string, Uint8Array>();
  for (const file of new Set(watchers.flatMap(({ replacements }) => replacements.map((one) => one.file)))) {
    const content = await tree.read(file);
    if (content) files.set(file, content);
  }
  const plan = planEvents(open, watchers, files);
  Object.assign(ends, plan.ended);
  for (const { id } of plan.unchanged) ends[id] = handled(repository, parent, 'The value stands there already.');
  if (plan.changing.length === 0) return ends;
  if (Object.keys(plan.files).length === 0) {
    for (const { id } of plan.changing) ends[id] = handled(repository, parent, 'Another event put the value back.');
    return ends;
  }
  const message = `${plan.message.trim()}\n\n${trailersOf(plan.changing).join('\n')}\n`;
  try {
    const commit = await git.push(repository, { parent, files: plan.files, message });
    if (commit === undefined) return undefined;
    for (const { id } of plan.changing) ends[id] = handled(repository, commit, 'Committed.');
  } catch (error) {
    // Those whose commit is there already are handled all the same.
    if (!(error instanceof PushRefused)) throw error;
    for (const { id } of plan.changing) ends[id] = { status: 'FAILED', reason: error.message };
  }
  return ends;
}

function trailersOf(events: readonly RegisteredEvent[]): string[] {
  const contexts = events.flatMap((event) => Object.entries(event.contexts).map(([key, value]) => `${key}: ${value}`));
  return [...new Set(contexts), ...events.map(({ id }) => `${TRAILER}: ${id}`)];
}

function handled({ remote }: Repository, commit: string, reason: string): EventEnd {
  const url = commitUrl(remote, commit);
  return { status: 'HANDLED', commit, reason, ...(url !== undefined && { url }) };
}
