import type { JsonObject } from '../model/json.js';
import type { HistoryEntry } from '../model/wire.js';
import { HISTORY_LENGTH, whyClosed } from './application-memory.js';
import type { Memory } from './application-memory.js';
import type { RenameAnswer, TakeOver, TakeOverAnswer } from './messages.js';

/** Renames that a name remembers: one that is told late must not be taken for a new one. */
const TAKEN_KEPT = 10;

/** Why the application cannot go on under another name now; undefined where it can, or does already. */
export function whyNotRenamed(
  app: string,
  memory: Memory,
  to: string,
): Exclude<RenameAnswer, { outcome: 'RENAMED' }> | undefined {
  const { queue, renamed, claimed, diverged } = memory;
  const [busy] = queue;
  if (to === app) return { outcome: 'REFUSED', reason: `${app} has that name.`, fix: 'Name another one.' };
  if (renamed) return renamed.to === to ? undefined : { outcome: 'REFUSED', ...closedOr(app, memory) };
  if (claimed) return { outcome: 'WAITS', ...closedOr(app, memory) };
  if (memory.highest === 0 && !memory.lastGood) {
    return { outcome: 'REFUSED', reason: `${app} was never deployed.`, fix: `Deploy it as ${to}.` };
  }
  if (busy) {
    return {
      outcome: 'WAITS',
      reason: `${busy.id} is under way: ${app} is renamed to ${to} when it has ended.`,
      fix: `Wait for it (sluice watch ${busy.id}), or stop it: sluice cancel ${busy.id} --reason "…".`,
    };
  }
  if (!diverged) return undefined;
  return {
    outcome: 'WAITS',
    reason: `${app} is DIVERGED: ${diverged.deployment} was told to keep what it had done, and must be undone by ${app} first.`,
    fix: `Go back first: sluice rollback ${app} --reason "…".`,
  };
}

function closedOr(app: string, memory: Memory): { reason: string; fix: string } {
  return whyClosed(app, memory) ?? { reason: `${app} cannot be renamed.`, fix: 'Look at its state.' };
}

type HandedOver = Pick<Memory, 'history' | 'lastGood' | 'release' | 'stood' | 'held' | 'sticky'>;

/** What goes with the application to its new name: all but what belongs to the old one's callers and numbers. */
export function memoryToHandOver(memory: Memory): JsonObject {
  const { history, lastGood, release, stood, held, sticky } = memory;
  return { history, lastGood, release, stood, held, sticky } as unknown as JsonObject;
}

/** The application has gone on under its new name: it looks after nothing any more, and its past can still be read. */
export function noteRenamed(memory: Memory): void {
  if (memory.renamed) delete memory.renamed.underWay;
  delete memory.lastGood;
  delete memory.release;
  delete memory.stood;
  delete memory.held;
  delete memory.sticky;
  delete memory.formerly;
}

/** Takes one step of a take-over into the memory; the name must be free for it. */
export function noteTakeOver(app: string, memory: Memory, asked: TakeOver): TakeOverAnswer {
  if (memory.takenBy?.includes(asked.id)) return { taken: true };
  const mine = memory.claimed?.id === asked.id;
  switch (asked.step) {
    case 'CLAIM': {
      const why = whyNotFree(app, memory, asked);
      if (why) return why;
      memory.claimed = { id: asked.id, from: asked.from };
      return { taken: true };
    }
    case 'ABANDON':
      if (mine) delete memory.claimed;
      return { taken: true };
    case 'FINISH': {
      delete memory.claimed;
      delete memory.renamed;
      receive(app, memory, asked);
      return { taken: true };
    }
    default:
      return asked satisfies never;
  }
}

/** A name is free that nothing good was ever deployed under, or whose application goes on under another one. */
function whyNotFree(
  app: string,
  { claimed, renamed, queue, lastGood }: Memory,
  { id, from }: Pick<TakeOver, 'id' | 'from'>,
): TakeOverAnswer | undefined {
  const not = (passes: boolean, reason: string, fix: string): TakeOverAnswer => ({ taken: false, passes, reason, fix });
  const [busy] = queue;
  // Of the same application an earlier rename may have been lost with its workflow.
  if (claimed && claimed.id !== id && claimed.from !== from) {
    return not(true, `${app} takes over what ${claimed.from} has.`, 'Take another name.');
  }
  if (renamed?.underWay) return not(true, `${app} is being renamed itself, to ${renamed.to}.`, 'Wait for that.');
  if (busy) return not(true, `${busy.id} is under way: ${app} is no free name before it has ended.`, 'Wait for it.');
  if (!lastGood) return undefined;
  return not(
    false,
    `${app} is an application of its own: ${lastGood.id} runs.`,
    `Take another name, or give ${app} another one first.`,
  );
}

function receive(app: string, memory: Memory, { id, from, memory: seed }: Extract<TakeOver, { step: 'FINISH' }>): void {
  // Our own, as memoryToHandOver made it.
  const { release, sticky, lastGood, stood, held, history } = seed as unknown as HandedOver;
  memory.history = merged(history, memory.history);
  if (lastGood) memory.lastGood = lastGood;
  if (release) memory.release = { ...release, app };
  if (stood) memory.stood = stood;
  if (held) memory.held = held;
  if (sticky) memory.sticky = { ...sticky, traffic: { ...sticky.traffic, app } };
  memory.formerly = from;
  memory.takenBy = [...(memory.takenBy ?? []), id].slice(-TAKEN_KEPT);
}

function merged(given: HistoryEntry[], own: HistoryEntry[]): HistoryEntry[] {
  const strangers = own.filter(({ id }) => !given.some((one) => one.id === id));
  return [...given, ...strangers].sort((a, b) => b.completedAt.localeCompare(a.completedAt)).slice(0, HISTORY_LENGTH);
}
