import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { DriftSeen } from '../activities/drift.js';
import type { Notice } from '../activities/people.js';
import type { DriftDocument } from '../model/drift.js';
import { MINUTE, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { iso } from '../model/wire.js';
import { driftQuery, lookForDriftUpdate, watchDriftSignal } from './messages.js';
import type { DriftInput, DriftState } from './messages.js';
import { comparing, telling } from './proxies.js';
import { reasonOf } from './reason.js';

/** A look costs eleven events. */
const EVENTS_PER_RUN = 2_000;
/** Until the worker has said how long. */
const INTERVAL = 10 * MINUTE;
/** After a deployment, when AWS's reads have caught up with its writes. */
const SOON: Millis = 5 * SECOND;
/** Of the interval, so that applications whose watch began together do not ask AWS together. */
const JITTER = 0.2;

/**
 * One for each application: looks again and again whether what runs is still what was deployed last, and tells people when it is not. It
 * changes nothing, and touches no deployment.
 */
export async function drift({ app, state: carried }: DriftInput): Promise<void> {
  const state: DriftState = carried ?? {};
  let underWay: Promise<DriftDocument> | undefined;
  let woken = false;
  /** Nobody looks unasked, or there is nothing to look after: it ends when those who asked have heard. */
  let over = false;
  const isOver = (): boolean => over;
  let untold = 0;

  /** Those who ask while it looks hear what it sees. */
  function look(): Promise<DriftDocument> {
    underWay ??= lookOnce().finally(() => (underWay = undefined));
    return underWay;
  }

  async function lookOnce(): Promise<DriftDocument> {
    const { interval, gone, ...seen } = await see(app, state.interval);
    const now = iso(Date.now());
    const since = state.last?.status === seen.status ? state.last.since : now;
    const document: DriftDocument = { app, ...seen, lookedAt: now, since };
    publish(document, state.last);
    state.last = document;
    over = gone === true || interval === undefined;
    if (interval !== undefined) state.interval = interval;
    state.next = Date.now() + jittered(interval ?? INTERVAL);
    if (isNews(document, state)) tell(document);
    return document;
  }

  /** In the background: a webhook that is down holds no look up. */
  function tell({ reason }: DriftDocument): void {
    untold += 1;
    void tellPeople(app, reason).finally(() => (untold -= 1));
  }

  // A new run would leave behind what is still being told.
  const isFull = (): boolean =>
    untold === 0 && (workflowInfo().historyLength > EVENTS_PER_RUN || workflowInfo().continueAsNewSuggested);

  setHandler(driftQuery, () => state, { description: 'What the last look saw.' });
  setHandler(lookForDriftUpdate, look, { description: 'Look now, and answer what was seen.' });
  setHandler(
    watchDriftSignal,
    (soon?: boolean) => {
      woken = true;
      over = false;
      if (soon === true)
        state.next = Math.min(state.next ?? Infinity, Date.now() + Math.round(SOON * (1 + Math.random())));
    },
    { description: 'There is something to look after; `true` looks soon.' },
  );

  // Those that a worker's start has begun are spread.
  state.next ??= Date.now() + Math.round(Math.random() * INTERVAL);
  for (;;) {
    woken = false;
    if (Date.now() < state.next) {
      await condition(() => woken || over || isFull(), state.next - Date.now(), { summary: 'until the next look' });
    } else await look();
    if (isOver()) {
      await condition(() => allHandlersFinished() && untold === 0);
      // Woken meanwhile, it goes on.
      if (isOver()) return;
    }
    if (isFull()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof drift>({ app, state });
    }
  }
}

function jittered(interval: Millis): Millis {
  return Math.round(interval * (1 - JITTER / 2 + Math.random() * JITTER));
}

/** A look that failed saw nothing: that is never taken for in sync. */
async function see(app: string, interval: Millis = INTERVAL): Promise<DriftSeen> {
  try {
    return await comparing.lookForDrift.executeWithOptions({ summary: 'does what was deployed still run?' }, [app]);
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    return { status: 'UNKNOWN', reason: `The look at AWS failed: ${reasonOf(error)}`, differences: [], interval };
  }
}

/** Out of sync is said once for each change of what differs; what could not be judged meanwhile is no change. */
function isNews({ status, deployment = '', differences }: DriftDocument, state: DriftState): boolean {
  if (status === 'SYNCED') delete state.told;
  if (status !== 'OUT_OF_SYNC') return false;
  const mark = JSON.stringify([deployment, differences]);
  if (mark === state.told) return false;
  state.told = mark;
  return true;
}

async function tellPeople(app: string, reason: string): Promise<void> {
  const notice: Notice = {
    id: uuid4(),
    event: 'OUT_OF_SYNC',
    app,
    at: Date.now(),
    reason,
    link: `/api/v1/applications/${app}`,
  };
  await CancellationScope.nonCancellable(() =>
    telling.notify.executeWithOptions({ summary: 'tell people: OUT_OF_SYNC' }, [notice]),
  ).catch(() => undefined);
}

/** What lists show, written when it changes; the whole is told by Query. */
function publish(document: DriftDocument, before: DriftDocument | undefined): void {
  setCurrentDetails(detailsOfDrift(document));
  const { app, status, reason, since, deployment = '' } = document;
  const shown = [status, reason, since, deployment];
  if (before && shown.join() === [before.status, before.reason, before.since, before.deployment ?? ''].join()) return;
  upsertMemo({ drift: { app, status, reason, since, ...(deployment !== '' && { deployment }) } });
}

/** What Temporal's own UI shows: Markdown. */
function detailsOfDrift({ app, status, reason, differences }: DriftDocument): string {
  const cell = (text = ''): string => text.replaceAll('|', '\\|');
  const rows = differences.map(
    ({ path, deployed, running }) => `| ${cell(path)} | ${cell(deployed)} | ${cell(running)} |`,
  );
  return [
    `### ${app}: ${status}`,
    reason,
    ...(rows.length > 0 ? ['', '| field | deployed | running |', '|-|-|-|', ...rows] : []),
  ].join('\n');
}
