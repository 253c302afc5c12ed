import {
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  setHandler,
  sleep,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { EventsCommitted } from '../activities/events.js';
import { MINUTE, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { EndedEvent, EventEnd, EventWatcherState, RegisteredEvent } from '../model/event.js';
import { eventKey } from '../model/event-watcher.js';
import { repositoryWorkflowId } from '../model/workflow-id.js';
import { announce } from './announce.js';
import { eventsQuery, pokeSignal, registerEventSignal } from './messages.js';
import type { EventWatcherInput } from './messages.js';
import { looking } from './proxies.js';
import { isFailedActivity, reasonOf } from './reason.js';

const EVENTS_PER_RUN = 2_000;
/** What comes within this time goes into one commit. */
const GATHER: Millis = SECOND;
const BATCH = 100;
/** All that is known must fit a workflow's input of 2 MB, and all that waits an activity's: a character may take three bytes. */
const MOST_PENDING = 200;
const ENDED_KEPT = 200;
const PENDING_CHARACTERS = 400_000;
const ENDED_CHARACTERS = 200_000;
const SLOWEST: Millis = 5 * MINUTE;

/**
 * One for each repository to which events came: gathers them, has them committed, and remembers how each one ended. Nothing is dropped for
 * being late: while the repository does not answer, events wait.
 */
export async function eventWatcher({ repoId, state: carried }: EventWatcherInput): Promise<void> {
  const state: EventWatcherState = carried ?? { pending: [], ended: [] };
  let working: ReadonlySet<string> = new Set();
  let failures = 0;
  /** Words to people and to the repository's watcher that are on their way: a run that ended would take them with it. */
  let unsaid = 0;

  const isFull = (): boolean =>
    unsaid === 0 && (workflowInfo().historyLength > EVENTS_PER_RUN || workflowInfo().continueAsNewSuggested);

  function say(words: Promise<void>): void {
    unsaid += 1;
    void words.finally(() => (unsaid -= 1));
  }

  function end(event: RegisteredEvent, how: EventEnd, quiet = false): void {
    state.pending = state.pending.filter(({ id }) => id !== event.id);
    state.ended = newestOf([...state.ended, { ...event, ...how, endedAt: Date.now() }]);
    if (how.status === 'FAILED' && !quiet) say(tell(repoId, `Event ${event.id} (${event.name}): ${how.reason}`));
  }

  setHandler(eventsQuery, () => state, { description: 'Events that wait, and how the last ones ended.' });
  setHandler(
    registerEventSignal,
    (event) => {
      if ([...state.pending, ...state.ended].some(({ id }) => id === event.id)) return;
      for (const older of state.pending.filter(({ id }) => !working.has(id))) {
        if (eventKey(older) !== eventKey(event)) continue;
        end(older, { status: 'SUPERSEDED', reason: `Event ${event.id} came after it.` });
      }
      const { length } = state.pending;
      if (length < MOST_PENDING && charactersOf([...state.pending, event]) <= PENDING_CHARACTERS)
        state.pending.push(event);
      else end(event, { status: 'FAILED', reason: `${length} events wait already: ${state.problem ?? ''}` });
    },
    { description: 'Takes an event in.' },
  );

  for (;;) {
    await condition(() => state.pending.length > 0 || isFull(), { summary: 'until an event comes' });
    if (state.pending.length > 0) await sleep(GATHER);
    if (isFull()) await continueAsNew<typeof eventWatcher>({ repoId, state });
    const batch = state.pending.slice(0, BATCH);
    working = new Set(batch.map(({ id }) => id));
    const committed = await commit(repoId, batch);
    working = new Set();
    if ('problem' in committed) {
      if (state.problem === undefined) say(tell(repoId, `Events wait: ${committed.problem}`));
      state.problem = committed.problem;
      failures += 1;
      await sleep(Math.min(SLOWEST, 10 * SECOND * 2 ** Math.min(failures, 10)));
    } else {
      if (Object.values(committed.ends).some(({ status }) => status === 'HANDLED')) say(haveDeployed(repoId));
      delete state.problem;
      failures = 0;
      for (const event of batch) {
        const how = committed.ends[event.id];
        // In another repository somebody may wait for what nobody waits for here.
        if (how) end(event, how, how.status === 'FAILED' && how.unmatched === true && !committed.alone);
      }
    }
  }
}

function charactersOf(events: readonly RegisteredEvent[]): number {
  return JSON.stringify(events).length;
}

function newestOf(ended: EndedEvent[]): EndedEvent[] {
  let kept = ended.slice(-ENDED_KEPT);
  while (kept.length > 1 && charactersOf(kept) > ENDED_CHARACTERS) kept = kept.slice(1);
  return kept;
}

async function commit(repoId: string, events: RegisteredEvent[]): Promise<EventsCommitted> {
  try {
    return await looking.commitEvents.executeWithOptions({ summary: `commit ${events.length} events` }, [
      { repoId, events },
    ]);
  } catch (error) {
    if (!isFailedActivity(error)) throw error;
    return { problem: `The events could not be committed: ${reasonOf(error)}` };
  }
}

/** What was committed is deployed at once, not with the next look. */
function haveDeployed(repoId: string): Promise<void> {
  return getExternalWorkflowHandle(repositoryWorkflowId(repoId))
    .signal(pokeSignal)
    .catch(() => undefined);
}

function tell(repoId: string, reason: string): Promise<void> {
  return announce({
    id: uuid4(),
    event: 'EVENT_FAILED',
    repository: repoId,
    at: Date.now(),
    reason,
    link: '/api/v1/events',
  });
}
