import type { Cell } from './cell.js';
import { waldMinutes } from './wald.js';

/** One line of the table: a policy over several cells, each profile and delay counting the same. Shares are of 1. */
export interface Row {
  policy: string;
  goodRolledBack: { mean: number; worst: number };
  badPromoted: number;
  /** Of all runs. */
  unmeasured: number;
  held: { good: number; bad: number };
  caught: number;
  /** To the rollback of the bad ones that were caught. */
  minutes?: { median: number; p90: number };
  /** The median over the bad cells of the median time to catch, as a multiple of Wald's bound and the delay. */
  timesLimit?: number;
}

/** Sums up one policy's cells. */
export function row(policy: string, cells: readonly Cell[]): Row {
  const own = cells.filter((cell) => cell.policy === policy);
  const good = own.filter(({ profile }) => profile.effect === 1);
  const bad = own.filter(({ profile }) => profile.effect !== 1);
  const falseRates = good.map(rolledBack);
  const minutes = bad.flatMap((cell) => cell.minutes).sort((a, b) => a - b);
  const multiples = bad.flatMap((cell) => multipleOfLimit(cell) ?? []);
  return {
    policy,
    goodRolledBack: { mean: mean(falseRates), worst: Math.max(0, ...falseRates) },
    badPromoted: mean(bad.map((cell) => 1 - rolledBack(cell) - cell.held / cell.runs)),
    unmeasured: mean(own.map((cell) => cell.unmeasured / cell.runs)),
    held: { good: mean(good.map(heldShare)), bad: mean(bad.map(heldShare)) },
    caught: mean(bad.map(rolledBack)),
    ...(minutes.length > 0 && { minutes: { median: median(minutes), p90: quantile(minutes, 0.9) } }),
    ...(multiples.length > 0 && { timesLimit: median(multiples) }),
  };
}

/**
 * The median minute of a cell's rollbacks as a multiple of Wald's bound: for its own budget, or for the usual 5 % where it has none, and
 * for as many missed as it missed. Below 1 is a policy that rolls back more good versions than that.
 */
function multipleOfLimit(cell: Cell): number | undefined {
  if (cell.minutes.length === 0) return undefined;
  const limit = waldMinutes(cell.profile, cell.budget ?? USUAL_RISK, 1 - rolledBack(cell));
  return limit === undefined ? undefined : median(cell.minutes) / (limit + cell.lag);
}

const USUAL_RISK = 0.05;

function rolledBack(cell: Cell): number {
  return cell.rolledBack / cell.runs;
}

function heldShare(cell: Cell): number {
  return cell.held / cell.runs;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of ascending values. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The middle one; the mean of the two middle ones where their number is even. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (quantile(sorted, 0.5) + (sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN)) / 2;
}
