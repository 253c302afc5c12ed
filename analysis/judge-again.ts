import type { Measurement, MetricProgress } from '../model/evidence.js';
import type { Calibration, Ledger } from '../model/ledger.js';
import { isCompared, type ComparedMetric, type Metric } from '../model/metric.js';
import { closeWindow, openWindow, type OpenWindow } from './compare-window.js';
import { judgeStored } from './judge.js';
import { addPair, harmIn, openLedger, type Pair } from './ledger.js';
import { isSpent, standingOf } from './metric-verdict.js';
import { addMeasurements, beginProgress } from './tally.js';

/**
 * The buckets of a stored window side by side, in the order in which they were used: each side's list keeps it. Of buckets that only
 * one side had the earlier one comes first.
 */
function pairsOf({ canary = [], reference = [] }: Measurement): Pair[] {
  const mine = new Set(canary.map(({ at }) => at));
  const theirs = new Map(reference.map(({ at }, index) => [at, index]));
  const pairs: Pair[] = [];
  let next = 0;
  const takeReferences = (until: number, before: number): void => {
    for (let bucket = reference[next]; bucket && next < until; bucket = reference[next]) {
      const alone = !mine.has(bucket.at);
      if (alone && bucket.at >= before) return;
      if (alone) pairs.push({ at: bucket.at, reference: bucket });
      next += 1;
    }
  };
  for (const bucket of canary) {
    const index = theirs.get(bucket.at);
    const partner = index === undefined ? undefined : reference[index];
    const shared = reference.findIndex(({ at }, place) => place >= next && mine.has(at));
    if (index !== undefined) takeReferences(index, Infinity);
    else takeReferences(shared < 0 ? reference.length : shared, bucket.at);
    pairs.push({ at: bucket.at, canary: bucket, ...(partner && { reference: partner }) });
    if (index !== undefined) next = Math.max(next, index + 1);
  }
  takeReferences(Infinity, Infinity);
  return pairs;
}

function compareAgain(
  metric: ComparedMetric,
  stored: Measurement,
  before: Ledger,
  isEnd: boolean,
): { measurement: Measurement; ledger: Ledger } {
  let open: OpenWindow = { ...openWindow(metric, stored, before), done: stored.delaySeconds !== undefined };
  for (const pair of pairsOf(stored)) {
    const ledger = addPair(metric, open.ledger, pair);
    const harm = metric.test === 'SEQUENTIAL' ? harmIn(metric, ledger) : undefined;
    open = { ...open, ledger, used: [...open.used, pair], ...(harm && { harm }) };
    if (harm) break;
  }
  const closed = closeWindow(metric, open, before, {
    judgedAt: stored.judgedAt,
    query: stored.query,
    ...(stored.outcome === 'ERROR' && { error: stored.reason }),
    ...(stored.spoiled !== undefined && { spoiled: stored.spoiled }),
    isEnd,
    mayBeExtended: stored.mayBeExtended === true,
  });
  return { ...closed, measurement: { ...stored, ...closed.measurement } };
}

/**
 * Judges the evidence that a deployment left again, with other settings if wanted. A deployment that stopped early left no evidence
 * of the time after that: then the verdict is RUNNING unless what there is decides it.
 * @param windows how many were planned
 */
export function judgeAgain(
  metric: Metric,
  stored: readonly Measurement[],
  { windows, calibration }: { windows: number; calibration?: Calibration },
): MetricProgress & { all: Measurement[] } {
  let progress = beginProgress(metric, windows);
  let ledger: Ledger | undefined = isCompared(metric)
    ? { ...openLedger(metric), ...(calibration && { calibration }) }
    : undefined;
  const all: Measurement[] = [];
  for (const each of stored) {
    if (isSpent(metric, standingOf(progress))) break;
    let measurement: Measurement;
    if (isCompared(metric)) {
      const again = compareAgain(metric, each, ledger ?? openLedger(metric), each.window >= windows);
      ledger = again.ledger;
      measurement = again.measurement;
    } else {
      measurement = { ...each, ...judgeStored(metric, each) };
    }
    all.push(measurement);
    progress = addMeasurements(metric, progress, [measurement], ledger);
  }
  return { ...progress, all };
}
