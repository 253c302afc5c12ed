import {
  allHandlersFinished,
  ApplicationFailure,
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
import { HOUR, MINUTE } from '../model/duration.js';
import type { JsonObject } from '../model/json.js';
import { isTask, type AnyRelease } from '../model/release.js';
import { iso } from '../model/wire.js';
import { deploymentId } from '../model/workflow-id.js';
import {
  detailsOfApplication,
  emptyMemory,
  evidenceToCompareWith,
  isKnown,
  lastDeployedOf,
  lostEntry,
  noteEnded,
  noteRecalled,
  recallKey,
  rememberKey,
  rollbackTarget,
  sameRollback,
  stateOf,
  superseded,
  whyClosed,
  whyNotAgain,
} from './application-memory.js';
import type { Memory } from './application-memory.js';
import {
  applicationQuery,
  applicationUpdates,
  deploymentEndedSignal,
  lastDeployedQuery,
  wakeSignal,
} from './messages.js';
import type {
  ApplicationInput,
  ApplicationRollback,
  DeployAnswer,
  DeploymentEnded,
  DeployRequest,
  Go,
  HoldControl,
  OpenDeployment,
  Redeploy,
  Rename,
  RenameAnswer,
  TakeOver,
  TakeOverAnswer,
} from './messages.js';
import { readControl } from './controls.js';
import { changing, remembering } from './proxies.js';
import { reasonOf } from './reason.js';
import { handOver, tellNewName } from './rename.js';
import { noteTakeOver, whyNotRenamed } from './rename-memory.js';
import { cancelDeployment, letGo, startDeployment, supersede } from './start-deployment.js';

const LOOK_AFTER = 10 * MINUTE;
/** It goes in its turn, and a rollback that is asked for meanwhile waits for it: soon given up, and tried again later. */
const STICKINESS_WITHIN = MINUTE;
/** Long before the server's own limit: the memory is small, so a new run costs little. */
const EVENTS_PER_RUN = 2_000;

/**
 * One for each application: the queue, the lock and the memory of its deployments. It never touches a running deployment but by
 * signals, and nothing that happens to it stops one: deployments are abandoned to themselves, tell their end, and are looked after.
 */
export async function application({ app, memory: carried }: ApplicationInput): Promise<void> {
  const memory = carried ? (carried as unknown as Memory) : emptyMemory();
  let recalled = carried !== undefined;
  let recalledFromAws = carried !== undefined;
  // After a continue-as-new too: what had to be looked after may not have been.
  let woken = recalled;
  /** Updates are carried out one after the other: each may wait for an activity in its midst. */
  let turn: Promise<unknown> = Promise.resolve();

  function publish(): void {
    const state = stateOf(app, memory);
    upsertMemo({ application: { ...state, history: state.history.slice(0, 5) } });
    setCurrentDetails(detailsOfApplication(state));
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  /** Passes the lock to the head of the queue. One that is gone is found out by looking after it. */
  async function passLock(): Promise<void> {
    const head = memory.queue[0];
    if (head && !(await letGo(head.id, goOf(memory)))) woken = true;
  }

  /** Looks whether the one that holds the lock is still there, and passes the lock on when it is not. */
  async function lookAfterHolder(): Promise<void> {
    for (let holder = memory.queue[0]; holder; holder = memory.queue[0]) {
      const { open, ended } = await remembering.lookAtDeployment(holder.id);
      if (memory.queue[0] !== holder) continue;
      if (open) return;
      noteEnded(memory, { n: holder.n, entry: ended ?? lostEntry(holder.id, Date.now()) });
      publish();
      await passLock();
    }
  }

  /** What an application without a memory can find out. AWS is asked once a release says which service. */
  async function recall(release?: AnyRelease): Promise<void> {
    if (recalled && (recalledFromAws || !release)) return;
    noteRecalled(memory, await remembering.recallApplication({ app, ...(release && { release }) }), Date.now());
    recalled = true;
    recalledFromAws ||= release !== undefined;
    publish();
    await passLock();
  }

  /** Takes up a deployment that waits and that nobody knew of: Visibility may show it late. */
  async function adopt(found: OpenDeployment): Promise<void> {
    if (isKnown(memory, found.id)) return;
    const closed = whyClosed(app, memory);
    if (closed) {
      await cancelDeployment(found.id, { by: app, reason: closed.reason });
      return;
    }
    memory.queue.push(found);
    publish();
    if (memory.queue[0] === found) await passLock();
  }

  async function deploy(request: DeployRequest): Promise<DeployAnswer> {
    const { idempotency } = request;
    const known = idempotency && recallKey(memory, idempotency.key, idempotency.bodySha256);
    if (known === 'OTHER_BODY') {
      return {
        accepted: false,
        status: 422,
        reason: 'This Idempotency-Key was used with another body.',
        fix: 'Send a new key for a new request.',
      };
    }
    if (known) return { accepted: true, id: deploymentId(app, known.n), ...known, repeated: true };
    await recall(request.release);
    await lookAfterHolder();
    const closed = whyClosed(app, memory);
    if (closed) return { accepted: false, status: 409, ...closed };
    if (memory.held) {
      return {
        accepted: false,
        status: 409,
        reason: `${app} is held by ${memory.held.by} since ${memory.held.at}: ${memory.held.reason}`,
        fix: `Let it go first: sluice release ${app} --reason "…".`,
      };
    }
    const queued = await startDeployment(
      app,
      memory,
      {
        release: request.release,
        strategy: request.strategy,
        trigger: { by: request.by, at: Date.now() },
        adopt: request.adopt,
        ...(request.commit && { commit: request.commit }),
        ...(request.chain !== undefined && { chain: request.chain }),
      },
      adopt,
    );
    if (idempotency) {
      rememberKey(
        memory,
        { key: idempotency.key, body: idempotency.bodySha256, n: queued.n, at: Date.now() },
        Date.now(),
      );
    }
    await enqueue(queued);
    return { accepted: true, id: queued.id, n: queued.n, repeated: false };
  }

  /** The newest pending one supersedes the older ones; the head of the queue goes. */
  async function enqueue(queued: OpenDeployment): Promise<void> {
    const older = superseded(memory);
    memory.queue = [...memory.queue.filter((q) => !older.includes(q)), queued];
    publish();
    await Promise.all(older.map(({ id }) => supersede(id, queued.id)));
    if (memory.queue[0] === queued) await passLock();
  }

  async function rollback({ by, reason, to }: ApplicationRollback): Promise<DeployAnswer> {
    await recall();
    await lookAfterHolder();
    const closed = whyClosed(app, memory);
    if (closed) return { accepted: false, status: 409, ...closed };
    const same = sameRollback(memory, to);
    if (same) {
      const fix = 'Wait for it, or name another version to go back to.';
      return {
        accepted: false,
        status: 409,
        reason: `${same.id} takes ${app} back to ${same.rollbackTo} already.`,
        fix,
      };
    }
    const { release } = memory;
    if (release && isTask(release)) {
      return {
        accepted: false,
        status: 409,
        reason: `${app} is a standalone task: nothing of it runs that could go back to an earlier version.`,
        fix: 'What a task did is not taken back. To run an earlier version’s task again, deploy its files.',
      };
    }
    const target = rollbackTarget(memory, to);
    if (!target?.taskDefinition || !release) {
      const good = memory.history.filter((h) => h.status === 'SUCCEEDED' && h.taskDefinition).map((h) => h.id);
      return {
        accepted: false,
        status: 409,
        reason: to === undefined ? `${app} has no earlier good version.` : `${to} is no good version of ${app}.`,
        fix: good.length ? `Good versions: ${good.join(', ')}.` : 'Deploy a version first.',
      };
    }
    const holder = memory.queue[0];
    const queued = await startDeployment(
      app,
      memory,
      {
        release: { ...release, image: target.image ?? release.image },
        strategy: 'QUICK_SYNC',
        trigger: { by, at: Date.now() },
        adopt: false,
        rollbackTo: { deployment: target.id, taskDefinitionArn: target.taskDefinition },
      },
      adopt,
    );
    memory.held = { by, reason: `Rolled back to ${target.id}: ${reason}`, at: iso(Date.now()) };
    await enqueue(queued);
    if (holder && !(await cancelDeployment(holder.id, { by, reason: `${app} goes back to ${target.id}: ${reason}` }))) {
      woken = true;
    }
    return { accepted: true, id: queued.id, n: queued.n, repeated: false };
  }

  /** Brings the last good version out once more, for one who saw that what runs is not as it was deployed. */
  async function redeploy({ good, reason }: Redeploy): Promise<DeployAnswer> {
    await recall();
    await lookAfterHolder();
    const why = whyNotAgain(app, memory, good, Date.now());
    const { release, lastGood } = memory;
    if (why !== undefined || !release || lastGood?.taskDefinition === undefined) {
      return { accepted: false, status: 409, reason: why ?? `What ${good} brought out is not known.` };
    }
    const queued = await startDeployment(
      app,
      memory,
      {
        release: { ...release, image: lastGood.image ?? release.image },
        strategy: 'QUICK_SYNC',
        trigger: { by: 'drift', at: Date.now() },
        adopt: false,
        // As old as it was at first: a rollback after it goes to the version before that.
        rollbackTo: { deployment: lastGood.rollbackTo ?? good, taskDefinitionArn: lastGood.taskDefinition },
        drift: reason,
        ...(lastGood.commit !== undefined && { commit: { hash: lastGood.commit } }),
      },
      adopt,
    );
    await enqueue(queued);
    return { accepted: true, id: queued.id, n: queued.n, repeated: false };
  }

  /** Goes on under another name: the service and the memory are handed over, and nothing is deployed meanwhile. */
  async function rename({ to, by, reason }: Rename): Promise<RenameAnswer> {
    await recall();
    await lookAfterHolder();
    const why = whyNotRenamed(app, memory, to);
    if (why) return why;
    const id = memory.renamed?.id ?? uuid4();
    memory.renamed ??= { to, by, reason, at: iso(Date.now()), id, underWay: true };
    publish();
    const answer = memory.renamed.underWay ? await handOver(app, memory, memory.renamed) : undefined;
    publish();
    return answer ?? { outcome: 'RENAMED', to };
  }

  async function takeOver(asked: TakeOver): Promise<TakeOverAnswer> {
    await recall();
    await lookAfterHolder();
    const answer = noteTakeOver(app, memory, asked);
    publish();
    // Its sticky sessions may be due.
    woken = true;
    return answer;
  }

  /** Only while nothing runs: a deployment would see somebody else's change. */
  async function bringStickinessBack(): Promise<void> {
    const { sticky } = memory;
    if (!sticky || memory.queue.length > 0) return;
    try {
      await changing.restoreStickiness.executeWithOptions(
        { summary: 'switch sticky sessions on again', scheduleToCloseTimeout: STICKINESS_WITHIN },
        [sticky.traffic],
      );
      if (memory.sticky === sticky) delete memory.sticky;
    } catch (error) {
      if (!(error instanceof TemporalFailure)) throw error;
      log.warn('sticky sessions could not be switched on again, trying later', { app, reason: reasonOf(error) });
      sticky.at = Date.now() + HOUR;
    }
  }

  setHandler(applicationQuery, () => stateOf(app, memory), { description: 'State, last good version, history.' });
  setHandler(lastDeployedQuery, () => lastDeployedOf(memory), { description: 'What should be running.' });
  setHandler(wakeSignal, async (waiting?: OpenDeployment) => {
    woken = true;
    if (waiting?.id === undefined) return;
    await inTurn(async () => {
      await recall();
      await adopt(waiting);
    });
  });
  setHandler(deploymentEndedSignal, async (ended?: Partial<DeploymentEnded>) => {
    if (!isTold(ended)) return;
    if (memory.renamed) await condition(() => !memory.renamed?.underWay, { summary: 'until it is renamed, or is not' });
    const { renamed } = memory;
    if (renamed) return tellNewName(renamed.to, ended);
    const head = memory.queue[0];
    noteEnded(memory, ended);
    publish();
    if (memory.queue[0] !== head) await passLock();
  });
  setHandler(applicationUpdates.deploy, (request) => inTurn(() => deploy(request)), {
    validator: (request?: Partial<DeployRequest>) => {
      if (!request?.release) throw refused('A deployment needs its files: send it with `sluice deploy` or by HTTP.');
    },
  });
  setHandler(
    applicationUpdates.rollback,
    (request?: Partial<ApplicationRollback>) =>
      inTurn(() => rollback({ ...readControl(request), ...(request?.to !== undefined && { to: request.to }) })),
    { description: `Go back to an earlier version of ${app}. {"by": "…", "reason": "…", "to": "${app}-1"}` },
  );
  setHandler(applicationUpdates.redeploy, (asked) => inTurn(() => redeploy(asked)), {
    description: `Bring out once more what should be running. From the watch for drift of ${app}.`,
    validator: (asked?: Partial<Redeploy>) => {
      if (asked?.good === undefined || asked.reason === undefined) {
        throw refused(
          'This is for the watch for drift: deploy with `sluice deploy`, or go back with `sluice rollback`.',
        );
      }
    },
  });
  setHandler(
    applicationUpdates.hold,
    (control?: Partial<HoldControl>) => {
      const { by, reason } = readControl(control);
      memory.held = { by, reason, at: iso(Date.now()) };
      publish();
      return stateOf(app, memory);
    },
    {
      description: `Refuse deployments of ${app} until it is released. {"by": "…", "reason": "…"}`,
      validator: (_control) => {
        const closed = whyClosed(app, memory);
        if (closed) throw refused(closed.reason);
      },
    },
  );
  setHandler(
    applicationUpdates.release,
    (control?: Partial<HoldControl>) => {
      const { by, reason } = readControl(control);
      log.info('released', { app, by, reason });
      delete memory.held;
      publish();
      return stateOf(app, memory);
    },
    {
      description: `Let ${app} be deployed again. {"by": "…", "reason": "…"}`,
      validator: (_control) => {
        if (!memory.held) throw refused(`${app} is not held.`);
      },
    },
  );

  setHandler(
    applicationUpdates.rename,
    (asked?: Partial<Rename>) => inTurn(() => rename({ ...readControl(asked), to: asked?.to ?? '' })),
    {
      description: `Let ${app} go on under another name. {"by": "…", "reason": "…", "to": "…"}`,
      validator: (asked?: Partial<Rename>) => {
        if (!APPLICATION_NAME.test(asked?.to ?? '')) throw refused('Its new name is missing, or is none: {"to": "…"}.');
      },
    },
  );
  setHandler(
    applicationUpdates.takeOver,
    (asked) => {
      // Two that take each other's names would wait for each other's turn.
      if (memory.renamed?.underWay) return Promise.resolve(noteTakeOver(app, memory, asked));
      return inTurn(() => takeOver(asked));
    },
    {
      description: 'From an application that is being renamed.',
      validator: (asked?: Partial<TakeOver>) => {
        if (asked?.id === undefined || asked.from === undefined || asked.step === undefined) {
          throw refused('This is for the application that is being renamed: `sluice rename` begins it.');
        }
      },
    },
  );

  publish();
  if (!recalled) await inTurn(() => recall());
  for (;;) {
    const busy = memory.queue.length > 0;
    const due = (): boolean => woken || isFull() || memory.queue.length > 0 !== busy;
    if (busy) await condition(due, LOOK_AFTER, { summary: 'look after the running deployment' });
    else if (!memory.sticky) await condition(due);
    else if (memory.sticky.at > Date.now()) {
      await condition(due, memory.sticky.at - Date.now(), { summary: 'old cookies end, sticky sessions come back' });
    } else await inTurn(bringStickinessBack);
    woken = false;
    await inTurn(lookAfterHolder);
    if (isFull()) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof application>({ app, memory: memory as unknown as JsonObject });
    }
  }
}

/** As the HTTP API takes them. */
const APPLICATION_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** What a deployment is given with its turn. */
function goOf(memory: Memory): Go {
  const previous = evidenceToCompareWith(memory);
  return { ...(memory.diverged && { restore: memory.diverged }), ...(previous !== undefined && { previous }) };
}

/** Long enough a history by events, or by bytes: each request carries its whole release. */
function isFull(): boolean {
  return workflowInfo().historyLength > EVENTS_PER_RUN || workflowInfo().continueAsNewSuggested;
}

/** Temporal's UI can send any signal, with no payload: to throw over it would stop the workflow for ever. */
function isTold(ended?: Partial<DeploymentEnded>): ended is DeploymentEnded {
  return ended?.entry?.id !== undefined && ended.n !== undefined;
}

function refused(why: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(why, 'Refused');
}
