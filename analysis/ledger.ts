import type { Bucket } from '../model/evidence.js';
import type { Calibration, Ledger } from '../model/ledger.js';
import type { ComparedMetric } from '../model/metric.js';
import { dispersion } from './statistics/dispersion.js';
import {
  addLatencyPair,
  beginLatency,
  finalLatencyTest,
  historyScale,
  lagOneAutocorrelation,
  latencyLogE,
} from './statistics/latency-evidence.js';
import {
  addRatioBucket,
  beginRatio,
  finalRatioTest,
  finalSloTest,
  logE,
  logSlo,
  MIN_ERRORS,
  ratioBars,
  SLO_NEEDS_E,
  sloAloneBar,
} from './statistics/ratio-evidence.js';
import { binomialUpperTail } from './statistics/binomial.js';

/** One bucket of both versions; a side is absent where it had no data. */
export interface Pair {
  at: number;
  canary?: Bucket;
  reference?: Bucket;
}

/** What showed that the canary is worse. */
export interface Harm {
  direction: 'HIGH' | 'LOW';
  channel: 'RELATIVE' | 'SLO' | 'FINAL';
  /** The evidence (`x : 1`) or, of the final test, the p-value, and what it had to reach. */
  value: number;
  bar: number;
}

type Test = Ledger['tests'][number];

/** A primary that is above the allowed rate by more than chance makes that rate no measure of the canary. */
const CLEARLY_ABOVE = 0.05;

/** Of fewer values a correlation says little: its standard error is about 1/√n. */
const ENOUGH_TO_FOLLOW = 30;

/** A ledger before its first bucket. */
export function openLedger(metric: ComparedMetric): Ledger {
  const directions = metric.deviation === 'EITHER' ? (['HIGH', 'LOW'] as const) : ([metric.deviation] as const);
  return {
    tests: directions.map((direction) =>
      metric.kind === 'COUNTS' ? { direction, ratio: beginRatio() } : { direction, latency: beginLatency() },
    ),
    canaryBuckets: 0,
    pairs: 0,
    finals: 0,
  };
}

function counts({ errors = 0, requests = 0 }: Bucket): { errors: number; requests: number } {
  return { errors, requests };
}

/**
 * What the reference's buckets of before the canary tell: how clustered its errors are, how much its values move, its usual rate.
 * @param history in order of time
 */
export function calibrate(metric: ComparedMetric, history: readonly Bucket[]): Calibration {
  if (metric.kind === 'VALUE') {
    const values = history.flatMap(({ value }) => (value === undefined ? [] : [value]));
    const scale = historyScale(values);
    const follows = values.length >= ENOUGH_TO_FOLLOW ? lagOneAutocorrelation(values) : undefined;
    return {
      dispersion: 1,
      buckets: history.length,
      ...(scale !== undefined && { scale }),
      ...(follows !== undefined && { autocorrelation: follows }),
    };
  }
  const pairs = history.map(counts);
  const requests = pairs.reduce((sum, each) => sum + each.requests, 0);
  const errors = pairs.reduce((sum, each) => sum + each.errors, 0);
  return {
    dispersion: dispersion(pairs),
    buckets: history.length,
    ...(requests > 0 && { rate: errors / requests }),
  };
}

/** The share of the budget that one direction has. */
function alphaOf(metric: ComparedMetric): number {
  return metric.deviation === 'EITHER' ? metric.alpha / 2 : metric.alpha;
}

/** The rate that errors may have, where the file gives one and it is a measure: the reference itself keeps it. */
function allowedRate(metric: ComparedMetric, ledger: Ledger, ratio: Test['ratio']): number | undefined {
  const max = metric.expected?.max;
  if (max === undefined || max <= 0 || max >= 1) return undefined;
  if (!metric.reference) return max;
  if ((ledger.calibration?.rate ?? 0) > max) return undefined;
  if (ratio && ratio.referenceErrors > max * ratio.referenceRequests) {
    const chance = binomialUpperTail(ratio.referenceErrors, ratio.referenceRequests, max);
    if (chance <= CLEARLY_ABOVE) return undefined;
  }
  return max;
}

/** Whether the file's bound for errors can be used as a channel of its own. */
export function hasAllowedRate(metric: ComparedMetric, ledger: Ledger): boolean {
  const [test] = ledger.tests;
  return test?.direction === 'HIGH' && allowedRate(metric, ledger, test.ratio) !== undefined;
}

function addTo(metric: ComparedMetric, ledger: Ledger, test: Test, { canary, reference }: Pair): Test {
  const { direction, ratio, latency } = test;
  if (ratio && canary) {
    const max = direction === 'HIGH' ? metric.expected?.max : undefined;
    return {
      direction,
      ratio: addRatioBucket(
        ratio,
        { canary: counts(canary), ...(reference && { reference: counts(reference) }) },
        {
          rho0: metric.tolerance,
          phi: ledger.calibration?.dispersion ?? 1,
          direction,
          ...(max !== undefined && max > 0 && max < 1 && { max }),
        },
      ),
    };
  }
  if (latency && canary?.value !== undefined && reference?.value !== undefined) {
    const s0 = ledger.calibration?.scale;
    return {
      direction,
      latency: addLatencyPair(
        latency,
        { canary: canary.value, reference: reference.value },
        { rho0: metric.tolerance, direction, ...(s0 !== undefined && { s0 }) },
      ),
    };
  }
  return test;
}

function hasData(bucket: Bucket | undefined): boolean {
  return bucket !== undefined && (bucket.value !== undefined || (bucket.requests ?? 0) > 0);
}

/** Adds one settled bucket. Each is added once and never changes afterwards. */
export function addPair(metric: ComparedMetric, ledger: Ledger, pair: Pair): Ledger {
  const canary = hasData(pair.canary);
  const both = canary && hasData(pair.reference);
  return {
    ...ledger,
    tests: ledger.tests.map((test) => addTo(metric, ledger, test, pair)),
    canaryBuckets: ledger.canaryBuckets + (canary ? 1 : 0),
    pairs: ledger.pairs + (both ? 1 : 0),
  };
}

function harmOf(metric: ComparedMetric, ledger: Ledger, { direction, ratio, latency }: Test): Harm | undefined {
  const alpha = alphaOf(metric);
  const bars = ratioBars(alpha);
  if (latency) {
    const value = latencyLogE(latency);
    return value >= bars.relative
      ? { direction, channel: 'RELATIVE', value: Math.exp(value), bar: Math.exp(bars.relative) }
      : undefined;
  }
  // Fewer errors than three are never enough, whatever their odds; of fewer errors than usual there is nothing to count.
  if (!ratio || (direction === 'HIGH' && ratio.canaryErrors < MIN_ERRORS)) return undefined;
  if (direction === 'HIGH' && allowedRate(metric, ledger, ratio) !== undefined) {
    const slo = logSlo(ratio);
    const bar = metric.reference ? bars.slo : sloAloneBar(alpha);
    if (slo >= bar && (!metric.reference || logE(ratio) >= Math.log(SLO_NEEDS_E))) {
      return { direction, channel: 'SLO', value: Math.exp(slo), bar: Math.exp(bar) };
    }
  }
  const relative = logE(ratio);
  return metric.reference && relative >= bars.relative
    ? { direction, channel: 'RELATIVE', value: Math.exp(relative), bar: Math.exp(bars.relative) }
    : undefined;
}

/** Whether what was gathered shows that the canary is worse. May be asked after each bucket: looking often costs nothing. */
export function harmIn(metric: ComparedMetric, ledger: Ledger): Harm | undefined {
  for (const test of ledger.tests) {
    const harm = harmOf(metric, ledger, test);
    if (harm) return harm;
  }
  return undefined;
}

function finalOf(metric: ComparedMetric, ledger: Ledger, test: Test, level: number): Harm | undefined {
  const { direction, ratio, latency } = test;
  const phi = ledger.calibration?.dispersion ?? 1;
  const judged = (pValue: number, bar: number): Harm | undefined =>
    pValue <= bar ? { direction, channel: 'FINAL', value: pValue, bar } : undefined;
  if (latency) {
    const final = finalLatencyTest(latency);
    return final ? judged(final.pValue, level / 2) : undefined;
  }
  if (!ratio || (direction === 'HIGH' && ratio.canaryErrors < MIN_ERRORS)) return undefined;
  if (!metric.reference) {
    const max = allowedRate(metric, ledger, ratio);
    return max === undefined ? undefined : judged(finalSloTest(ratio, { phi, max }).pValue, level / 2);
  }
  const withSlo = direction === 'HIGH' && metric.expected?.max !== undefined;
  const final = finalRatioTest(ratio, { phi, direction });
  return judged(final.pValue, withSlo ? level / 4 : level / 2);
}

/**
 * The one exact test of a planned end. Where the stage may be extended, each end spends half of what is left of its share.
 * @returns the ledger, which counts the test, and what it showed
 */
export function finalTest(
  metric: ComparedMetric,
  ledger: Ledger,
  mayBeExtended: boolean,
): { ledger: Ledger; harm?: Harm } {
  const level = alphaOf(metric) * 2 ** -(ledger.finals + (mayBeExtended ? 1 : 0));
  const counted = { ...ledger, finals: ledger.finals + 1 };
  for (const test of ledger.tests) {
    const harm = finalOf(metric, ledger, test, level);
    if (harm) return { ledger: counted, harm };
  }
  return { ledger: counted };
}
