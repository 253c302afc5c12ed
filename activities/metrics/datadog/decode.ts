import { z } from 'zod';
import type { Look } from '../../../analysis/judge.js';
import { SECOND, type Millis } from '../../../model/duration.js';
import type { Point } from '../../../model/evidence.js';
import type { Metric } from '../../../model/metric.js';
import { SourceError, type SeriesAnswer, type SeriesQuestion } from '../source.js';
import { joined, type DatadogRequest } from './request.js';

/** What we read of MetricsQueryResponse, in the spelling of Datadog's client. The rest is left alone. */
const SERIES = z.object({
  queryIndex: z.number().int().nonnegative().optional(),
  interval: z.number().positive().optional(),
  scope: z.string().optional(),
  pointlist: z.array(z.tuple([z.number(), z.number().nullable()])).default([]),
});
const ANSWER = z.object({
  status: z.string().optional(),
  error: z.string().nullish(),
  message: z.string().nullish(),
  series: z.array(SERIES).nullish(),
});

/** One series of an answer, of whichever version of the API. */
export type Series = z.output<typeof SERIES> & {
  /** Length of its buckets, where that is known for sure. */
  bucket?: Millis;
};

/** A query that Datadog cannot read: asking again does not help. Other errors inside a 200 may pass. */
const UNREADABLE = /pars|syntax|invalid|unknown|unrecogni[sz]ed|not (a )?valid/i;

/**
 * The one series of a query. Several would have to be made one, and which way only the author of the query can tell.
 * @throws SourceError when there are several.
 */
function oneSeries(
  series: readonly Series[],
  index: number,
  request: Pick<DatadogRequest, 'queries'>,
  what: string,
): Series | undefined {
  const mine = series.filter((each) => (each.queryIndex ?? (request.queries.length === 1 ? 0 : undefined)) === index);
  if (mine.length < 2) return mine[0];
  const scopes = mine.slice(0, 3).map((each) => `"${each.scope ?? '?'}"`);
  throw new SourceError(
    'refused',
    `Datadog gave ${mine.length} series for ${what} (${scopes.join(', ')}${mine.length > 3 ? ', …' : ''}), and one is needed: ` +
      'write sum:, avg: or max: without "by {…}", or narrow the tags.',
  );
}

function pointsOf(series: Series | undefined): Point[] {
  const points: Point[] = [];
  for (const [at, value] of series?.pointlist ?? []) {
    if (value !== null && Number.isFinite(value)) points.push({ at, value });
  }
  return points;
}

/**
 * How long the answer's buckets are: Datadog takes longer ones for longer ranges. The API page says that `interval` is in
 * milliseconds, the answers have it in seconds: taken as the unit that brings it nearer to the metric's resolution.
 */
function bucketLength({ interval, bucket }: Series, resolution: Millis): Millis {
  if (bucket !== undefined) return bucket;
  if (interval === undefined) return resolution;
  const off = (length: Millis): number => Math.abs(Math.log(length / resolution));
  return off(interval * SECOND) <= off(interval) ? interval * SECOND : interval;
}

/** The error of an answer of another shape than the API's. */
export function unknownShape({ issues: [issue] }: z.ZodError): SourceError {
  const where = issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'no detail';
  return new SourceError('transient', `Datadog's answer has a shape that is not known (${where}).`);
}

/** The error that an answer holds in spite of its 200. */
export function errorInside(words: string): SourceError {
  const kind = UNREADABLE.test(words) ? 'refused' : 'transient';
  return new SourceError(kind, `Datadog answered with an error: ${words}`);
}

/**
 * The series of an answer of `GET /api/v1/query`.
 * @param body what the client made of the answer; not trusted
 * @throws SourceError when the answer is an error in spite of its 200, or has a shape that is not known
 */
export function readQuery(body: unknown, queries: number): Series[] {
  const parsed = ANSWER.safeParse(body);
  if (!parsed.success) throw unknownShape(parsed.error);
  const { status, error, message } = parsed.data;
  if (status === 'error' || error) throw errorInside(error ?? message ?? 'no reason given');

  if (status === undefined && !parsed.data.series) {
    throw new SourceError('transient', 'The answer is not one of Datadog: it has neither a status nor series.');
  }

  const series = parsed.data.series ?? [];
  if (queries > 1 && series.some((each) => each.queryIndex === undefined)) {
    throw new SourceError('transient', "Datadog's answer does not say which query its series belong to.");
  }
  return series;
}

/** Datadog's own clock, where the answer tells it. */
function clockOf(date: string | undefined, now: number): number {
  const sourceNow = date === undefined ? NaN : Date.parse(date);
  return Number.isNaN(sourceNow) ? now : sourceNow;
}

/**
 * Reads Datadog's answer. Null and NaN are no values.
 * @param date the answer's Date header: Datadog's own clock
 * @throws SourceError when there are several series of a query.
 */
export function decodeDatadog(
  metric: Metric,
  request: DatadogRequest,
  series: readonly Series[],
  date: string | undefined,
  now: number,
): Look {
  const judged = oneSeries(series, 0, request, 'the query');
  const denominator =
    request.denominator === undefined ? undefined : oneSeries(series, request.denominator, request, 'the denominator');
  const watermark =
    request.watermark === undefined ? undefined : oneSeries(series, request.watermark, request, 'the watermark');
  const told = judged ?? denominator ?? watermark;
  return {
    query: joined(request),
    points: pointsOf(judged),
    ...(request.denominator !== undefined && { denominator: pointsOf(denominator) }),
    ...(request.absence && { absence: request.absence }),
    ...(request.watermark !== undefined && { watermark: pointsOf(watermark) }),
    bucket: told ? bucketLength(told, metric.resolution) : metric.resolution,
    at: clockOf(date, now),
  };
}

/**
 * Reads the answer to a question of several series.
 * @param indexOf where each wanted series stands among the queries
 * @throws SourceError as `decodeDatadog`
 */
export function decodeSeries(
  { wanted, now, resolution }: SeriesQuestion,
  request: DatadogRequest,
  indexOf: ReadonlyMap<string, number>,
  series: readonly Series[],
  date: string | undefined,
): SeriesAnswer {
  const found: Record<string, Point[]> = {};
  let bucket: Millis | undefined;
  for (const { id } of wanted) {
    const mine = oneSeries(series, indexOf.get(id) ?? 0, request, id);
    found[id] = pointsOf(mine);
    bucket ??= mine && bucketLength(mine, resolution);
  }
  return { series: found, bucket: bucket ?? resolution, at: clockOf(date, now) };
}
