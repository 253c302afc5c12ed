import { z } from 'zod';
import type { Look } from '../../../analysis/judge.js';
import { SECOND } from '../../../model/duration.js';
import type { Point } from '../../../model/evidence.js';
import type { ThresholdMetric } from '../../../model/metric.js';
import { SourceError, type SeriesAnswer, type SeriesQuestion } from '../source.js';
import { queryRefused } from './failure.js';
import type { Reply } from './http.js';
import { MARK, shownQuery, type MetricRequest, type RangeRequest, type SeriesPlace } from './request.js';

const SERIES = z.object({
  metric: z.record(z.string(), z.string()).default({}),
  values: z.array(z.tuple([z.number(), z.string()])).optional(),
  histograms: z.array(z.unknown()).optional(),
});
/** An answer of Prometheus's HTTP API (its page, *Format overview*). */
const ANSWER = z.object({
  status: z.enum(['success', 'error']),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).nullish(),
  data: z.unknown().optional(),
});
const MATRIX = z.object({ resultType: z.literal('matrix'), result: z.array(SERIES) });

type Series = z.output<typeof SERIES>;

/** What the engine remarks on a query, beside storages that did not answer. */
const REMARK = /^PromQL (warning|info)/i;

/**
 * The data of an answer.
 * @throws SourceError when it is an error in spite of its 200, or a part of the data is missing
 * @returns undefined when the body is none of Prometheus
 */
export function dataOf(reply: Reply): { data: unknown } | undefined {
  let json: unknown;
  try {
    json = JSON.parse(reply.body);
  } catch {
    return undefined;
  }
  const parsed = ANSWER.safeParse(json);
  if (!parsed.success) return undefined;
  const { status, error, errorType, warnings, data } = parsed.data;
  if (status === 'error') throw queryRefused(error ?? 'no reason given', errorType);
  const missing = warnings?.filter((warning) => !REMARK.test(warning)) ?? [];
  if (missing.length > 0) {
    throw new SourceError('transient', `Prometheus answered in part only: ${missing.slice(0, 3).join('; ')}.`);
  }
  return { data };
}

/** The series of an answer. Undefined when the data is not that of a range query. */
export function matrixOf(data: unknown): Series[] | undefined {
  return MATRIX.safeParse(data).data?.result;
}

function labelsOf({ metric }: Series): string {
  const labels = Object.entries(metric).filter(([label]) => label !== MARK && label !== '__name__');
  return `{${labels.map(([label, value]) => `${label}="${value}"`).join(', ')}}`;
}

/**
 * The one series of a query. Several would have to be made one, and which way only the author of the query can tell.
 * @throws SourceError when there are several, or one of histograms
 */
function oneSeries(all: readonly Series[], { queries }: RangeRequest, index: number, what: string): Series | undefined {
  const mine = queries.length === 1 ? all : all.filter(({ metric }) => metric[MARK] === String(index));
  const [series] = mine;
  if (mine.length > 1) {
    const some = mine.slice(0, 3).map(labelsOf).join(', ');
    throw new SourceError(
      'refused',
      `Prometheus gave ${mine.length} series for ${what} (${some}${mine.length > 3 ? ', …' : ''}), and one is needed: ` +
        'write sum(…), avg(…) or max(…) around it without "by (…)", or narrow the labels.',
    );
  }
  if (series?.histograms !== undefined && series.histograms.length > 0) {
    throw new SourceError(
      'refused',
      `Prometheus gave a histogram for ${what}, and a number is needed: write histogram_quantile(0.95, …) around it, for example.`,
    );
  }
  return series;
}

/** What a query evaluated at an instant tells is of the bucket that ends there. NaN and infinity are no values. */
function pointsOf(series: Series | undefined, { step }: RangeRequest, clock: number): Point[] {
  const points: Point[] = [];
  for (const [seconds, text] of series?.values ?? []) {
    const instant = Math.round(seconds * SECOND);
    const value = text.trim() === '' ? NaN : Number(text);
    // Of an instant that is still to come for the source, only a part is there. Its clock tells whole seconds.
    if (Number.isFinite(value) && instant < clock + SECOND) points.push({ at: instant - step, value });
  }
  return points;
}

/** Prometheus's own clock, where the answer tells it. */
function clockOf({ head }: Reply, now: number): number {
  const date = Date.parse(head.headers['date'] ?? '');
  return Number.isNaN(date) ? now : date;
}

/**
 * Reads the answer for a window of a metric. Points that a query made up are kept only where something was measured.
 * @throws SourceError for several series, and where nothing shows whether what a query made up was measured
 */
export function decodeLook(
  metric: ThresholdMetric,
  { range, denominator, watermark, flow, lookback }: MetricRequest,
  series: readonly Series[],
  reply: Reply,
  { from, now }: { from: number; now: number },
): Look {
  const at = clockOf(reply, now);
  const read = (index: number, what: string): Point[] =>
    pointsOf(oneSeries(series, range, index, what), range, at).filter(
      (point) => point.at + range.step - lookback >= from || lookback <= range.step,
    );
  const judged = read(0, 'the query');
  const shows = flow === undefined ? undefined : new Set(read(flow, 'the query').map((point) => point.at));
  const points = shows ? judged.filter((point) => shows.has(point.at)) : judged;
  if (points.length === 0 && judged.length > 0 && watermark !== undefined && metric.watermark === undefined) {
    throw new SourceError(
      'transient',
      `All points of ${metric.name} are made up by its "or vector(…)": nothing shows that anything was measured. ` +
        'Give it a watermark, for example watermark: sum(rate(http_requests_total[1m])).',
    );
  }
  return {
    query: shownQuery(metric),
    points,
    ...(denominator !== undefined && { denominator: read(denominator, 'the denominator'), absence: 'ZERO' }),
    ...(watermark !== undefined && { watermark: read(watermark, 'the watermark') }),
    bucket: range.step,
    at,
  };
}

/**
 * Reads the answer to a question of several series. Points that a query made up are kept only where something was measured.
 * @throws SourceError for several series where one is wanted
 */
export function decodeSeries(
  { wanted, now }: SeriesQuestion,
  range: RangeRequest,
  places: ReadonlyMap<string, SeriesPlace>,
  series: readonly Series[],
  reply: Reply,
): SeriesAnswer {
  const at = clockOf(reply, now);
  const found: Record<string, Point[]> = {};
  for (const { id } of wanted) {
    const { index, flow } = places.get(id) ?? { index: 0 };
    const points = pointsOf(oneSeries(series, range, index, id), range, at);
    const shows = flow === undefined ? undefined : pointsOf(oneSeries(series, range, flow, id), range, at);
    found[id] = shows ? points.filter((point) => shows.some((other) => other.at === point.at)) : points;
  }
  return { series: found, bucket: range.step, at };
}
