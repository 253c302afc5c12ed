import type { LatencyEvidence } from '../../model/ledger.js';
import { logMeanExp } from './log-mean-exp.js';
import { signedRank } from './signed-rank.js';

/** How bold each bet of the grid is. */
const KAPPA: readonly number[] = [0.35, 0.8, 1.6];
/** The part of the last difference that comes again in this one, by which neighbouring minutes are alike. */
const CARRIED = 0.3;
/** A median absolute deviation of a normal sample is this share of its standard deviation. */
const MAD = 0.6745;
/**
 * No bet is of more than this share of its wealth. Were it all, one large outlier would leave nothing, of which the logarithm is no
 * number that JSON keeps: read again from a history it would be as if nothing had been lost.
 */
const LARGEST_STAKE = 1 - 1e-9;
/** The history's scale counts as this many pairs. */
const HISTORY_WEIGHT = 10;
/** Without a history this many pairs only tell the scale. */
const SCALE_FROM = 5;
/** Kept of the last differences for the scale, and of the pairs for the test at the end: all of them up to eight hours of minutes. */
const SIZES_KEPT = 120;
const RAW_KEPT = 480;
/** The test at the end needs this many pairs. */
const FEWEST_PAIRS = 10;

export interface LatencySettings {
  rho0: number;
  direction: 'HIGH' | 'LOW';
  /** The scale of the history's steps, if there was one. */
  s0?: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}

/** The values with one more at their end, of which the last `kept` remain. */
function appended(values: readonly number[], value: number, kept: number): number[] {
  const next = values.length < kept ? values.slice() : values.slice(values.length - kept + 1);
  next.push(value);
  return next;
}

/** Before the first pair. */
export function beginLatency(): LatencyEvidence {
  return { sums: KAPPA.map(() => 0), raw: [], sizes: [], pairs: 0 };
}

/** The typical size of a step between neighbouring buckets, in logarithms; undefined without two neighbours. */
export function historyScale(values: readonly number[]): number | undefined {
  const steps: number[] = [];
  for (let i = 1; i < values.length; i += 1) {
    const [a, b] = [values[i - 1] ?? 0, values[i] ?? 0];
    if (a > 0 && b > 0) steps.push(Math.abs(Math.log(b / a)));
  }
  const scale = steps.length > 0 ? median(steps) / MAD : 0;
  return scale > 0 ? scale : undefined;
}

/**
 * How alike neighbouring buckets of the history are: the autocorrelation of their logarithms at lag 1. The bets and the rank sum allow
 * for about 0.3; above 0.5 they find harm too often (verdicts.md §6). Undefined for fewer than three values, or equal ones.
 * @param values in order of time, above zero
 */
export function lagOneAutocorrelation(values: readonly number[]): number | undefined {
  const logs = values.filter((value) => value > 0).map(Math.log);
  if (logs.length < 3) return undefined;
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  let [together, alone] = [0, 0];
  for (const [i, log] of logs.entries()) {
    alone += (log - mean) ** 2;
    if (i > 0) together += (log - mean) * ((logs[i - 1] ?? 0) - mean);
  }
  return alone > 0 ? together / alone : undefined;
}

/**
 * Adds one pair of values of the same bucket (verdicts.md §6, rule 8). What is bet is bounded, so that one outlier at most doubles
 * the wealth. Values that are not above zero have no ratio and are passed over.
 */
export function addLatencyPair(
  state: LatencyEvidence,
  { canary, reference }: { canary: number; reference: number },
  { rho0, direction, s0 }: LatencySettings,
): LatencyEvidence {
  if (!(canary > 0) || !(reference > 0)) return state;
  const ratio = Math.log(canary / reference);
  const raw = (direction === 'HIGH' ? ratio : -ratio) - Math.log(rho0);
  const difference = raw - CARRIED * (state.previous ?? 0);
  const next: LatencyEvidence = {
    sums: state.sums,
    raw: appended(state.raw, rounded(raw), RAW_KEPT),
    sizes: appended(state.sizes, rounded(Math.abs(difference)), SIZES_KEPT),
    previous: raw,
    pairs: state.pairs + 1,
  };
  const k = state.sizes.length;
  if (s0 === undefined && k < SCALE_FROM) return next;
  const own = k > 0 ? median(state.sizes) / MAD : 0;
  const scale = s0 === undefined ? own : (HISTORY_WEIGHT * s0 + k * own) / (HISTORY_WEIGHT + k);
  if (!(scale > 0)) return next;
  const sums = state.sums.slice();
  for (let i = 0; i < sums.length; i += 1) {
    const stake = Math.tanh(((KAPPA[i] ?? 1) * difference) / scale);
    sums[i] = (sums[i] ?? 0) + Math.log1p(Math.max(-LARGEST_STAKE, Math.min(LARGEST_STAKE, stake)));
  }
  next.sums = sums;
  return next;
}

/** ln E: the mean of the bets' wealth. */
export function latencyLogE({ sums }: LatencyEvidence): number {
  return logMeanExp(sums);
}

/** The test of the planned end, on the pairs that are kept; undefined with too few of them. */
export function finalLatencyTest(state: LatencyEvidence): { pValue: number } | undefined {
  const { n, pValue } = signedRank(state.raw);
  return n >= FEWEST_PAIRS ? { pValue } : undefined;
}
