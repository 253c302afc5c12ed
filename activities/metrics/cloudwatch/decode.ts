import { z } from 'zod';
import type { Look } from '../../../analysis/judge.js';
import type { CloudWatchQuery } from '../../../model/cloudwatch-query.js';
import type { Point } from '../../../model/evidence.js';
import { SourceError, type SeriesAnswer } from '../source.js';
import type { CloudWatchRequest, SeriesQueries, WindowRequest } from './request.js';

const MESSAGE = z.object({ Code: z.string().optional(), Value: z.string().optional() });
const RESULT = z
  .object({
    Id: z.string(),
    Label: z.string().optional(),
    Timestamps: z.array(z.date()).default([]),
    // NaN and the infinities are numbers too, and fall out below.
    Values: z.array(z.custom<number>((value) => typeof value === 'number')).default([]),
    StatusCode: z.string().optional(),
    Messages: z.array(MESSAGE).default([]),
  })
  .refine(({ Timestamps, Values }) => Timestamps.length === Values.length, {
    error: 'there are not as many values as timestamps',
  });
const PAGE = z.object({
  MetricDataResults: z.array(RESULT).default([]),
  NextToken: z.string().optional(),
  Messages: z.array(MESSAGE).default([]),
});

/** One page of an answer: what we read of it. */
export type Page = z.output<typeof PAGE>;

/** What came for one query. */
export type QueryResult = { points: readonly Point[] } | { error: SourceError };

/** What came for several queries, by their texts, and when it was looked by CloudWatch's own clock (epoch ms). */
export interface Answer {
  results: ReadonlyMap<string, QueryResult>;
  at: number;
}

/** Something was left out because there was too much: what came is not all. */
const TOO_MUCH = /exceed|max|too many|limit/i;

/** @throws SourceError when the answer has a shape that is not known. */
export function readPage(body: unknown): Page {
  const parsed = PAGE.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue ? `${issue.path.join('.') || 'the answer'}: ${issue.message}` : 'no detail';
  throw new SourceError('transient', `CloudWatch's answer has a shape that is not known (${where}).`);
}

function words(messages: readonly z.output<typeof MESSAGE>[]): string {
  const said = messages.map(({ Code, Value }) => [Code, Value].filter((part) => part).join(': ')).join('; ');
  return said === '' ? '' : ` (${said.slice(0, 300)})`;
}

/** Only an author can say how several series become one. */
function severalSeries(labels: readonly (string | undefined)[]): SourceError {
  const named = labels.slice(0, 3).map((label) => `"${label ?? '?'}"`);
  return new SourceError(
    'refused',
    `CloudWatch gave ${labels.length} series for the query (${named.join(', ')}${labels.length > 3 ? ', …' : ''}), and one is needed: ` +
      'write SUM(…), AVG(…) or MAX(…) around a SEARCH, and no GROUP BY in a SELECT.',
  );
}

function failureOf(status: string | undefined, messages: readonly z.output<typeof MESSAGE>[]): SourceError | undefined {
  const said = words(messages);
  if (status === 'Forbidden') {
    return new SourceError(
      'refused',
      `CloudWatch does not show this metric${said}. Allow cloudwatch:GetMetricData, in the account that has the metric.`,
    );
  }
  if (status === 'InternalError') return new SourceError('transient', `CloudWatch answered InternalError${said}.`);
  // The last page is there: what is missing would look like nothing counted.
  if (status === 'PartialData') return new SourceError('transient', `CloudWatch gave only a part of the data${said}.`);
  const excess = messages.find(({ Code, Value }) => TOO_MUCH.test(`${Code ?? ''} ${Value ?? ''}`));
  return excess && new SourceError('refused', `CloudWatch left data out${words([excess])}: narrow the query.`);
}

/**
 * Reads one query's result out of all pages of an answer. The status of the last page that speaks of it counts: PartialData before
 * that means that the rest follows, InternalError that it was tried again (MetricDataResult in the API reference).
 */
function resultOf(pages: readonly Page[], id: string): QueryResult {
  const byPage = pages.map((page) => page.MetricDataResults.filter((result) => result.Id === id));
  const several = byPage.find((results) => results.length > 1);
  if (several) return { error: severalSeries(several.map(({ Label }) => Label)) };
  const mine = byPage.flat();
  const last = mine.at(-1);
  if (!last) return { error: new SourceError('transient', 'CloudWatch’s answer says nothing of this query.') };
  const messages = [...mine, ...pages].flatMap(({ Messages }) => Messages);
  const error = failureOf(last.StatusCode, messages);
  if (error) return { error };

  const byBucket = new Map<number, number>();
  for (const { Timestamps, Values } of mine) {
    for (const [index, at] of Timestamps.entries()) {
      const value = Values[index];
      if (value !== undefined && Number.isFinite(value)) byBucket.set(at.getTime(), value);
    }
  }
  return { points: [...byBucket].map(([at, value]) => ({ at, value })).sort((a, b) => a.at - b.at) };
}

/** What all pages of a call say of its queries, by their texts. */
export function readResults(pages: readonly Page[], idOf: ReadonlyMap<string, string>): Map<string, QueryResult> {
  return new Map([...idOf].map(([text, id]) => [text, resultOf(pages, id)]));
}

/** One query's points from the request's first bucket on: the answer may hold earlier ones, which others asked for. */
function pointsOf(query: CloudWatchQuery, { from }: CloudWatchRequest, { results }: Answer): Point[] {
  const result = results.get(query.text);
  if (!result) throw new SourceError('transient', 'CloudWatch’s answer says nothing of this query.');
  if ('error' in result) throw result.error;
  return result.points.filter(({ at }) => at >= from);
}

/** @throws SourceError of the query that was not answered. */
export function readLook(request: WindowRequest, answer: Answer): Look {
  const { judged, denominator, watermark, absence } = request;
  return {
    query: request.text,
    points: pointsOf(judged, request, answer),
    ...(denominator && { denominator: pointsOf(denominator, request, answer) }),
    ...(absence && { absence }),
    ...(watermark && { watermark: pointsOf(watermark, request, answer) }),
    bucket: request.period,
    at: answer.at,
  };
}

/**
 * The wanted series. Points that a query made up are kept only where something was measured.
 * @throws SourceError of the first query that was not answered.
 */
export function readSeries(
  request: CloudWatchRequest,
  queriesOf: ReadonlyMap<string, SeriesQueries>,
  answer: Answer,
): SeriesAnswer {
  const series: Record<string, readonly Point[]> = {};
  for (const [id, { query, flow }] of queriesOf) {
    const points = pointsOf(query, request, answer);
    const measured = flow && new Set(pointsOf(flow, request, answer).map(({ at }) => at));
    series[id] = measured ? points.filter(({ at }) => measured.has(at)) : points;
  }
  return { series, bucket: request.period, at: answer.at };
}
