import type { LatencyEvidence } from '../../model/ledger.js';
import { normalUpperTail } from './normal.js';

/** How bold each bet of the grid is. */
const KAPPA: readonly number[] = [0.35, 0.8, 1.6];
/** The part of the last difference that comes again in this one, by which neighbouring minutes are alike. */
const CARRIED = 0.3;
/** A median absolute deviation of a normal sample is this share of its standard deviation. */
const MAD = 0.6745;
/** The history's scale counts as this many pairs. */
const HISTORY_WEIGHT = 10;
/** Without a history this many pairs only tell the scale. */
const SCALE_FROM = 5;
/** Kept of the last differences for the scale, and of the pairs for the test at the end: all of them up to eight hours of minutes. */
const SIZES_KEPT = 120;
const RAW_KEPT = 480;
/** A lost bet keeps this much, in logarithms: nothing to the sum, but minus infinity is no JSON and would come back as 0. */
const LEAST = -700;
/** The test at the end needs this many pairs. */
const FEWEST_PAIRS = 10;
/** Neighbouring pairs are alike, which widens the rank sum's distribution by this factor (verdicts.md §6, rule 8). */
const RANK_SPREAD = 1.36;

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
    raw: [...state.raw, rounded(raw)].slice(-RAW_KEPT),
    sizes: [...state.sizes, rounded(Math.abs(difference))].slice(-SIZES_KEPT),
    previous: raw,
    pairs: state.pairs + 1,
  };
  const k = state.sizes.length;
  if (s0 === undefined && k < SCALE_FROM) return next;
  const own = k > 0 ? median(state.sizes) / MAD : 0;
  const scale = s0 === undefined ? own : (HISTORY_WEIGHT * s0 + k * own) / (HISTORY_WEIGHT + k);
  if (!(scale > 0)) return next;
  next.sums = state.sums.map((sum, index) => {
    const won = Math.log1p(Math.tanh(((KAPPA[index] ?? 1) * difference) / scale));
    return sum + Math.max(LEAST, won);
  });
  return next;
}

/** ln E: the mean of the bets' wealth. */
export function latencyLogE({ sums }: LatencyEvidence): number {
  const largest = Math.max(...sums);
  return largest + Math.log(sums.reduce((total, sum) => total + Math.exp(sum - largest), 0) / sums.length);
}

/** Wilcoxon's signed-rank sum of the values as a normal deviate, with a wider spread for neighbours that are alike. */
export function signedRank(values: readonly number[]): { n: number; z: number; pValue: number } {
  const kept = values.filter((value) => value !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = kept.length;
  if (n === 0) return { n, z: 0, pValue: 1 };
  let positive = 0;
  for (let i = 0; i < n;) {
    let j = i;
    while (j + 1 < n && Math.abs(kept[j + 1] ?? 0) === Math.abs(kept[i] ?? 0)) j += 1;
    const rank = (i + j) / 2 + 1;
    for (let k = i; k <= j; k += 1) if ((kept[k] ?? 0) > 0) positive += rank;
    i = j + 1;
  }
  const z = (positive - (n * (n + 1)) / 4 - 0.5) / Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24) / RANK_SPREAD;
  return { n, z, pValue: normalUpperTail(z) };
}

/** The test of the planned end; undefined with too few pairs. */
export function finalLatencyTest(state: LatencyEvidence): { pValue: number } | undefined {
  const { n, pValue } = signedRank(state.raw);
  return n >= FEWEST_PAIRS ? { pValue } : undefined;
}
