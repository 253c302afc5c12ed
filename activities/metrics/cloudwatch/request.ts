import { alignDown, alignUp } from '../../../analysis/windows.js';
import { mathText } from '../../../model/cloudwatch-math.js';
import {
  cloudWatchQuotient,
  parseCloudWatchQuery,
  problemInWords,
  withoutFill,
  type CloudWatchQuery,
} from '../../../model/cloudwatch-query.js';
import type { Absence } from '../../../model/datadog-query.js';
import { DAY, formatDuration, HOUR, MINUTE, SECOND, type Millis } from '../../../model/duration.js';
import type { Metric } from '../../../model/metric.js';
import { SourceError, type SeriesQuestion } from '../source.js';

/** What is asked of CloudWatch at one moment, before it is put into a call with what others ask. Times in epoch ms. */
export interface CloudWatchRequest {
  /** A bucket's start, and a bucket's end: the answer holds the buckets between. */
  from: number;
  to: number;
  period: Millis;
  /** Each once. */
  queries: readonly CloudWatchQuery[];
}

/** The request of a metric's window: the judged query first, then what shows that its data flows. */
export interface WindowRequest extends CloudWatchRequest {
  judged: CloudWatchQuery;
  denominator?: CloudWatchQuery;
  watermark?: CloudWatchQuery;
  /** What a missing point of the quotient means. */
  absence?: Absence;
  /** As people read it. */
  text: string;
}

/** CloudWatch refuses a longer expression (MetricDataQuery in the API reference). */
const LONGEST_EXPRESSION = 2048;
/** Metrics Insights has nothing finer (the page *Metrics Insights quotas*). */
const INSIGHTS_PERIOD = MINUTE;
/** For how long CloudWatch keeps points of a period shorter than the first figure (GetMetricData in the API reference). */
const KEPT: readonly { below: Millis; keeps: Millis }[] = [
  { below: MINUTE, keeps: 3 * HOUR },
  { below: 5 * MINUTE, keeps: 15 * DAY },
  { below: HOUR, keeps: 63 * DAY },
];

/** @throws SourceError `refused`, with the place of the mistake and what to write. */
export function readQuery(text: string, what: string): CloudWatchQuery {
  const query = parseCloudWatchQuery(text);
  if (query.kind === 'problem') {
    throw new SourceError('refused', `${what} cannot be read at ${problemInWords(text, query)}`);
  }
  // The names under which metrics are asked for are at most this long.
  const length = query.kind === 'math' ? mathText(query.expression, () => 'm499').length : query.text.length;
  if (length > LONGEST_EXPRESSION) {
    throw new SourceError(
      'refused',
      `${what} is longer than the ${LONGEST_EXPRESSION} characters that CloudWatch takes.`,
    );
  }
  return query;
}

/** @throws SourceError `refused` for a resolution that CloudWatch cannot have or does not keep for so long. */
function place(queries: readonly CloudWatchQuery[], from: number, now: number, resolution: Millis): CloudWatchRequest {
  if (resolution % SECOND !== 0) {
    throw new SourceError(
      'refused',
      `CloudWatch has no buckets of ${resolution} ms: write resolution: 1m, or 1s, 5s, 10s, 20s or 30s for a high-resolution metric.`,
    );
  }
  const insights = queries.some(({ kind }) => kind === 'insights');
  const period = insights ? alignUp(resolution, INSIGHTS_PERIOD) : resolution;
  const start = alignDown(from, period);
  for (const { below, keeps } of KEPT) {
    if (period >= below || now - start <= keeps) continue;
    throw new SourceError(
      'refused',
      `CloudWatch keeps buckets of ${formatDuration(period)} for ${formatDuration(keeps)}, and this window begins before that: write resolution: ${formatDuration(below)}.`,
    );
  }
  const once = new Map(queries.map((query) => [query.text, query]));
  return { from: start, to: Math.max(alignUp(now, period), start + period), period, queries: [...once.values()] };
}

/**
 * What is asked for a window: the metric's query together with its denominator and its watermark, so that all of them show the same
 * moment.
 * @throws SourceError `refused` when a query cannot be read.
 */
export function windowRequest(metric: Metric, from: number, now: number): WindowRequest {
  const judged = readQuery(metric.query, `The query of ${metric.name}`);
  const quotient = cloudWatchQuotient(judged);
  const denominator = quotient && (withoutFill(quotient.denominator) ?? quotient.denominator);
  const own =
    metric.watermark === undefined ? undefined : readQuery(metric.watermark, `The watermark of ${metric.name}`);
  const watermark = own ?? (quotient ? undefined : withoutFill(judged));
  const queries = [judged, denominator, watermark].filter((query) => query !== undefined);
  return {
    ...place(queries, from, now, metric.resolution),
    judged,
    ...(denominator && { denominator }),
    ...(watermark && { watermark }),
    ...(quotient && { absence: quotient.absence }),
    text: queries.map(({ text }) => text).join('; '),
  };
}

/** A wanted series' query, and for one that makes points up what shows where something was measured. */
export interface SeriesQueries {
  query: CloudWatchQuery;
  flow?: CloudWatchQuery;
}

/** What shows where a query with FILL has data: its denominator, or the query without FILL. */
function flowOf(query: CloudWatchQuery): CloudWatchQuery | undefined {
  const bare = withoutFill(query);
  return bare && (cloudWatchQuotient(bare)?.denominator ?? bare);
}

/** What is asked for several series, and the queries of each by its id. @throws SourceError `refused` when one cannot be read. */
export function seriesRequest({ wanted, from, now, resolution }: SeriesQuestion): {
  request: CloudWatchRequest;
  queriesOf: ReadonlyMap<string, SeriesQueries>;
} {
  const queriesOf = new Map(
    wanted.map(({ id, query: text }): [string, SeriesQueries] => {
      const query = readQuery(text, `The query of ${id}`);
      const flow = flowOf(query);
      return [id, { query, ...(flow && { flow }) }];
    }),
  );
  const queries = [...queriesOf.values()].flatMap(({ query, flow }) => (flow ? [query, flow] : [query]));
  return { request: place(queries, from, now, resolution), queriesOf };
}
