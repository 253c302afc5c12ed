import { useRef } from 'preact/hooks';
import { changedMetric, readChanges, settingsOf, type Changes, type Setting } from '../../analysis/changes.js';
import { judgeRecords, type JudgedMetric } from '../../analysis/judged-again.js';
import type { Metric } from '../../model/metric.js';
import type { AnalysisDocument, MeasurementRecord } from '../../model/wire.js';
import { storedMetric } from '../../spec/stored-metric.js';
import { keyOf } from '../deployment/live.js';

/** Settings as they were typed, by `addressOf`. */
export type Texts = Readonly<Record<string, string>>;

/** A metric of the deployment, judged with what was typed. */
export interface Retrospect {
  key: string;
  analysis: AnalysisDocument;
  records: readonly MeasurementRecord[];
  /** How it was judged then; absent where the deployment does not say. */
  metric?: Metric;
  settings: readonly Setting[];
  texts: Partial<Record<Setting, string>>;
  changes: Changes;
  wrong: Partial<Record<Setting, string>>;
  /** Absent where it cannot be judged again. */
  judged?: JudgedMetric;
}

/** The name of a setting in the page's address. */
export function addressOf({ stage, metric }: Pick<AnalysisDocument, 'stage' | 'metric'>, setting: Setting): string {
  return `${stage}.${metric}.${setting}`;
}

const NONE: readonly MeasurementRecord[] = [];

/** What was typed, without what cannot be of this metric. */
function meant(metric: Metric, texts: Retrospect['texts']): ReturnType<typeof readChanges> {
  const { changes, wrong } = readChanges(texts);
  const { min = -Infinity, max = Infinity } = { ...metric.expected, ...changes };
  if (min > max) {
    if (changes.min === undefined) wrong.max = `must be at least ${min}`;
    else wrong.min = `must be at most ${max}`;
  } else if (metric.test === 'SEQUENTIAL' && changes.max !== undefined && !(max > 0 && max < 1)) {
    wrong.max = 'must be a share of the requests between 0 and 1';
  }
  if (wrong.min !== undefined) delete changes.min;
  if (wrong.max !== undefined) delete changes.max;
  return { changes, wrong };
}

function retrospect(
  analysis: AnalysisDocument,
  records: readonly MeasurementRecord[],
  typed: Texts,
): Omit<Retrospect, 'key'> {
  const parsed = storedMetric.safeParse(analysis.settings);
  if (!parsed.success) return { analysis, records, settings: [], texts: {}, changes: {}, wrong: {} };
  const metric = parsed.data;
  const settings = settingsOf(metric);
  const texts: Retrospect['texts'] = {};
  for (const setting of settings) {
    const text = typed[addressOf(analysis, setting)];
    if (text !== undefined) texts[setting] = text;
  }
  const { changes, wrong } = meant(metric, texts);
  const judged = judgeRecords(changedMetric(metric, changes), analysis, records);
  return { analysis, records, metric, settings, texts, changes, wrong, judged };
}

/** Judges each metric with what was typed; one of which nothing has changed is not judged anew. */
export function useRetrospect(
  analysis: readonly AnalysisDocument[],
  windows: ReadonlyMap<string, readonly MeasurementRecord[]>,
  typed: Texts,
): Retrospect[] {
  const kept = useRef(new Map<string, { of: readonly unknown[]; is: Retrospect }>());
  return analysis.map((one) => {
    const key = keyOf(one.stage, one.metric);
    const records = windows.get(key) ?? NONE;
    const mine = Object.entries(typed).filter(([name]) => name.startsWith(`${one.stage}.${one.metric}.`));
    const of = [one, records, JSON.stringify(mine)];
    const known = kept.current.get(key);
    if (known?.of.every((part, index) => part === of[index])) return known.is;
    const is = { key, ...retrospect(one, records, typed) };
    kept.current.set(key, { of, is });
    return is;
  });
}
