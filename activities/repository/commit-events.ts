import type { EventEnd, RegisteredEvent } from '../../model/event.js';
import { eventKey } from '../../model/event-watcher.js';
import { planEvents, wantsPullRequest } from '../../spec/plan-events.js';
import type { EventPlan } from '../../spec/plan-events.js';
import { commitUrl } from '../git/commit-url.js';
import type { PullRequests } from '../git/pull-request.js';
import { GitFailure, PushRefused } from '../git/repository.js';
import type { Git, Repository } from '../git/repository.js';
import { readWatchers } from './watchers.js';

/** In each commit, once for each event: how a commit is found that was pushed by one who did not live to tell. */
const TRAILER = 'Sluice-Event';
/** Each is a read of the new head; who loses more often comes again with the next attempt. */
const RACES = 10;

/**
 * Writes what events say into a repository: with one commit on its branch, and with a branch and a pull request for each thing whose watcher
 * wants one. An event whose commit or pull request is there already is not done again; a race that was lost to another push is run again on
 * the new head. A host that does not answer is a problem that lets the events wait.
 */
export async function commitEvents(
  git: Git,
  requests: PullRequests,
  repository: Repository,
  events: readonly RegisteredEvent[],
): Promise<{ ends: Record<string, EventEnd> } | { problem: string }> {
  try {
    for (let race = 0; race < RACES; race += 1) {
      const ends = await attempt(git, requests, repository, events);
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
  requests: PullRequests,
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
  const head: Head = { git, requests, repository, parent, watchers, files };
  const proposed = open.filter((event) => wantsPullRequest(event, watchers));
  for (const key of new Set(proposed.map(eventKey))) {
    Object.assign(
      ends,
      await propose(
        head,
        proposed.filter((event) => eventKey(event) === key),
      ),
    );
  }
  const committed = await commitAll(
    head,
    open.filter((event) => !proposed.includes(event)),
  );
  return committed && { ...ends, ...committed };
}

/** A repository at one commit, with what its watchers name. */
interface Head {
  git: Git;
  requests: PullRequests;
  repository: Repository;
  parent: string;
  watchers: Awaited<ReturnType<typeof readWatchers>>;
  files: ReadonlyMap<string, Uint8Array>;
}

/** One commit on the branch for all of them. @returns undefined when somebody else pushed first */
async function commitAll(
  { git, repository, parent, watchers, files }: Head,
  events: readonly RegisteredEvent[],
): Promise<Record<string, EventEnd> | undefined> {
  const plan = planEvents(events, watchers, files);
  const ends = { ...plan.ended };
  for (const { id } of plan.unchanged) ends[id] = handled(repository, parent, 'The value stands there already.');
  if (plan.changing.length === 0) return ends;
  if (Object.keys(plan.files).length === 0) {
    for (const { id } of plan.changing) ends[id] = handled(repository, parent, 'Another event put the value back.');
    return ends;
  }
  try {
    const commit = await git.push(repository, { parent, files: plan.files, message: messageOf(plan) });
    if (commit === undefined) return undefined;
    for (const { id } of plan.changing) ends[id] = handled(repository, commit, 'Committed.');
  } catch (error) {
    // Those whose commit is there already are handled all the same.
    if (!(error instanceof PushRefused)) throw error;
    for (const { id } of plan.changing) ends[id] = { status: 'FAILED', reason: error.message };
  }
  return ends;
}

/**
 * A branch with one commit, and a pull request for it, of events about one thing. The branch is named by the event, so that one who did not live to
 * tell is followed by one who finds both.
 */
async function propose(
  { git, requests, repository, parent, watchers, files }: Head,
  events: readonly RegisteredEvent[],
): Promise<Record<string, EventEnd>> {
  const plan = planEvents(events, watchers, files);
  const ends = { ...plan.ended };
  for (const { id } of plan.unchanged) ends[id] = handled(repository, parent, 'The value stands there already.');
  const [event] = plan.changing;
  if (!event) return ends;
  const branch = `sluice/event-${event.id}`;
  try {
    const known = await requests.find(repository, branch);
    if (known !== undefined) {
      const commit = (await git.resolve(repository, branch)) ?? parent;
      ends[event.id] = { status: 'HANDLED', commit, url: known, reason: `Proposed on ${branch}.` };
      return ends;
    }
    const message = messageOf(plan);
    const commit = await git.push(repository, { parent, files: plan.files, message, branch });
    if (commit === undefined) throw new GitFailure(`Repository ${repository.repoId}: ${branch} could not be written.`);
    const [title = event.name] = plan.message.trim().split('\n', 1);
    const body = `Event ${event.name}, registered by ${event.by}: \`${event.data}\`.`;
    const url = await requests.open(repository, { branch, title, body });
    ends[event.id] = { status: 'HANDLED', commit, url, reason: `Proposed on ${branch}.` };
  } catch (error) {
    if (!(error instanceof PushRefused)) throw error;
    ends[event.id] = { status: 'FAILED', reason: error.message };
  }
  return ends;
}

function messageOf({ message, changing }: EventPlan): string {
  return `${message.trim()}\n\n${trailersOf(changing).join('\n')}\n`;
}

function trailersOf(events: readonly RegisteredEvent[]): string[] {
  const contexts = events.flatMap((event) => Object.entries(event.contexts).map(([key, value]) => `${key}: ${value}`));
  return [...new Set(contexts), ...events.map(({ id }) => `${TRAILER}: ${id}`)];
}

function handled({ remote }: Repository, commit: string, reason: string): EventEnd {
  const url = commitUrl(remote, commit);
  return { status: 'HANDLED', commit, reason, ...(url !== undefined && { url }) };
}
