import type { RatioEvidence } from '../../model/ledger.js';
import { binomialLowerTail, binomialUpperTail } from './binomial.js';
import { logMeanExp } from './log-mean-exp.js';

/** How many times as many errors as the reference each bet of the grid is on. */
export const RHO_GRID: readonly number[] = [1.5, 2.5, 5, 15];
/** How many times the allowed rate each bet of the SLO channel is on. */
export const SLO_MULTIPLES: readonly number[] = [2, 5, 15];
/** Fewer errors of the canary than this are never held against it. */
export const MIN_ERRORS = 3;
/** The SLO channel counts only when the comparison points the same way. */
export const SLO_NEEDS_E = 5;
/** No bet is on a rate above this, … */
const HIGHEST_RATE = 0.9;

/** … unless the usual or allowed rate is that high itself: half of what is left above it, for a bet below it would win on good versions. */
function highestAbove(rate: number): number {
  return Math.max(HIGHEST_RATE, (1 + rate) / 2);
}

/** What a pass may miss: the chance that a harmful version shows so few errors. */
const MISSED_AT_MOST = 0.05;
/** How many times the reference's rate is harm, where the file allows no more. */
const HARMFUL_MULTIPLE = 3;
/** What is harm at least where the file gives no bound: of a service without errors nothing can show that it stays below zero. */
const HARMFUL_RATE = 0.01;

/** One version's counts in one bucket. */
export interface CountBucket {
  errors: number;
  requests: number;
}

export interface RatioSettings {
  /** Times as many errors as the reference that are no harm yet: 1 or more. */
  rho0: number;
  /** Dispersion of the errors: 1 when they come singly. */
  phi: number;
  direction: 'HIGH' | 'LOW';
  /** The rate that the file allows; absent when there is none. */
  max?: number;
}

/** Before the first bucket: no bet has won or lost anything. */
export function beginRatio(): RatioEvidence {
  return {
    sums: RHO_GRID.map(() => 0),
    slo: SLO_MULTIPLES.map(() => 0),
    canaryErrors: 0,
    canaryRequests: 0,
    referenceErrors: 0,
    referenceRequests: 0,
    pairedCanaryErrors: 0,
    pairedErrors: 0,
    thetaWeighted: 0,
    buckets: 0,
  };
}

/** The canary's share of all errors when it errs `rho` times as often as the reference. */
function shareOf(rho: number, canary: number, reference: number): number {
  return (rho * canary) / (rho * canary + reference);
}

const LOG_RHO = RHO_GRID.map(Math.log);

/** What each bet of the grid wins or loses by the split of one bucket's errors, in logarithms, added to what it has. */
function betOnSplit(
  sums: readonly number[],
  canary: CountBucket,
  reference: CountBucket,
  { base, phi, direction }: { base: number; phi: number; direction: 'HIGH' | 'LOW' },
): number[] {
  const errors = canary.errors + reference.errors;
  const expected = base * canary.requests + reference.requests;
  const next = sums.slice();
  for (let i = 0; i < next.length; i += 1) {
    const rho = RHO_GRID[i] ?? 1;
    const logRho = LOG_RHO[i] ?? 0;
    const bet = (direction === 'HIGH' ? base * rho : base / rho) * canary.requests + reference.requests;
    // Both shares have their requests in common: the ratio of the canary's is rho times that of the reference's.
    const won = errors * Math.log(expected / bet) + (direction === 'HIGH' ? canary.errors : -canary.errors) * logRho;
    next[i] = (next[i] ?? 0) + won / phi;
  }
  return next;
}

/** The same against the allowed rate; where all may be errors there is no higher rate to bet on. */
function betOnRate(slo: readonly number[], { errors, requests }: CountBucket, max: number, phi: number): number[] {
  // A source may show an error before its request.
  const others = Math.max(0, requests - errors);
  const next = slo.slice();
  for (let i = 0; i < next.length; i += 1) {
    const rate = Math.min(highestAbove(max), (SLO_MULTIPLES[i] ?? 1) * max);
    if (rate <= max) continue;
    const won = errors * Math.log(rate / max) + others * (Math.log1p(-rate) - Math.log1p(-max));
    next[i] = (next[i] ?? 0) + won / phi;
  }
  return next;
}

/**
 * Adds one bucket (verdicts.md §6, rules 3 and 6). Given how many errors both sides made, only their split is judged: what hits
 * both sides cancels, and each bucket has its own expected split, so weights may change. A side without requests is no evidence.
 */
export function addRatioBucket(
  state: RatioEvidence,
  { canary, reference }: { canary: CountBucket; reference?: CountBucket },
  { rho0, phi, direction, max }: RatioSettings,
): RatioEvidence {
  const next = { ...state };
  if (reference) {
    next.referenceErrors += reference.errors;
    next.referenceRequests += reference.requests;
  }
  if (canary.requests <= 0) return next;
  next.canaryErrors += canary.errors;
  next.canaryRequests += canary.requests;
  next.buckets += 1;
  if (reference && reference.requests > 0) {
    const base = direction === 'HIGH' ? rho0 : 1 / rho0;
    const errors = canary.errors + reference.errors;
    next.pairedCanaryErrors += canary.errors;
    next.pairedErrors += errors;
    next.thetaWeighted += shareOf(base, canary.requests, reference.requests) * errors;
    // Without an error there is nothing to split.
    if (errors > 0) next.sums = betOnSplit(state.sums, canary, reference, { base, phi, direction });
  }
  if (max !== undefined) next.slo = betOnRate(state.slo, canary, max, phi);
  return next;
}

/** ln E of the comparison: the mean of the bets' wealth, so that E is 1 on average while the canary is no worse (Ville 1939). */
export function logE(state: RatioEvidence): number {
  return logMeanExp(state.sums);
}

/** ln Q of the bets against the allowed rate. */
export function logSlo(state: RatioEvidence): number {
  return logMeanExp(state.slo);
}

/** What ln E and ln Q must reach: half of the budget is the comparison's, a quarter the SLO channel's, the rest the final test's. */
export function ratioBars(alpha: number): { relative: number; slo: number } {
  return { relative: Math.log(2 / alpha), slo: Math.log(4 / alpha) };
}

/** What ln Q must reach where nothing is compared: half of the budget. */
export function sloAloneBar(alpha: number): number {
  return Math.log(2 / alpha);
}

/**
 * The exact test of the planned end (rule 5): the chance of as many canary errors among all errors. The share is averaged over the
 * buckets, which is conservative above the mean (Hoeffding 1956); otherwise there is nothing to test and p is 1.
 */
export function finalRatioTest(
  state: RatioEvidence,
  { phi, direction }: Pick<RatioSettings, 'phi' | 'direction'>,
): { theta: number | undefined; pValue: number } {
  const all = state.pairedErrors;
  if (all <= 0) return { theta: undefined, pValue: 1 };
  const theta = state.thetaWeighted / all;
  const x = direction === 'HIGH' ? state.pairedCanaryErrors : all - state.pairedCanaryErrors;
  const share = direction === 'HIGH' ? theta : 1 - theta;
  if (x < all * share + 1) return { theta, pValue: 1 };
  return { theta, pValue: binomialUpperTail(x / phi, all / phi, share) };
}

/** The same where nothing is compared: the chance of as many errors at the allowed rate. */
export function finalSloTest(state: RatioEvidence, { phi, max }: { phi: number; max: number }): { pValue: number } {
  return { pValue: binomialUpperTail(state.canaryErrors / phi, state.canaryRequests / phi, max) };
}

/**
 * Whether the data could have shown harm (rule 9): the chance that a canary as bad as `harmfulRate` made so few errors. Harm is the
 * larger of the allowed rate (1 % where the file gives none) and three times the reference's. Where fewer are worse, it is a third of
 * the reference's, and the chance is that of so many.
 */
export function sufficiency(
  state: RatioEvidence,
  { max, phi = 1, direction = 'HIGH' }: { max?: number; phi?: number; direction?: 'HIGH' | 'LOW' },
): { harmfulRate: number; tail: number; enough: boolean } {
  const { canaryErrors, canaryRequests, referenceErrors, referenceRequests } = state;
  const observed = referenceRequests > 0 ? referenceErrors / referenceRequests : 0;
  const least = max ?? HARMFUL_RATE;
  const harmfulRate =
    direction === 'LOW'
      ? observed / HARMFUL_MULTIPLE
      : Math.min(highestAbove(Math.max(least, observed)), Math.max(least, HARMFUL_MULTIPLE * observed));
  if (canaryRequests <= 0) return { harmfulRate, tail: 1, enough: false };
  const [x, n] = [canaryErrors / phi, canaryRequests / phi];
  const tail = direction === 'LOW' ? binomialUpperTail(x, n, harmfulRate) : binomialLowerTail(x, n, harmfulRate);
  return { harmfulRate, tail, enough: tail <= MISSED_AT_MOST };
}
