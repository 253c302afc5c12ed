import { z } from 'zod';
import type { Cloud } from '../cloud/cloud.js';
import { worldTime } from '../cloud/cloud.js';
import { HOUR, SECOND, bucketLength } from '../cloud/times.js';
import { takeMetricsFaults } from '../panel/fault.js';
import type { MetricsFault } from '../panel/fault.js';
import { evaluate } from './evaluate.js';
import type { Points } from './evaluate.js';
import { metadataOf } from './metric.js';
import { QueryError, parseQueries } from './query.js';
import type { Expression, MetricTerm } from './query.js';

/** An answer as it goes on the wire; without a body the connection is cut. */
export interface DatadogAnswer {
  status: number;
  headers: Record<string, string>;
  body?: string;
}

/** A question to Datadog. */
export interface DatadogRequest {
  path: string;
  parameters: URLSearchParams;
  apiKey: string | undefined;
  applicationKey: string | undefined;
}

const queryInput = z.object({
  from: z.coerce.number().int(),
  to: z.coerce.number().int(),
  query: z.string().min(1),
});

const METADATA = /^\/api\/v1\/metrics\/([^/]+)$/;

/** Answers Datadog's v1 API: `validate`, `query` and a metric's metadata. */
export function answerDatadog(cloud: Cloud, request: DatadogRequest): DatadogAnswer {
  const { apiKey } = cloud.state.world.datadog;
  if (request.path === '/api/v1/validate') {
    return request.apiKey === apiKey ? reply(200, { valid: true }) : refusedKey(request.apiKey);
  }
  const [, metric] = METADATA.exec(request.path) ?? [];
  if (metric !== undefined) return answerMetadata(cloud, request, metric);
  if (request.path !== '/api/v1/query') return reply(404, { errors: ['Not found'] });
  const faults = takeMetricsFaults(cloud.state.faults);
  if (faults.some((fault) => fault.refuseConnection)) return { status: 0, headers: {} };
  if (faults.some((fault) => fault.refuseKey)) return refusedKey('refused');
  const refusal = refusalOf(cloud, request);
  if (refusal) return refusal;
  const { exceeded, headers } = countQuestion(cloud);
  const answer = exceeded ? failure(429, undefined) : answerQuery(cloud, request.parameters, faults);
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

function refusedKey(key: string | undefined): DatadogAnswer {
  return key === undefined ? reply(401, { errors: ['Unauthorized'] }) : reply(403, { errors: ['Forbidden'] });
}

function refusalOf(cloud: Cloud, request: DatadogRequest): DatadogAnswer | undefined {
  const { apiKey, applicationKey } = cloud.state.world.datadog;
  if (request.apiKey !== apiKey) return refusedKey(request.apiKey);
  return request.applicationKey === applicationKey ? undefined : refusedKey(request.applicationKey);
}

function answerMetadata(cloud: Cloud, request: DatadogRequest, metric: string): DatadogAnswer {
  const metadata = metadataOf(metric);
  return (
    refusalOf(cloud, request) ?? (metadata ? reply(200, metadata) : reply(404, { errors: ['metric_name not found'] }))
  );
}

function answerQuery(cloud: Cloud, parameters: URLSearchParams, faults: readonly MetricsFault[]): DatadogAnswer {
  const failing = faults.find((fault) => fault.status !== undefined);
  if (failing?.status !== undefined) return failure(failing.status, failing.retryAfter);
  if (faults.some((fault) => fault.malformed))
    return { ...reply(200, ''), body: '<html><body>upstream connect error</body></html>' };
  if (faults.some((fault) => fault.statusError))
    return reply(200, { status: 'error', error: 'Internal error while running the query', series: [] });
  const parsed = queryInput.safeParse(Object.fromEntries(parameters));
  if (!parsed.success)
    return reply(400, { errors: [`The parameter '${parsed.error.issues[0]?.path.join('.') ?? ''}' is required`] });
  const { from, to, query } = parsed.data;
  if (from >= to) return reply(400, { errors: ['The parameter from must be before to'] });
  try {
    const series = parseQueries(query).flatMap(({ text, expression }, index) => {
      return seriesOf(cloud, { from: from * SECOND, to: to * SECOND, text, expression, index }, faults);
    });
    return reply(200, {
      status: 'ok',
      res_type: 'time_series',
      resp_version: 1,
      query,
      from_date: from * SECOND,
      to_date: to * SECOND,
      series,
      values: [],
      times: [],
      message: '',
      group_by: series[0]?.group_by ?? [],
    });
  } catch (error) {
    if (error instanceof QueryError)
      return reply(400, { status: 'error', error: error.message, errors: [error.message] });
    throw error;
  }
}

interface Asked {
  from: number;
  to: number;
  text: string;
  expression: Expression;
  index: number;
}

function seriesOf(cloud: Cloud, asked: Asked, faults: readonly MetricsFault[]) {
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

function failure(status: number, retryAfter: number | undefined): DatadogAnswer {
  const text = status === 429 ? 'Rate limit of requests reached. Please try again later.' : 'Internal Server Error';
  const seconds = String(retryAfter ?? '');
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': seconds, 'x-ratelimit-reset': seconds };
  if (status === 429) headers['x-ratelimit-remaining'] = '0';
  const answer = reply(status, { errors: [text] });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Counts the question, and tells the limits as each answer does; their period is aligned to the calendar (rate-limits page). */
function countQuestion(cloud: Cloud): { exceeded: boolean; headers: Record<string, string> } {
  const { now, world } = cloud.state;
  const period = Math.floor(now / HOUR);
  if (cloud.state.questions.period !== period) cloud.state.questions = { period, count: 0 };
  cloud.state.questions.count += 1;
  const left = world.datadog.rateLimit - cloud.state.questions.count;
  const headers = {
    'x-ratelimit-limit': String(world.datadog.rateLimit),
    'x-ratelimit-period': String(HOUR / SECOND),
    'x-ratelimit-remaining': String(Math.max(0, left)),
    'x-ratelimit-reset': String(Math.ceil((HOUR - (now % HOUR)) / SECOND)),
    'x-ratelimit-name': 'query_v1',
  };
  return { exceeded: left < 0, headers };
}

function reply(status: number, value: unknown): DatadogAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}
