import type { Cell } from './cell.js';
import { waldMinutes } from './wald.js';

/** How fast a bad version was caught, in minutes from the first canary traffic. */
export interface Catching {
  median: number;
  /** Wald's bound and the source's delay. */
  limit: number;
  /** The median as a multiple of the limit. Below 1 is a policy that rolls back more good versions than the bound may. */
  times: number;
}

const USUAL_RISK = 0.05;

/**
 * The median minute of a bad version's rollbacks beside Wald's bound: for the policy's own budget, or for the usual 5 % where it has
 * none, and for as many missed as it missed. None where it caught none, or no more than that risk.
 */
export function catching(cell: Cell): Catching | undefined {
  const bound = waldMinutes(cell.profile, cell.budget ?? USUAL_RISK, 1 - cell.rolledBack / cell.runs);
  if (cell.minutes.length === 0 || bound === undefined) return undefined;
  const [half, limit] = [median(cell.minutes), bound + cell.lag];
  return { median: half, limit, times: half / limit };
}

/** Of ascending values. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** The middle one; the mean of the two middle ones where their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (quantile(sorted, 0.5) + (sorted[Math.ceil(sorted.length / 2) - 1] ?? NaN)) / 2;
}
