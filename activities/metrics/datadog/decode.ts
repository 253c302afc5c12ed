import { z } from 'zod';
import type { Look } from '../../../analysis/judge.js';
import { SECOND, type Millis } from '../../../model/duration.js';
import type { Point } from '../../../model/evidence.js';
import type { Metric } from '../../../model/metric.js';
import { SourceError, type SeriesAnswer, type SeriesQuestion } from '../source.js';
import type { DatadogRequest } from './request.js';

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

type Series = z.output<typeof SERIES>;

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
  const mine = series.filter((each) => (each.queryIndex ?? (request.queries === 1 ? 0 : undefined)) === index);
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
function bucketLength(interval: number | undefined, resolution: Millis): Millis {
  if (interval === undefined) return resolution;
  const off = (length: Millis): number => Math.abs(Math.log(length / resolution));
  return off(interval * SECOND) <= off(interval) ? interval * SECOND : interval;
}

/** The series of an answer of Datadog, and Datadog's own clock. @throws SourceError as `decodeDatadog` */
function readAnswer(body: unknown, queries: number): Series[] {
  const parsed = ANSWER.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'no detail';
    throw new SourceError('transient', `Datadog's answer has a shape that is not known (${where}).`);
  }
  const { status, error, message } = parsed.data;
  if (status === 'error' || error) {
    const words = error ?? message ?? 'no reason given';
    throw new SourceError(UNREADABLE.test(words) ? 'refused' : 'transient', `Datadog answered with an error: ${words}`);
  }

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
 * @param body what the client made of the answer; not trusted
 * @param date the answer's Date header: Datadog's own clock
 * @throws SourceError when the answer is an error in spite of its 200, or has a shape that is not known.
 */
export function decodeDatadog(
  metric: Metric,
  request: DatadogRequest,
  body: unknown,
  date: string | undefined,
  now: number,
): Look {
  const series = readAnswer(body, request.queries);
  const judged = oneSeries(series, 0, request, 'the query');
  const denominator =
    request.denominator === undefined ? undefined : oneSeries(series, request.denominator, request, 'the denominator');
  const watermark =
    request.watermark === undefined ? undefined : oneSeries(series, request.watermark, request, 'the watermark');
  return {
    query: request.query,
    points: pointsOf(judged),
    ...(request.denominator !== undefined && { denominator: pointsOf(denominator) }),
    ...(request.absence && { absence: request.absence }),
    ...(request.watermark !== undefined && { watermark: pointsOf(watermark) }),
    bucket: bucketLength((judged ?? denominator ?? watermark)?.interval, metric.resolution),
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
  indexOf: ReadonlyMap<string, number>,
  body: unknown,
  date: string | undefined,
): SeriesAnswer {
  const queries = new Set(indexOf.values()).size;
  const series = readAnswer(body, queries);
  const found: Record<string, Point[]> = {};
  let bucket: Millis | undefined;
  for (const { id } of wanted) {
    const mine = oneSeries(series, indexOf.get(id) ?? 0, { queries }, id);
    found[id] = pointsOf(mine);
    bucket ??= mine && bucketLength(mine.interval, resolution);
  }
  return { series: found, bucket: bucket ?? resolution, at: clockOf(date, now) };
}
