import {
  allHandlersFinished,
  CancellationScope,
  condition,
  patched,
  setHandler,
  TemporalFailure,
} from '@temporalio/workflow';
import { ALL_PRIMARY } from '../model/delivery.js';
import type { DeliveryHandle, Traffic } from '../model/delivery.js';
import type { Stood } from '../model/drift.js';
import { MINUTE } from '../model/duration.js';
import { isTask } from '../model/release.js';
import { iso } from '../model/wire.js';
import type { DeploymentDocument, HistoryEntry } from '../model/wire.js';
import { archive } from './archive.js';
import { goOnWithChain } from './go-on-with-chain.js';
import { installControls } from './controls.js';
import { asRollback, documentOf, end, pendingState, SOMEBODY, trafficOf } from './deployment-state.js';
import type { DeploymentState, Ending } from './deployment-state.js';
import { goForward } from './go-forward.js';
import type { DeploymentInput, Go } from './messages.js';
import { documentQuery, goSignal, supersedeSignal } from './messages.js';
import { notices } from './notices.js';
import type { Notices } from './notices.js';
import { remembering } from './proxies.js';
import { publisher } from './publish.js';
import { reasonOf } from './reason.js';
import { recallStopped } from './recall-analysis.js';
import { rollBack } from './rollback.js';
import { undoScripts } from './stages/script.js';
import { endTask } from './standalone-task.js';

const LOOK_FOR_APPLICATION = 30 * MINUTE;

/** One rollout, from its place in the queue to its end. Its result is its final document, readable without a worker. */
export async function deployment(input: DeploymentInput): Promise<DeploymentDocument> {
  const state = pendingState(input);
  const publish = publisher(state);
  // One marker for both, since each costs two events: what is archived was begun when there were all notices.
  const archived = patched('archive');
  const people = notices(state, archived || patched('notifications'));
  // The pipeline runs in this scope; stopping it is how a cancel, a rollback and Temporal's own cancel reach a running stage.
  const forward = new CancellationScope();
  const stop = (): void => forward.cancel();

  setHandler(documentQuery, () => documentOf(state), { description: 'The deployment document.' });
  setHandler(goSignal, (given?: Go) => takeTurn(state, given), {
    description: 'From the application: its turn has come.',
  });
  // Temporal's UI can send our own signals too, with no payload: to throw here would stop the workflow for ever.
  setHandler(supersedeSignal, (newer?: { by?: string }) => void (state.supersededBy = newer?.by ?? 'A newer one'), {
    description: 'From the application: a newer one takes its place.',
  });
  installControls(state, stop, publish);
  CancellationScope.current().cancelRequested.catch(() => {
    if (state.phase === 'CLOSING' || state.phase === 'ROLLING_BACK') return;
    state.ending ??= { why: 'CANCEL', rollback: true, reason: 'Cancelled in Temporal.' };
    state.trail.push({ at: iso(Date.now()), action: 'cancel', by: SOMEBODY, reason: '' });
    stop();
  });

  await CancellationScope.nonCancellable(async () => {
    publish();
    people.tell('DEPLOYMENT_TRIGGERED', askedInWords(input));
    if (await turn(state)) {
      await goForwardOrBack(state, forward, publish, people);
    }
    await close(state, publish, people);
    if (archived) await archive(state);
    await condition(allHandlersFinished);
  });
  return documentOf(state);
}

function askedInWords({ release, rollbackTo, trigger }: DeploymentInput): string {
  const what = rollbackTo ? `To go back to ${rollbackTo.deployment}` : `To bring out ${release.image}`;
  return `${what}, asked for by ${trigger.by}.`;
}

/** The turn is given once; what an application that lost its memory repeats changes nothing. */
function takeTurn(state: DeploymentState, given?: Go): void {
  if (state.go) return;
  state.go = true;
  if (given?.restore) state.restore = given.restore;
  if (given?.previous !== undefined) state.previous = given.previous;
}

/** Waits for the application's word. False when the deployment ended before it began. */
async function turn(state: DeploymentState): Promise<boolean> {
  const { app, id, n } = state.input;
  const decided = (): boolean => state.go || state.supersededBy !== undefined || state.ending !== undefined;
  while (!(await condition(decided, LOOK_FOR_APPLICATION, { summary: 'wait for its turn' }))) {
    // The application may have been terminated: nobody would ever say go.
    await remembering.wakeApplication(app, { id, n, ...asRollback(state.input) });
  }
  if (state.ending) {
    end(state, 'CANCELLED', `${state.ending.reason} Nothing had been changed.`);
    return false;
  }
  if (state.supersededBy !== undefined) {
    end(state, 'SUPERSEDED', `${state.supersededBy} was asked for before this one began.`);
    return false;
  }
  return true;
}

async function goForwardOrBack(
  state: DeploymentState,
  forward: CancellationScope,
  publish: () => void,
  people: Notices,
): Promise<void> {
  state.phase = 'FORWARD';
  state.status = 'RUNNING';
  state.startedAt = Date.now();
  state.reason = 'Looking at what runs now.';
  publish();
  try {
    await forward.run(() => goForward(state, publish, people));
    return;
  } catch (error) {
    // A TypeError is a bug of ours: the workflow task fails and is tried again until it is mended. Nothing is rolled back for it.
    if (!(error instanceof TemporalFailure)) throw error;
    closeCurrentStage(state, error, people);
    state.ending ??= { why: 'FAILED_STAGE', rollback: state.input.release.autoRollback, reason: reasonOf(error) };
  }
  await goBack(state, state.ending, publish, people);
}

async function goBack(state: DeploymentState, ending: Ending, publish: () => void, people: Notices): Promise<void> {
  delete state.paused;
  if (isTask(state.input.release)) {
    await endTask(state, ending, publish, people);
    return;
  }
  const { handle } = state;
  if (!handle) {
    end(state, ending.why === 'CANCEL' ? 'CANCELLED' : 'FAILED', `${ending.reason} No traffic had been moved.`);
    return;
  }
  if (!ending.rollback) {
    const kept =
      ending.why === 'FAILED_STAGE' ? `${ending.reason} autoRollback is off, so all was left as it is.` : ending.reason;
    end(state, ending.why === 'FAILED_STAGE' ? 'FAILED' : 'CANCELLED', kept);
    return;
  }
  state.phase = 'ROLLING_BACK';
  state.status = 'ROLLING_BACK';
  state.reason = ending.reason;
  await rollBack(state, handle, ending.reason, publish, people);
  await undoScripts(state, publish, people);
  end(state, ending.why === 'CANCEL' ? 'CANCELLED' : 'ROLLED_BACK', ending.reason);
}

/** Marks the stage that was running when the pipeline stopped. */
function closeCurrentStage(state: DeploymentState, error: unknown, people: Notices): void {
  const row = state.stages.find((s) => s.id === state.current);
  if (!row) return;
  row.status = state.ending ? 'CANCELLED' : 'FAILED';
  row.reason = state.ending?.reason ?? reasonOf(error);
  row.completedAt = iso(Date.now());
  delete row.expectedEndAt;
  people.stage(row);
  delete state.current;
}

/** The last acts but the archive: the lists, the application, the people; the handlers that still run. */
async function close(state: DeploymentState, publish: () => void, people: Notices): Promise<void> {
  const { input, ending, handle } = state;
  const entry = historyEntryOf(state, state.completedAt ?? Date.now());
  people.ended();
  publish();
  await remembering.tellApplication({
    n: input.n,
    release: { ...input.release, pipeline: [], warnings: [] },
    entry,
    ...(handle && (ending && !ending.rollback ? { kept: handle } : stickyOf(handle))),
    ...(state.restore && { kept: state.restore }),
    ...stoodOf(state),
  });
  await goOnWithChain(state, entry);
  await recallStopped(state);
  await people.delivered();
  await condition(allHandlersFinished);
}

/** What the application remembers of the deployment. */
function historyEntryOf({ input, ...state }: DeploymentState, completedAt: number): HistoryEntry {
  return {
    id: input.id,
    status: state.status,
    image: input.release.image,
    ...(input.commit && { commit: input.commit.hash }),
    // What a rollback could bring back: of a standalone task, nothing.
    ...(state.taskDefinition !== undefined && !state.task && { taskDefinition: state.taskDefinition }),
    startedAt: iso(state.startedAt ?? completedAt),
    completedAt: iso(completedAt),
    reason: state.reason.slice(0, 200),
    ...(input.rollbackTo && { rollbackTo: input.rollbackTo.deployment }),
    ...(state.analysis.length > 0 && { analysed: true as const }),
  };
}

/** The weights with which it ended well: what drift is held against. */
function stoodOf({ status, rules, traffic }: DeploymentState): { stood?: Stood } {
  if (status !== 'SUCCEEDED' || !rules) return {};
  return { stood: { rules, weights: traffic?.verified ?? traffic?.wanted ?? ALL_PRIMARY } };
}

/** Sticky sessions that the deployment switched off: to come back when no old cookie can find an emptied group. */
function stickyOf(handle: DeliveryHandle): { sticky?: Traffic } {
  const had = handle.snapshot.rules.some((rule) => rule.stickiness?.enabled);
  return had ? { sticky: trafficOf(handle, ALL_PRIMARY) } : {};
}
