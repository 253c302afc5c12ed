import { formatDuration } from '../model/duration.js';
import type { Ledger } from '../model/ledger.js';
import type { ComparedMetric } from '../model/metric.js';
import type { Harm } from './ledger.js';
import { evidenceMark } from './evidence-mark.js';
import type { PairLook } from './side-buckets.js';
import { SOURCE_NAME } from './source-name.js';
import { formatValue } from './threshold.js';

/** What one side did in the buckets that were used. */
export interface WindowSums {
  errors: number;
  requests: number;
  /** Mean of the values. */
  mean?: number;
  /** How many values there are. */
  buckets: number;
}

interface BothSums {
  canary: WindowSums;
  reference: WindowSums;
}

/** Both sides are this many times as bad as usual before it is called an incident that they share. */
const INCIDENT = 3;

function whole(count: number): string {
  return (Number.isInteger(count) ? count : Number(count.toFixed(1))).toLocaleString('en-US');
}

/** A number of evidence or a chance: three digits, exponents for the very large and small. */
export function formatEvidence(value: number): string {
  if (value === Infinity) return '1e308 or more';
  if (value >= 1e4 || (value > 0 && value < 1e-3)) return value.toExponential(1).replace('+', '');
  return String(Number(value.toPrecision(3)));
}

function times(canary: number, reference: number): string {
  if (!(reference > 0) || !Number.isFinite(canary / reference)) return '';
  return `: ${formatEvidence(canary / reference)}× as many`;
}

function countsInWords(
  metric: ComparedMetric,
  canary: { errors: number; requests: number },
  reference: { errors: number; requests: number },
): string {
  const mine = `canary ${whole(canary.errors)} ${canary.errors === 1 ? 'error' : 'errors'} in ${whole(canary.requests)} requests`;
  if (!metric.reference) return mine;
  const theirs = `${metric.reference.variant} ${whole(reference.errors)} in ${whole(reference.requests)}`;
  const [a, b] = [canary.errors / canary.requests, reference.errors / reference.requests];
  return `${mine}, ${theirs}${canary.requests > 0 && reference.requests > 0 ? times(a, b) : ''}`;
}

/** The whole stage so far in words, by what the ledger has gathered. */
function gatheredInWords(metric: ComparedMetric, ledger: Ledger, direction: 'HIGH' | 'LOW'): string {
  const test = ledger.tests.find((each) => each.direction === direction) ?? ledger.tests[0];
  if (test?.ratio) {
    const { canaryErrors, canaryRequests, referenceErrors, referenceRequests } = test.ratio;
    return countsInWords(
      metric,
      { errors: canaryErrors, requests: canaryRequests },
      { errors: referenceErrors, requests: referenceRequests },
    );
  }
  const raw = [...(test?.latency?.raw ?? [])].sort((a, b) => a - b);
  const middle = raw[Math.floor(raw.length / 2)];
  if (middle === undefined) return 'no pair of values yet';
  const factor =
    Math.exp(direction === 'LOW' ? -middle : middle) * (direction === 'LOW' ? 1 / metric.tolerance : metric.tolerance);
  return `the canary is typically ${formatEvidence(factor)}× the ${metric.reference?.variant ?? 'reference'} over ${raw.length} pairs of values`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Why the canary is judged worse: the numbers, and the evidence beside what it had to reach. */
export function harmInWords(metric: ComparedMetric, ledger: Ledger, harm: Harm): string {
  const seen = capital(gatheredInWords(metric, ledger, harm.direction));
  const side = metric.deviation === 'EITHER' ? (harm.direction === 'HIGH' ? ' (too high)' : ' (too low)') : '';
  switch (harm.channel) {
    case 'RELATIVE':
      return `${seen}; e-value ${formatEvidence(harm.value)} ≥ ${formatEvidence(harm.bar)}${side}.`;
    case 'SLO':
      return `${seen}; against the allowed rate of ${String(metric.expected?.max)}: e-value ${formatEvidence(harm.value)} ≥ ${formatEvidence(harm.bar)}${side}.`;
    case 'FINAL':
      return `${seen}; at the planned end p = ${formatEvidence(harm.value)} ≤ ${formatEvidence(harm.bar)}${side}.`;
    default:
      return harm.channel satisfies never;
  }
}

/** Where the evidence stands after a window that showed no harm. */
export function standInWords(metric: ComparedMetric, ledger: Ledger, sums: BothSums): string {
  const mark = evidenceMark(metric, ledger);
  const seen =
    metric.kind === 'COUNTS'
      ? countsInWords(metric, sums.canary, sums.reference)
      : `canary ${formatValue(sums.canary.mean ?? 0)} on average, ${metric.reference?.variant ?? 'reference'} ${formatValue(sums.reference.mean ?? 0)}`;
  return `${capital(seen)}; evidence of harm so far ${formatEvidence(mark.value)} : 1, ${formatEvidence(mark.bar)} : 1 would be enough.`;
}

/** Says when both sides were bad at once: that is no fault of the canary's. */
export function incidentInWords(metric: ComparedMetric, ledger: Ledger, { canary, reference }: BothSums): string {
  const usual = ledger.calibration?.rate;
  if (metric.kind !== 'COUNTS' || usual === undefined || reference.errors < INCIDENT || canary.errors < INCIDENT)
    return '';
  const [mine, theirs] = [canary.errors / canary.requests, reference.errors / reference.requests];
  if (theirs < INCIDENT * usual || mine < INCIDENT * usual) return '';
  return ` Both versions erred more than usual (${formatValue(usual)} before the canary): what they share is not held against the canary.`;
}

/** What keeps a window from being measured; undefined when nothing does. */
export function missingInWords(
  metric: ComparedMetric,
  open: { done: boolean; window: { to: number } },
  { canary, reference }: BothSums,
  look: PairLook | undefined,
): string | undefined {
  const source = SOURCE_NAME[metric.source];
  const what = metric.kind === 'COUNTS' ? 'requests' : 'values';
  const has = (sums: WindowSums): boolean => (metric.kind === 'COUNTS' ? sums.requests > 0 : sums.mean !== undefined);
  if (!open.done && !has(canary)) {
    return `${source} showed no complete ${what} of the canary within ${formatDuration(metric.maxDelay)} of the window's end.`;
  }
  if (!has(canary)) {
    const other = metric.reference && has(reference) ? `, while the ${metric.reference.variant} had some` : '';
    return `The canary had no ${what} in this window${other}: nothing to judge.`;
  }
  if (metric.reference && !has(reference)) {
    return metric.reference.variant === 'previous'
      ? 'The last good version left no evidence for this time after its traffic was verified: there is nothing to compare with.'
      : `The ${metric.reference.variant} had no ${what} in this window: there is nothing to compare with.`;
  }
  if (!open.done) {
    const at = look && new Date(look.at).toISOString().slice(11, 19);
    return `Some of the window's data was not complete ${formatDuration(metric.maxDelay)} after its end${at ? ` (last looked at ${at})` : ''}; what was complete showed no harm.`;
  }
  return undefined;
}
