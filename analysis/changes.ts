import { isCompared, type Deviation, type Metric } from '../model/metric.js';
import { parseTolerance } from '../model/tolerance.js';

/** Settings to judge with instead of a metric's own. `alpha` and `minMeasured` are shares, 0 to 1. */
export interface Changes {
  max?: number;
  min?: number;
  failureLimit?: number;
  tolerance?: number;
  deviation?: Deviation;
  alpha?: number;
  minMeasured?: number;
}

/** A setting that can be judged with anew. */
export type Setting = keyof Changes;

/** Settings as people write them, and what is wrong with a text, to be put behind the setting's name. */
export interface ReadChanges {
  changes: Changes;
  wrong: Partial<Record<Setting, string>>;
}

type Read<T> = { value: T } | { wrong: string };

function numberOf(text: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text.trim())?.[1];
  const number = percent === undefined ? Number(text) : Number(percent) / 100;
  return text.trim() !== '' && Number.isFinite(number) ? number : undefined;
}

function anyNumber(text: string): Read<number> {
  const value = numberOf(text);
  return value === undefined ? { wrong: `must be a number, not "${text}"` } : { value };
}

function share(text: string, isShare: (value: number) => boolean, words: string): Read<number> {
  const read = anyNumber(text);
  return 'wrong' in read || isShare(read.value) ? read : { wrong: `must be a number ${words}, not "${text}"` };
}

/** As the files have it. */
function isWholePercentage(value: number): boolean {
  return value >= 0 && value <= 1 && Math.abs(value * 100 - Math.round(value * 100)) < 1e-9;
}

const READ: { [S in Setting]-?: (text: string) => Read<NonNullable<Changes[S]>> } = {
  max: anyNumber,
  min: anyNumber,
  failureLimit: (text) => share(text, (value) => Number.isInteger(value) && value >= 0, 'of windows'),
  tolerance(text) {
    const value = parseTolerance(text);
    return value === undefined ? { wrong: `must be a factor or a share, not "${text}"` } : { value };
  },
  deviation(text) {
    const value = (['HIGH', 'LOW', 'EITHER'] as const).find((each) => each === text.toUpperCase());
    return value === undefined ? { wrong: `must be HIGH, LOW or EITHER, not "${text}"` } : { value };
  },
  alpha: (text) => share(text, (value) => value > 0 && value < 1, 'between 0 and 1'),
  minMeasured: (text) => share(text, isWholePercentage, 'of whole percent from 0 to 100 %'),
};

/** Reads settings as people write them: numbers, percentages (`2%` is 0.02), a tolerance as the files have it. */
export function readChanges(given: Partial<Record<Setting, string>>): ReadChanges {
  const read: ReadChanges = { changes: {}, wrong: {} };
  for (const setting of Object.keys(READ) as Setting[]) {
    const text = given[setting];
    if (text === undefined) continue;
    const one = READ[setting](text);
    if ('wrong' in one) read.wrong[setting] = one.wrong;
    else Object.assign(read.changes, { [setting]: one.value });
  }
  return read;
}

/** The settings of which a metric's verdict can depend, and that its file can hold. */
export function settingsOf(metric: Metric): readonly Setting[] {
  // What an answer must be is no bound: its point is 1 or 0.
  if (metric.source === 'HTTP') return ['failureLimit', 'minMeasured'];
  if (!isCompared(metric)) return ['max', 'min', 'failureLimit', 'minMeasured'];
  // PipeCD's test has a level of its own.
  if (metric.test === 'MANN_WHITNEY') return ['tolerance', 'deviation', 'failureLimit', 'minMeasured'];
  if (!metric.reference) return ['max', 'alpha', 'minMeasured'];
  const compared = ['tolerance', 'deviation', 'alpha', 'minMeasured'] as const;
  return metric.kind === 'COUNTS' ? ['max', ...compared] : compared;
}

/** The option of `sluice judge` that changes a setting. */
export function optionOf(setting: Setting): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A metric with other settings. One that has no meaning for the metric changes nothing. */
export function changedMetric(
  metric: Metric,
  { max, min, alpha, tolerance, failureLimit, deviation, minMeasured }: Changes,
): Metric {
  const expected = {
    ...metric.expected,
    ...(max !== undefined && { max }),
    ...(min !== undefined && { min }),
  };
  const share = minMeasured !== undefined && { minMeasured };
  if (!isCompared(metric)) {
    return { ...metric, expected, ...share, ...(failureLimit !== undefined && { failureLimit }) };
  }
  return {
    ...metric,
    ...share,
    ...(Object.keys(expected).length > 0 && { expected }),
    ...(alpha !== undefined && { alpha }),
    ...(tolerance !== undefined && { tolerance }),
    ...(deviation !== undefined && { deviation }),
    ...(failureLimit !== undefined && metric.test === 'MANN_WHITNEY' && { failureLimit }),
  };
}
