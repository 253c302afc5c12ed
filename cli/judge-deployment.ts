import { changedMetric, optionOf, readChanges, type Changes, type Setting } from '../analysis/changes.js';
import { judgedAgain, judgeRecords, type JudgedAgain } from '../analysis/judged-again.js';
import type { Metric } from '../model/metric.js';
import type { AnalysisDocument, MeasurementRecord } from '../model/wire.js';
import { deploymentAnswer, measurementPageAnswer } from '../spec/http-answers.js';
import { storedMetric } from '../spec/stored-metric.js';
import { call, type Server } from './client.js';
import { CommandFailure, EXIT } from './failure.js';

/** What is asked of a deployment's evidence. */
export interface Asked {
  changes: Changes;
  /** Only the metrics of this name, only those of this stage. */
  metric?: string;
  stage?: string;
}

const EXAMPLES: Readonly<Record<Setting, string>> = {
  max: '0.02',
  min: '0.98',
  failureLimit: '1',
  tolerance: '1.2',
  deviation: 'HIGH',
  alpha: '0.05',
  minMeasured: '50%',
};

/** Reads the settings of the command line. @throws CommandFailure for one that is none */
export function changesOf(given: Partial<Record<Setting, string>>): Changes {
  const { changes, wrong } = readChanges(given);
  for (const [setting, example] of Object.entries(EXAMPLES) as [Setting, string][]) {
    const words = wrong[setting];
    if (words === undefined) continue;
    const option = optionOf(setting);
    throw new CommandFailure(EXIT.wrongUse, `${option} ${words}.`, `Write ${option} ${example}.`);
  }
  return changes;
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

function storedSettings(id: string, document: AnalysisDocument): Metric {
  const parsed = storedMetric.safeParse(document.settings);
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    EXIT.failed,
    `${id} does not say how ${document.metric} was judged, so it cannot be judged again.`,
    'Deployments of this version do.',
  );
}

/**
 * Judges the evidence of a deployment again, with the code that judged it, and other settings where wanted.
 * @throws CommandFailure when there is no such deployment or metric, or it had no ANALYSIS
 */
export async function judgeDeployment(server: Server, id: string, asked: Asked): Promise<JudgedAgain[]> {
  const deployment = await call(server, { path: `/deployments/${encodeURIComponent(id)}` }, deploymentAnswer);
  if (deployment.analysis.length === 0) {
    throw new CommandFailure(EXIT.failed, `${id} has measured nothing: there is no evidence to judge.`);
  }
  const meant = deployment.analysis.filter(
    ({ stage, metric }) => (asked.stage ?? stage) === stage && (asked.metric ?? metric) === metric,
  );
  if (meant.length === 0) {
    const there = deployment.analysis.map(({ stage, metric }) => `--stage ${stage} --metric ${metric}`);
    throw new CommandFailure(EXIT.wrongUse, `${id} has no such metric.`, `There are: ${there.join(', ')}.`);
  }
  const records = await recordsOf(server, id);
  return meant.map((document) => {
    const metric = changedMetric(storedSettings(id, document), asked.changes);
    const mine = records.filter((each) => each.stage === document.stage && each.metric === document.metric);
    return judgedAgain(document, mine, judgeRecords(metric, document, mine));
  });
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
