import type { Policy } from './policy.js';
import type { Profile } from './profile.js';
import { random } from './random.js';
import { rollout } from './rollout.js';
import { traffic } from './traffic.js';

/** What one policy did with all runs of one profile behind one delay. */
export interface Cell {
  policy: string;
  budget?: number;
  profile: Profile;
  /** Minutes. */
  lag: number;
  runs: number;
  rolledBack: number;
  held: number;
  /** Promoted without one measurement. */
  unmeasured: number;
  /** When each rollback came, in minutes from the first canary traffic, ascending. */
  minutes: number[];
}

/** Streams of one run: what happens, and how late each source shows it. */
const HAPPENS = 1;
const ARRIVES = 2;

/**
 * Judges the same simulated rollouts with every policy. Run n of a profile is the same traffic behind every delay and for every policy,
 * so that differences between them are theirs.
 */
export function simulate(
  profile: Profile,
  lags: readonly number[],
  policies: readonly Policy[],
  runs: { from: number; count: number; seed: number },
): Cell[] {
  const cells = lags.map((lag) => policies.map((policy) => emptyCell(policy, profile, lag)));
  for (let run = runs.from; run < runs.from + runs.count; run += 1) {
    const happened = traffic(profile, random(runs.seed, HAPPENS, nameOf(profile), run));
    for (const [index, lag] of lags.entries()) {
      const shown = rollout(happened, lag, random(runs.seed, ARRIVES, nameOf(profile), run, lag));
      for (const [column, policy] of policies.entries()) {
        const cell = cells[index]?.[column];
        if (cell) count(cell, policy.judge(shown));
      }
    }
  }
  return cells.flat();
}

/** One cell from two runs of the same profile, policy and delay: what several workers did together. */
export function merged(one: Cell, other: Cell): Cell {
  return {
    ...one,
    runs: one.runs + other.runs,
    rolledBack: one.rolledBack + other.rolledBack,
    held: one.held + other.held,
    unmeasured: one.unmeasured + other.unmeasured,
    minutes: [...one.minutes, ...other.minutes].sort((a, b) => a - b),
  };
}

function count(cell: Cell, { verdict, at, measurements }: ReturnType<Policy['judge']>): void {
  cell.runs += 1;
  if (verdict === 'HOLD') cell.held += 1;
  if (verdict === 'PROMOTE' && measurements === 0) cell.unmeasured += 1;
  if (verdict !== 'ROLLBACK') return;
  cell.rolledBack += 1;
  cell.minutes.push(at);
}

function emptyCell({ name, budget }: Policy, profile: Profile, lag: number): Cell {
  const none = { runs: 0, rolledBack: 0, held: 0, unmeasured: 0, minutes: [] };
  return { policy: name, ...(budget !== undefined && { budget }), profile, lag, ...none };
}

/** A number for a name (FNV-1a): streams do not depend on the order in which profiles stand. */
function nameOf({ name }: Profile): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return hash;
}
