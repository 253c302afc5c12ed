import {
  allHandlersFinished,
  condition,
  continueAsNew,
  log,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  upsertMemo,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { DriftSeen } from '../activities/drift.js';
import { MOST_REDEPLOYMENTS } from '../model/drift.js';
import type { DriftDocument } from '../model/drift.js';
import { HOUR, MINUTE, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { mentionedFor } from '../model/notification.js';
import type { Audience } from '../model/notification.js';
import { iso } from '../model/wire.js';
import { announce } from './announce.js';
import { driftQuery, lookForDriftUpdate, watchDriftSignal } from './messages.js';
import type { DriftInput, DriftRedeployments, DriftState } from './messages.js';
import { comparing } from './proxies.js';
import { reasonOf } from './reason.js';

/** A look costs eleven events. */
const EVENTS_PER_RUN = 2_000;
/** Until the worker has said how long. */
const INTERVAL = 10 * MINUTE;
/** After a deployment, when AWS's reads have caught up with its writes. */
const SOON: Millis = 5 * SECOND;
/** Of the interval, so that applications whose watch began together do not ask AWS together. */
const JITTER = 0.2;
/** So long in sync, a version is taken to stay so: what comes later begins anew. */
const STAYS_AFTER: Millis = HOUR;

/**
 * One for each application: looks again and again whether what runs is still what was deployed last, and tells people when it is not. It
 * changes nothing by itself: where the file wants it (`trigger.onOutOfSync`), it asks the application to deploy again, a few times at most.
 */
export async function drift({ app, state: carried }: DriftInput): Promise<void> {
  const state: DriftState = carried ?? {};
  let underWay: Promise<DriftDocument> | undefined;
  let woken = false;
  /** Nobody looks unasked, or there is nothing to look after: it ends when those who asked have heard. */
  let over = false;
  const isOver = (): boolean => over;
  let untold = 0;
  /** Whether what was seen last is to be deployed again. */
  let wanted = false;
  const isWanted = (): boolean => wanted;

  /** Those who ask while it looks hear what it sees. */
  function look(): Promise<DriftDocument> {
    underWay ??= lookOnce().finally(() => (underWay = undefined));
    return underWay;
  }

  async function lookOnce(): Promise<DriftDocument> {
    const { interval, gone, redeploy, audience, ...seen } = await see(app, state.interval);
    const now = iso(Date.now());
    const since = state.last?.status === seen.status ? state.last.since : now;
    const again = stillAgain(state.again, seen, Date.now());
    if (again) state.again = again;
    else delete state.again;
    const tried = again?.count ?? 0;
    wanted = redeploy === true && tried < MOST_REDEPLOYMENTS;
    const reason = redeploy === true && !wanted ? `${seen.reason} ${givenUp(tried)}` : seen.reason;
    const document: DriftDocument = { app, ...seen, reason, lookedAt: now, since };
    publish(document, state.last);
    state.last = document;
    over = gone === true || interval === undefined;
    if (interval !== undefined) state.interval = interval;
    // A look that was asked for puts off none of the others.
    state.next = Math.min(state.next ?? Infinity, Date.now() + jittered(interval ?? INTERVAL));
    woken = true;
    const event = newsOf(document, state);
    if (event) tell(event, document, audience ?? { labels: {} });
    return document;
  }

  /** The application decides, by what it knows at that moment; what it refuses is asked again with the next look. */
  async function bringBack({ deployment: good, lookedAt, reason }: DriftDocument): Promise<void> {
    if (good === undefined) return;
    try {
      const answer = await comparing.redeploy.executeWithOptions({ summary: `deploy ${good} again` }, [
        { app, good, reason, lookedAt },
      ]);
      if (!answer.accepted) return log.info('not deployed again', { app, good, reason: answer.reason });
      const { count, deployments } = state.again ?? { count: 0, deployments: [good] };
      state.again = { count: count + 1, deployments: [...deployments, answer.id] };
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      log.warn('could not be deployed again', { app, good, reason: reasonOf(error) });
    }
  }

  /** In the background: a webhook that is down holds no look up. */
  function tell(event: News, { reason, deployment }: DriftDocument, { labels, mentions = [] }: Audience): void {
    const mention = mentionedFor(mentions, event);
    untold += 1;
    void announce({
      id: uuid4(),
      event,
      app,
      labels,
      at: Date.now(),
      reason,
      link: `/api/v1/applications/${app}`,
      page: `/applications/${app}`,
      ...(deployment !== undefined && { deployment }),
      ...(mention && { mention }),
    }).finally(() => (untold -= 1));
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
    const pause = (state.next ?? 0) - Date.now();
    if (pause > 0) {
      await condition(() => woken || over || isFull(), pause, { summary: 'until the next look' });
    } else {
      delete state.next;
      const seen = await look();
      if (isWanted()) await bringBack(seen);
    }
    if (isOver()) {
      await condition(() => allHandlersFinished() && untold === 0);
      // Woken meanwhile, it goes on.
      if (isOver()) return;
    }
    if (isFull()) {
      // The look of one who asks may have news.
      await condition(() => allHandlersFinished() && untold === 0);
      await continueAsNew<typeof drift>({ app, state });
    }
  }
}

/**
 * What was deployed again for drift, as far as it still counts: not when somebody has deployed another version since, nor when it has been in
 * sync for long.
 */
function stillAgain(
  again: DriftRedeployments | undefined,
  { status, deployment }: DriftSeen,
  now: number,
): DriftRedeployments | undefined {
  if (!again || (deployment !== undefined && !again.deployments.includes(deployment))) return undefined;
  const { syncedAt, ...rest } = again;
  if (status === 'OUT_OF_SYNC') return rest;
  if (status !== 'SYNCED') return again;
  if (syncedAt === undefined) return { ...rest, syncedAt: now };
  return now - syncedAt < STAYS_AFTER ? again : undefined;
}

function givenUp(times: number): string {
  return `Deployed again ${times} times, it did not stay in sync: it is left as it is until somebody deploys. Somebody or something else changes it.`;
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

type News = 'APPLICATION_OUT_OF_SYNC' | 'APPLICATION_SYNCED';

/** Out of sync is said once for each change of what differs, and its end once; what could not be judged meanwhile is no change. */
function newsOf({ status, deployment = '', differences }: DriftDocument, state: DriftState): News | undefined {
  if (status === 'SYNCED') {
    const wasTold = state.told !== undefined;
    delete state.told;
    return wasTold ? 'APPLICATION_SYNCED' : undefined;
  }
  if (status !== 'OUT_OF_SYNC') return undefined;
  const mark = JSON.stringify([deployment, differences, (state.again?.count ?? 0) >= MOST_REDEPLOYMENTS]);
  if (mark === state.told) return undefined;
  state.told = mark;
  return 'APPLICATION_OUT_OF_SYNC';
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
  const rows = differences.map(
    ({ path, deployed = 'nothing', running = 'nothing' }) => `- **${path}**: deployed ${deployed}, running ${running}`,
  );
  return [`### ${app}: ${status}`, reason, ...(rows.length > 0 ? ['', ...rows] : [])].join('\n');
}
