import type { Cloud } from '../cloud/cloud.js';
import { SECOND, bucketLength } from '../cloud/times.js';
import type { MetricBucket } from '../cloud/traffic-record.js';
import { partOf, samplesOf } from './metric.js';
import type { Sample } from './metric.js';
import type { Expression, MetricTerm } from './query.js';

/** Values by the starts of their buckets (epoch ms). */
export type Points = Map<number, number>;

/** The result of an expression, by group (`targetgroup:blue`, or '' where nothing is grouped). */
export type Result = Map<string, Points>;

/** What Datadog has: the buckets asked for, and the moment up to which data has arrived. */
export interface Window {
  buckets: readonly MetricBucket[];
  /** Epoch ms: what happened later is not there yet. */
  until: number;
}

/** The values of an expression, bucket by bucket. A side without a point at a time leaves the result without one there. */
export function evaluate(cloud: Cloud, expression: Expression, window: Window): Result | number {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'metric':
      return evaluateMetric(cloud, expression, window);
    case 'defaultZero':
      return withZeros(evaluate(cloud, expression.of, window), window);
    case 'operation': {
      const left = evaluate(cloud, expression.left, window);
      const right = evaluate(cloud, expression.right, window);
      return combine(left, right, OPERATORS[expression.operator]);
    }
  }
}

type Operator = (left: number, right: number) => number;

const OPERATORS: Readonly<Record<'+' | '-' | '*' | '/', Operator>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
};

function evaluateMetric(cloud: Cloud, term: MetricTerm, { buckets, until }: Window): Result {
  const result: Result = new Map();
  for (const bucket of buckets) {
    const part = partOf(cloud, bucket, until);
    if (part === 0) continue;
    const samples = samplesOf(cloud, term.metric, bucket, part).filter((sample) => matches(sample, term));
    for (const [group, values] of grouped(samples, term.by)) {
      const points = result.get(group) ?? new Map<number, number>();
      const value = aggregated(term.aggregator, values);
      points.set(bucket.start, term.asRate ? value / (bucketLength(cloud.speed) / SECOND) : value);
      result.set(group, points);
    }
  }
  return result;
}

function matches({ tags }: Sample, { scope }: MetricTerm): boolean {
  return scope.every(({ tag, not }) => {
    const found = tag.endsWith('*') ? tags.some((own) => own.startsWith(tag.slice(0, -1))) : tags.includes(tag);
    return found !== not;
  });
}

function grouped(samples: readonly Sample[], by: readonly string[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { tags, value } of samples) {
    const key = by.map((name) => tags.find((tag) => tag.startsWith(`${name}:`)) ?? `${name}:N/A`).join(',');
    groups.set(key, [...(groups.get(key) ?? []), value]);
  }
  return groups;
}

function aggregated(aggregator: MetricTerm['aggregator'], values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  switch (aggregator) {
    case 'sum':
      return total;
    case 'avg':
      return total / values.length;
    case 'max':
      return Math.max(...values);
    case 'min':
      return Math.min(...values);
  }
}

function combine(left: Result | number, right: Result | number, operator: Operator): Result | number {
  if (typeof left === 'number' && typeof right === 'number') return operator(left, right);
  const groups = typeof left === 'number' ? (right as Result) : left;
  const result: Result = new Map();
  for (const group of groups.keys()) {
    const sides = [left, right].map((side) => (typeof side === 'number' ? side : (side.get(group) ?? side.get(''))));
    const [a, b] = sides;
    if (a === undefined || b === undefined) continue;
    const times = typeof a === 'number' ? (b as Points).keys() : a.keys();
    const points: Points = new Map();
    for (const time of times) {
      const x = typeof a === 'number' ? a : a.get(time);
      const y = typeof b === 'number' ? b : b.get(time);
      const value = x === undefined || y === undefined ? NaN : operator(x, y);
      if (Number.isFinite(value)) points.set(time, value);
    }
    if (points.size > 0) result.set(group, points);
  }
  return result;
}

function withZeros(of: Result | number, { buckets, until }: Window): Result | number {
  if (typeof of === 'number') return of;
  const filled: Result = of.size > 0 ? of : new Map([['', new Map<number, number>()]]);
  for (const points of filled.values()) {
    for (const { start } of buckets) {
      if (start < until && !points.has(start)) points.set(start, 0);
    }
  }
  return new Map([...filled].map(([group, points]) => [group, new Map([...points].sort(([a], [b]) => a - b))]));
}
