import type { Cloud } from '../cloud/cloud.js';
import { worldTime } from '../cloud/cloud.js';
import { SECOND, bucketLength } from '../cloud/times.js';
import type { MetricsFault } from '../panel/fault.js';
import { evaluate } from './evaluate.js';
import type { Points } from './evaluate.js';
import type { Expression, MetricTerm } from './query.js';

/** One query or formula of a question; times in epoch ms. */
export interface Asked {
  from: number;
  to: number;
  text: string;
  expression: Expression;
  index: number;
}

/** The series of an expression, as v1 shows them. */
export function seriesOf(cloud: Cloud, asked: Asked, faults: readonly MetricsFault[]) {
  const length = bucketLength(cloud.speed);
  const delaySeconds = faults.find((fault) => fault.delaySeconds !== undefined)?.delaySeconds;
  const delay = delaySeconds === undefined ? worldTime(cloud, 'metricDelaySeconds') : delaySeconds * SECOND;
  const silentSince = Math.min(...faults.flatMap((fault) => (fault.silence ? [fault.since ?? 0] : [])));
  const until = Math.min(cloud.state.now - delay, silentSince);
  const first = Math.floor(asked.from / length) * length;
  const buckets = cloud.traffic.buckets.filter(({ start }) => start >= first && start <= asked.to && start < until);
  const result = evaluate(cloud, asked.expression, { buckets, until });
  if (typeof result === 'number') return [];
  const nulls = faults.find((fault) => fault.nullTail !== undefined)?.nullTail ?? 0;
  const terms = metricsOf(asked.expression);
  const empty = faults.some((fault) => fault.emptySeries);
  const groups: [string, Points][] = empty ? [['', new Map<number, number>()]] : [...result];
  return groups.map(([group, points]) => {
    const pointlist = withNullTail([...points], nulls, length, asked.to);
    const scope = terms[0]?.scope.map(({ tag, not }) => (not ? `!${tag}` : tag)).join(',') ?? '';
    return {
      unit: null,
      query_index: asked.index,
      aggr: terms.length === 1 ? (terms[0]?.aggregator ?? null) : null,
      metric: terms.map(({ metric }) => metric).join(', '),
      tag_set: group === '' ? [] : group.split(','),
      expression: asked.text,
      scope: [group, scope].filter((part) => part !== '').join(',') || '*',
      interval: length / SECOND,
      length: pointlist.length,
      start: pointlist[0]?.[0] ?? asked.from,
      end: (pointlist.at(-1)?.[0] ?? asked.to - length) + length - 1,
      pointlist,
      display_name: terms.map(({ metric }) => metric).join(', '),
      attributes: {},
      group_by: terms[0]?.by ?? [],
    };
  });
}

/** The bucket after the newest is there already, without a value; a fault makes more of the last ones so. */
function withNullTail(
  points: [number, number][],
  nulls: number,
  length: number,
  to: number,
): [number, number | null][] {
  const shown: [number, number | null][] = points.map(([time, value], place) => [
    time,
    place >= points.length - nulls ? null : value,
  ]);
  const next = (points.at(-1)?.[0] ?? Infinity) + length;
  if (next <= to) shown.push([next, null]);
  return shown;
}

function metricsOf(expression: Expression): MetricTerm[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'metric':
      return [expression];
    case 'defaultZero':
      return metricsOf(expression.of);
    case 'operation':
      return [...metricsOf(expression.left), ...metricsOf(expression.right)];
  }
}
