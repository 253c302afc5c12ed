import type { Millis } from '../../../model/duration.js';
import type { Metric } from '../../../model/metric.js';
import { alignDown } from '../../../analysis/windows.js';
import { isSeveral, oneLine, quotientOf, withoutDefaults, type Absence } from '../../../model/datadog-query.js';
import { SourceError, type SeriesQuestion } from '../source.js';

/** One call of Datadog. The answer's series tell by their query's index which of the queries they belong to. */
export interface DatadogRequest {
  /** Epoch seconds. */
  from: number;
  to: number;
  /** The judged query first, then what shows that its data flows. */
  queries: readonly string[];
  /** Length of the buckets that are wished for; v1 chooses it alone. */
  interval: Millis;
  /** Position of the denominator and of the watermark among the queries; absent when not asked. */
  denominator?: number;
  watermark?: number;
  /** What a missing point of the quotient means. */
  absence?: Absence;
}

/**
 * What is asked for a window: the metric's query together with its denominator and its watermark in one call, so that all of them
 * show the same moment. The range goes from the edge of the bucket that holds the window's start up to now.
 */
export function datadogRequest(metric: Metric, from: number, now: number): DatadogRequest {
  const query = oneLine(metric.query);
  const quotient = quotientOf(query);
  const denominator = quotient && (withoutDefaults(quotient.denominator) ?? quotient.denominator);
  const watermark = metric.watermark ?? (quotient ? undefined : withoutDefaults(query));
  const queries = [query, denominator, watermark && oneLine(watermark)].filter((each) => each !== undefined);
  return {
    from: Math.floor(alignDown(from, metric.resolution) / 1000),
    to: Math.floor(now / 1000),
    queries,
    interval: metric.resolution,
    ...(denominator !== undefined && { denominator: 1 }),
    ...(watermark !== undefined && { watermark: queries.length - 1 }),
    ...(quotient && { absence: quotient.absence }),
  };
}

/** What is asked for several series: each different query once, and where each wanted series stands among the queries. */
export function seriesRequest({ wanted, from, now, resolution }: SeriesQuestion): {
  request: DatadogRequest;
  indexOf: ReadonlyMap<string, number>;
} {
  const queries: string[] = [];
  const indexOf = new Map<string, number>();
  for (const { id, query } of wanted) {
    const line = oneLine(query);
    if (isSeveral(line)) throw severalQueries(`The query of ${id}`);
    if (!queries.includes(line)) queries.push(line);
    indexOf.set(id, queries.indexOf(line));
  }
  return {
    request: {
      from: Math.floor(alignDown(from, resolution) / 1000),
      to: Math.floor(now / 1000),
      queries,
      interval: resolution,
    },
    indexOf,
  };
}

/** The queries on one line, as v1 takes them and people read them. */
export function joined({ queries }: Pick<DatadogRequest, 'queries'>): string {
  return queries.join(', ');
}

export function severalQueries(what: string): SourceError {
  return new SourceError('refused', `${what} is several queries, separated by commas. Write one metric for each.`);
}

/** Base URL of an address: a host as PipeCD's files have it (`datadoghq.eu`) or a full URL. Without a trailing slash. */
export function baseUrl(address: string): string {
  if (/^https?:\/\//i.test(address)) return address.replace(/\/+$/, '');
  return `https://${address.startsWith('api.') ? '' : 'api.'}${address}`;
}
