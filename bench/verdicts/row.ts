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
  /** Of the bad ones that were caught. */
  minutes: { median?: number; p90?: number };
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
  const multiples = bad.flatMap((cell) => multipleOfLimit(cell, own) ?? []).sort((a, b) => a - b);
  return {
    policy,
    goodRolledBack: { mean: mean(falseRates), worst: Math.max(0, ...falseRates) },
    badPromoted: mean(bad.map((cell) => 1 - rolledBack(cell) - cell.held / cell.runs)),
    unmeasured: mean(own.map((cell) => cell.unmeasured / cell.runs)),
    held: { good: mean(good.map(heldShare)), bad: mean(bad.map(heldShare)) },
    caught: mean(bad.map(rolledBack)),
    minutes: defined({ median: quantile(minutes, 0.5), p90: quantile(minutes, 0.9) }),
    ...defined({ timesLimit: quantile(multiples, 0.5) }),
  };
}

/** The median minute of a cell's rollbacks as a multiple of Wald's bound for the same risks. */
function multipleOfLimit(cell: Cell, own: readonly Cell[]): number | undefined {
  const median = quantile(cell.minutes, 0.5);
  const limit = waldMinutes(cell.profile, cell.budget ?? risk(cell, own), 1 - rolledBack(cell));
  return median === undefined || limit === undefined ? undefined : median / (limit + cell.lag);
}

/** What a policy without a budget risks: the share of good versions that it rolled back behind the same delay, at least one run. */
function risk(cell: Cell, own: readonly Cell[]): number {
  const good = own.filter(({ profile, lag }) => profile.effect === 1 && lag === cell.lag);
  return Math.max(mean(good.map(rolledBack)), 1 / cell.runs);
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

/** Of ascending values; none of none. */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

/** An object without the fields that are undefined. */
function defined<T extends Record<string, number | undefined>>(fields: T): { [Key in keyof T]?: number } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: number;
  };
}
