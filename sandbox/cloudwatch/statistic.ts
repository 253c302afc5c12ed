import { countOf, meanOf, quantileOf, trimmedMeanOf } from '../cloud/response-times.js';
import { SECOND } from '../cloud/times.js';

/** What was observed in a stretch of time: how many, of which values. */
export type Observed =
  | { kind: 'count'; count: number }
  | { kind: 'gauge'; values: number[] }
  | { kind: 'times'; responses: Record<string, number> };

/** What was observed over several buckets. */
export function merged(all: readonly Observed[]): Observed | undefined {
  const [first] = all;
  switch (first?.kind) {
    case undefined:
      return undefined;
    case 'count':
      return { kind: 'count', count: all.reduce((sum, each) => sum + (each.kind === 'count' ? each.count : 0), 0) };
    case 'gauge':
      return { kind: 'gauge', values: all.flatMap((each) => (each.kind === 'gauge' ? each.values : [])) };
    case 'times': {
      const responses: Record<string, number> = {};
      for (const each of all) {
        if (each.kind !== 'times') continue;
        for (const [mean, answers] of Object.entries(each.responses))
          responses[mean] = (responses[mean] ?? 0) + answers;
      }
      return { kind: 'times', responses };
    }
  }
}

const SHARE = /^(p|tm)(\d+(?:\.\d+)?)$/;

/** Whether the sandbox can compute a statistic. */
export function isStatistic(stat: string): boolean {
  return /^(Sum|SampleCount|Average|Minimum|Maximum)$/.test(stat) || SHARE.test(stat);
}

function statisticOfGauge(stat: string, values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (stat) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return values.length;
    case 'Minimum':
      return Math.min(...values);
    case 'Average':
      return sum / values.length;
    default:
      return Math.max(...values);
  }
}

function statisticOfTimes(stat: string, responses: Record<string, number>): number {
  const [, kind, percent] = SHARE.exec(stat) ?? [];
  if (kind === 'p') return quantileOf(responses, Number(percent) / 100) / SECOND;
  if (kind === 'tm') return trimmedMeanOf(responses, Number(percent) / 100) / SECOND;
  switch (stat) {
    case 'Sum':
      return (meanOf(responses) * countOf(responses)) / SECOND;
    case 'SampleCount':
      return countOf(responses);
    case 'Minimum':
      return quantileOf(responses, 0.5 / countOf(responses)) / SECOND;
    case 'Maximum':
      return quantileOf(responses, 1) / SECOND;
    default:
      return meanOf(responses) / SECOND;
  }
}

/** A statistic of what was observed. */
export function statistic(stat: string, observed: Observed): number {
  switch (observed.kind) {
    // Each counted request is a sample of the value 1.
    case 'count':
      return stat === 'Sum' || stat === 'SampleCount' ? observed.count : 1;
    case 'gauge':
      return statisticOfGauge(stat, observed.values);
    case 'times':
      return statisticOfTimes(stat, observed.responses);
  }
}
