import { judgeAgain } from '../analysis/judge-again.js';
import type { Measurement } from '../model/evidence.js';
import { isCompared, type Deviation, type Metric } from '../model/metric.js';
import { measurementOf, type AnalysisDocument, type MeasurementRecord } from '../model/wire.js';
import { deploymentAnswer, measurementPageAnswer } from '../spec/http-answers.js';
import { storedMetric } from '../spec/stored-metric.js';
import { parseTolerance } from '../spec/tolerance.js';
import { call, type Server } from './client.js';
import { CommandFailure, EXIT } from './failure.js';

/** Settings to judge with instead of the deployment's own. */
export interface Changes {
  max?: number;
  min?: number;
  alpha?: number;
  tolerance?: number;
  failureLimit?: number;
  deviation?: Deviation;
}

/** A metric of a deployment judged again, beside what was judged then. */
export interface JudgedAgain {
  stage: string;
  metric: string;
  was: { verdict: string; reason: string };
  verdict: string;
  reason: string;
  windows: { from: string; to: string; was: string; outcome: string; reason: string }[];
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  const number = percent === undefined ? Number(text) : Number(percent) / 100;
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new CommandFailure(EXIT.wrongUse, `--${name} must be a number, not "${text}".`, `Write --${name} 0.02.`);
}

function deviationOf(text: string | undefined): Deviation | undefined {
  if (text === undefined) return undefined;
  const known = (['HIGH', 'LOW', 'EITHER'] as const).find((each) => each === text.toUpperCase());
  if (known) return known;
  throw new CommandFailure(EXIT.wrongUse, `--deviation must be HIGH, LOW or EITHER, not "${text}".`);
}

/** Reads the settings of the command line. @throws CommandFailure for one that is no number */
export function changesOf(
  given: Partial<Record<'max' | 'min' | 'alpha' | 'tolerance' | 'failureLimit' | 'deviation', string>>,
): Changes {
  const tolerance = given.tolerance === undefined ? undefined : parseTolerance(given.tolerance);
  if (given.tolerance !== undefined && tolerance === undefined) {
    throw new CommandFailure(EXIT.wrongUse, `--tolerance must be a factor or a share, not "${given.tolerance}".`);
  }
  const entries = {
    max: numberOf('max', given.max),
    min: numberOf('min', given.min),
    alpha: numberOf('alpha', given.alpha),
    failureLimit: numberOf('failure-limit', given.failureLimit),
    tolerance,
    deviation: deviationOf(given.deviation),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

function changed(metric: Metric, { max, min, alpha, tolerance, failureLimit, deviation }: Changes): Metric {
  const expected = {
    ...metric.expected,
    ...(max !== undefined && { max }),
    ...(min !== undefined && { min }),
  };
  if (!isCompared(metric)) return { ...metric, expected, ...(failureLimit !== undefined && { failureLimit }) };
  return {
    ...metric,
    ...(Object.keys(expected).length > 0 && { expected }),
    ...(alpha !== undefined && { alpha }),
    ...(tolerance !== undefined && { tolerance }),
    ...(deviation !== undefined && { deviation }),
    ...(failureLimit !== undefined && metric.test === 'MANN_WHITNEY' && { failureLimit }),
  };
}

async function recordsOf(server: Server, id: string): Promise<MeasurementRecord[]> {
  const records: MeasurementRecord[] = [];
  let cursor: string | undefined;
  do {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const path = `/deployments/${encodeURIComponent(id)}/measurements${query}`;
    const page = await call(server, { path }, measurementPageAnswer);
    records.push(...page.measurements);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

function settingsOf(id: string, document: AnalysisDocument): Metric {
  const parsed = storedMetric.safeParse(document.settings);
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    EXIT.failed,
    `${id} does not say how ${document.metric} was judged, so it cannot be judged again.`,
    'Deployments of this version do.',
  );
}

function again(id: string, document: AnalysisDocument, records: MeasurementRecord[], changes: Changes): JudgedAgain {
  const metric = changed(settingsOf(id, document), changes);
  const mine = records.filter((each) => each.stage === document.stage && each.metric === document.metric);
  const stored: Measurement[] = mine.map((each) => measurementOf(each, document.query));
  const { calibration, windows } = document;
  const judged = judgeAgain(metric, stored, { windows, ...(calibration && { calibration }) });
  return {
    stage: document.stage,
    metric: document.metric,
    was: { verdict: document.verdict, reason: document.reason },
    // A deployment that ended early left no evidence of the time after: what there is may not decide.
    verdict: judged.verdict === 'PASS' || judged.verdict === 'FAIL' ? judged.verdict : 'INCONCLUSIVE',
    reason: judged.reason,
    windows: judged.all.map((each, index) => ({
      from: new Date(each.from).toISOString(),
      to: new Date(each.to).toISOString(),
      was: mine[index]?.outcome ?? '',
      outcome: each.outcome,
      reason: each.reason,
    })),
  };
}

/**
 * Judges the evidence of a deployment again, with the code that judged it, and other settings where wanted.
 * @throws CommandFailure when there is no such deployment, or it had no ANALYSIS
 */
export async function judgeDeployment(server: Server, id: string, changes: Changes): Promise<JudgedAgain[]> {
  const deployment = await call(server, { path: `/deployments/${encodeURIComponent(id)}` }, deploymentAnswer);
  if (deployment.analysis.length === 0) {
    throw new CommandFailure(EXIT.failed, `${id} has measured nothing: there is no evidence to judge.`);
  }
  const records = await recordsOf(server, id);
  return deployment.analysis.map((document) => again(id, document, records, changes));
}

/** The lines for people: each metric's verdict then and now, and the windows that come out differently. */
export function againLines({ stage, metric, was, verdict, reason, windows }: JudgedAgain): string[] {
  const now = verdict === was.verdict ? `${verdict}, as then` : `${verdict}; it was ${was.verdict}`;
  return [
    `${stage} ${metric}: ${now}. ${reason}`,
    ...windows
      .filter((each) => each.was !== each.outcome)
      .map((each) => `    ${each.from} to ${each.to}: ${each.outcome}, it was ${each.was}. ${each.reason}`),
  ];
}
