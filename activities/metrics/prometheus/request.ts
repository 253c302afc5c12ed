import { alignDown } from '../../../analysis/windows.js';
import { formatDuration, type Millis } from '../../../model/duration.js';
import type { ThresholdMetric } from '../../../model/metric.js';
import { denominatorOf, lookbackOf, withoutDefaults } from '../../../model/prometheus-query.js';
import { SourceError, type SeriesQuestion } from '../source.js';

/**
 * One call of `/api/v1/query_range`. Prometheus evaluates a query at instants and looks back from each; our points are named by the
 * start of the bucket that they describe. So the first instant is the end of the bucket that holds the window's start, and what is
 * evaluated at an instant describes the bucket that ends there: at t, `rate(x[1m])` tells of [t - 1m, t). No bucket of a window
 * then holds requests of the time before it.
 */
export interface RangeRequest {
  /** Epoch ms, multiples of `step`; the first and the last instant. */
  start: number;
  end: number;
  step: Millis;
  /** Each asked once; more than one are sent as one query (`sentQuery`). */
  queries: readonly string[];
}

/** What is asked for the window of a metric, and what its queries are to it. */
export interface MetricRequest {
  range: RangeRequest;
  denominator?: number;
  watermark?: number;
  /** The place of the query whose points show where data flows, when the judged one makes points up where there is none. */
  flow?: number;
  /** How far back the queries look beyond the buckets: values that look back further than the window's start are left out. */
  lookback: Millis;
}

/** The label that tells the queries of one call apart. */
export const MARK = 'sluice_query';

/**
 * The query as it is sent. Several are one union whose parts are told apart by a label, so that all of them show the same moment and
 * cost one call; each begins on a line of its own.
 */
export function sentQuery(queries: readonly string[]): string {
  const [only, second] = queries;
  if (second === undefined) return only ?? '';
  return queries.map((query, index) => `label_replace(\n${query}\n, "${MARK}", "${index}", "", "")`).join('\nor\n');
}

/** The server's words with the place of an error in the query that it is in, where several were sent as one. */
export function placeInQueries(words: string, queries: readonly string[]): string {
  if (queries.length < 2) return words;
  return words.replace(/(\d+):(\d+): parse error/, (as, line: string, column: string) => {
    let before = 1;
    for (const query of queries) {
      const lines = query.split('\n').length;
      // The line behind the query is ours: what is missing there is missing at the query's end.
      const within = Number(line) - before;
      if (within <= lines) return `line ${within}, column ${column} of ${query}: parse error`;
      if (within === lines + 1) return `at the end of ${query}: parse error`;
      before += lines + 3;
    }
    return as;
  });
}

function rangeOf(queries: readonly string[], from: number, now: number, resolution: Millis): RangeRequest {
  const end = alignDown(now, resolution);
  // A bucket that is not over yet has no end to look back from: then the one before is asked for.
  return { start: Math.min(alignDown(from, resolution) + resolution, end), end, step: resolution, queries };
}

/** @throws SourceError `refused` where the values of a query belong to other times than those it is asked for. */
function lookback(what: string, query: string): Millis {
  const back = lookbackOf(query);
  if (back !== undefined) return back;
  throw new SourceError(
    'refused',
    `${what} moves its values in time, by @ or a negative offset, so that they do not belong to the window. Delete that.`,
  );
}

/** What a query needs besides itself: its denominator, and what shows where it makes points up. */
function besides(query: string): { denominator?: string; bare?: string } {
  const bare = withoutDefaults(query);
  const denominator = denominatorOf(bare ?? query);
  return { ...(denominator !== undefined && { denominator }), ...(bare !== undefined && { bare }) };
}

/** What a metric asks of the source besides the judged query: `[denominator]`, `[watermark]` and what shows that data flows. */
function besidesOf({ query, watermark }: Pick<ThresholdMetric, 'query' | 'watermark'>) {
  const { denominator, bare } = besides(query);
  const shows = watermark ?? (denominator === undefined ? bare : undefined);
  return {
    ...(denominator !== undefined && { denominator }),
    ...(shows !== undefined && { watermark: shows }),
    ...(bare !== undefined && { flow: watermark ?? denominator ?? bare }),
  };
}

/** The queries of a metric's windows as people read them. */
export function shownQuery(metric: Pick<ThresholdMetric, 'query' | 'watermark'>): string {
  const { denominator, watermark } = besidesOf(metric);
  return [
    metric.query,
    ...(denominator === undefined ? [] : [`denominator: ${denominator}`]),
    ...(watermark === undefined ? [] : [`watermark: ${watermark}`]),
  ].join('\n');
}

/**
 * What is asked for a window: the metric's query, its denominator and its watermark.
 * @throws SourceError `refused` where no value could tell of the window alone
 */
export function metricRequest(metric: ThresholdMetric, from: number, now: number): MetricRequest {
  const { name, query, interval, resolution, emptyValue } = metric;
  const { denominator, watermark, flow } = besidesOf(metric);
  const queries = [...new Set([query, denominator, watermark].filter((each) => each !== undefined))];
  const back = Math.max(...queries.map((each) => lookback(`The query of ${name}`, each)));
  const [looks, bucket] = [formatDuration(back), formatDuration(resolution)];
  if (back > interval) {
    throw new SourceError(
      'refused',
      `The query of ${name} looks back ${looks} and its windows are ${formatDuration(interval)} long: each value would hold what was ` +
        `before the window. Write [${bucket}] in the query, or interval: ${looks}.`,
    );
  }
  if (back > resolution && emptyValue !== undefined) {
    throw new SourceError(
      'refused',
      `The query of ${name} looks back ${looks} from each bucket of ${bucket}: which of them is empty cannot be told. ` +
        `Write [${bucket}] in the query, or resolution: ${looks}.`,
    );
  }
  const place = (text: string | undefined): number => queries.indexOf(text ?? query);
  return {
    range: rangeOf(queries, from, now, resolution),
    ...(denominator !== undefined && { denominator: place(denominator) }),
    ...(watermark !== undefined && { watermark: place(watermark) }),
    ...(flow !== undefined && { flow: place(flow) }),
    lookback: Math.max(back, resolution),
  };
}

/** Where a wanted series stands among the queries, and what shows where it makes points up, if it does. */
export interface SeriesPlace {
  index: number;
  flow?: number;
}

/**
 * What is asked for several series: each different query once, and where each wanted series stands among the queries.
 * @throws SourceError `refused` for a query whose values overlap: each of them is used as evidence of its own
 */
export function seriesRequest({ wanted, from, now, resolution }: SeriesQuestion): {
  range: RangeRequest;
  places: ReadonlyMap<string, SeriesPlace>;
} {
  const queries: string[] = [];
  const placeOf = (query: string): number => {
    if (!queries.includes(query)) queries.push(query);
    return queries.indexOf(query);
  };
  const places = new Map<string, SeriesPlace>();
  for (const { id, query } of wanted) {
    const back = lookback(`The query of ${id}`, query);
    if (back > resolution) {
      const [looks, bucket] = [formatDuration(back), formatDuration(resolution)];
      throw new SourceError(
        'refused',
        `The query of ${id} looks back ${looks} from each bucket of ${bucket}: what happened once would be counted several times. ` +
          `Write [${bucket}] in the query, or resolution: ${looks}.`,
      );
    }
    const { denominator, bare } = besides(query);
    const index = placeOf(query);
    places.set(id, { index, ...(bare !== undefined && { flow: placeOf(denominator ?? bare) }) });
  }
  return { range: rangeOf(queries, from, now, resolution), places };
}
