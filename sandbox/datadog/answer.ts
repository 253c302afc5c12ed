import { z } from 'zod';
import type { Cloud } from '../cloud/cloud.js';
import { HOUR, SECOND } from '../cloud/times.js';
import { takeMetricsFaults } from '../panel/fault.js';
import type { MetricsFault } from '../panel/fault.js';
import { metadataOf } from './metric.js';
import { QueryError, parseQueries } from './query.js';
import { seriesOf } from './series.js';
import { readTimeseries, showTimeseries } from './timeseries.js';

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
  body: string;
  apiKey: string | undefined;
  applicationKey: string | undefined;
}

const queryInput = z.object({
  from: z.coerce.number().int(),
  to: z.coerce.number().int(),
  query: z.string().min(1),
});

const QUERIES: Readonly<Record<string, 'v1' | 'v2'>> = { '/api/v1/query': 'v1', '/api/v2/query/timeseries': 'v2' };
const METADATA = /^\/api\/v1\/metrics\/([^/]+)$/;

/** Answers Datadog's v1 API (`validate`, `query` and a metric's metadata) and `query/timeseries` of v2. */
export function answerDatadog(cloud: Cloud, request: DatadogRequest): DatadogAnswer {
  const { apiKey } = cloud.state.world.datadog;
  if (request.path === '/api/v1/validate') {
    return request.apiKey === apiKey ? reply(200, { valid: true }) : refusedKey(request.apiKey);
  }
  const [, metric] = METADATA.exec(request.path) ?? [];
  if (metric !== undefined) return answerMetadata(cloud, request, metric);
  const version = QUERIES[request.path];
  if (version === undefined) return reply(404, { errors: ['Not found'] });
  const faults = takeMetricsFaults(cloud.state.faults);
  if (faults.some((fault) => fault.refuseConnection)) return { status: 0, headers: {} };
  if (faults.some((fault) => fault.refuseKey)) return refusedKey('refused');
  const refusal = refusalOf(cloud, request);
  if (refusal) return refusal;
  const { exceeded, headers } = countQuestion(cloud);
  const answer = exceeded
    ? failure(429, undefined)
    : (brokenBy(faults, version) ?? ask(cloud, request, version, faults));
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

/** The answer that a fault makes of every question; undefined when none does. */
function brokenBy(faults: readonly MetricsFault[], version: 'v1' | 'v2'): DatadogAnswer | undefined {
  const failing = faults.find((fault) => fault.status !== undefined);
  if (failing?.status !== undefined) return failure(failing.status, failing.retryAfter);
  if (faults.some((fault) => fault.malformed))
    return { ...reply(200, ''), body: '<html><body>upstream connect error</body></html>' };
  if (!faults.some((fault) => fault.statusError)) return undefined;
  const error = 'Internal error while running the query';
  return reply(200, version === 'v1' ? { status: 'error', error, series: [] } : { errors: error });
}

function ask(
  cloud: Cloud,
  { parameters, body }: DatadogRequest,
  version: 'v1' | 'v2',
  faults: readonly MetricsFault[],
): DatadogAnswer {
  try {
    if (version === 'v1') return answerQuery(cloud, parameters, faults);
    const asked = readTimeseries(body);
    if (typeof asked === 'string') return reply(400, { errors: [asked] });
    return reply(200, showTimeseries(asked.flatMap((each) => seriesOf(cloud, each, faults))));
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    return reply(400, { ...(version === 'v1' && { status: 'error', error: error.message }), errors: [error.message] });
  }
}

function answerQuery(cloud: Cloud, parameters: URLSearchParams, faults: readonly MetricsFault[]): DatadogAnswer {
  const parsed = queryInput.safeParse(Object.fromEntries(parameters));
  if (!parsed.success)
    return reply(400, { errors: [`The parameter '${parsed.error.issues[0]?.path.join('.') ?? ''}' is required`] });
  const { from, to, query } = parsed.data;
  if (from >= to) return reply(400, { errors: ['The parameter from must be before to'] });
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
