import type { Measurement, MetricProgress } from '../model/evidence.js';
import type { Metric } from '../model/metric.js';
import { iso, measurementOf, type AnalysisDocument, type MeasurementRecord } from '../model/wire.js';
import { judgeAgain } from './judge-again.js';

/** A metric of a deployment judged again. */
export interface JudgedMetric {
  /** A deployment that ended early left no evidence of the time after: what there is may not decide. */
  verdict: 'PASS' | 'FAIL' | 'INCONCLUSIVE';
  reason: string;
  /** Where the metric stands, as an analysis counts it. */
  progress: MetricProgress;
  /** Each window that is still judged: with the last that decides, none is. */
  measurements: Measurement[];
}

/** A metric of a deployment judged again, beside what was judged then; times are ISO 8601. */
export interface JudgedAgain {
  stage: string;
  metric: string;
  was: { verdict: string; reason: string };
  verdict: string;
  reason: string;
  windows: JudgedWindow[];
}

/** A window judged again; `was` is its outcome then. */
export interface JudgedWindow {
  from: string;
  to: string;
  was: string;
  outcome: string;
  reason: string;
}

/**
 * Judges what the wire tells of a metric again.
 * @param metric what it is judged with: the stored settings, or others
 * @param records all windows of the metric, in order
 */
export function judgeRecords(
  metric: Metric,
  { query, calibration, windows }: Pick<AnalysisDocument, 'query' | 'calibration' | 'windows'>,
  records: readonly MeasurementRecord[],
): JudgedMetric {
  const stored = records.map((each) => measurementOf(each, query));
  const { all, ...progress } = judgeAgain(metric, stored, { windows, ...(calibration && { calibration }) });
  const { verdict, reason } = progress;
  return {
    verdict: verdict === 'PASS' || verdict === 'FAIL' ? verdict : 'INCONCLUSIVE',
    reason,
    progress,
    measurements: all,
  };
}

/** The windows judged again, each with its outcome then. */
export function windowsAgain(
  { measurements }: Pick<JudgedMetric, 'measurements'>,
  records: readonly MeasurementRecord[],
): JudgedWindow[] {
  return measurements.map((each, index) => ({
    from: iso(each.from),
    to: iso(each.to),
    was: records[index]?.outcome ?? '',
    outcome: each.outcome,
    reason: each.reason,
  }));
}

/** A metric's verdict then and now, with its windows. */
export function judgedAgain(
  document: AnalysisDocument,
  records: readonly MeasurementRecord[],
  judged: JudgedMetric,
): JudgedAgain {
  return {
    stage: document.stage,
    metric: document.metric,
    was: { verdict: document.verdict, reason: document.reason },
    verdict: judged.verdict,
    reason: judged.reason,
    windows: windowsAgain(judged, records),
  };
}
