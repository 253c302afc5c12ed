import type { Cell } from './cell.js';
import { catching, median, quantile } from './catching.js';

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
  const multiples = bad.flatMap((cell) => catching(cell)?.times ?? []);
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

function rolledBack(cell: Cell): number {
  return cell.rolledBack / cell.runs;
}

function heldShare(cell: Cell): number {
  return cell.held / cell.runs;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
