import type { CloudWatchProvider } from '../../../config/server.js';
import type { CloudWatchQuery } from '../../../model/cloudwatch-query.js';
import type { SourceError } from '../source.js';
import type { Batch } from './batch.js';
import { composeCalls, type ComposedCall } from './compose.js';
import type { Connection } from './connection.js';
import { readPage, readResults, type Answer, type Page, type QueryResult } from './decode.js';
import { isUnreadable } from './failure.js';

/** A token that leads on and on would keep the question for ever. */
const PAGES = 100;

/** What sending needs from the source around it. */
export interface Sending {
  provider: CloudWatchProvider;
  connection: Connection;
  /** Hears that CloudWatch answered. */
  succeeded(): void;
  /** What an error means for those who asked. */
  failed(error: unknown): SourceError;
}

/** CloudWatch's own clock, where the answer tells it. */
function clockOf(date: string | undefined, now: number): number {
  const theirs = date === undefined ? NaN : Date.parse(date);
  return Number.isNaN(theirs) ? now : theirs;
}

async function askPages(batch: Batch, call: ComposedCall, on: Sending, signal: AbortSignal): Promise<Answer> {
  const pages: Page[] = [];
  let at: number | undefined;
  for (let token: string | undefined; ;) {
    const { body, date } = await on.connection.getMetricData(
      {
        MetricDataQueries: call.data,
        StartTime: new Date(batch.from),
        EndTime: new Date(batch.to),
        ScanBy: 'TimestampAscending',
        ...(token !== undefined && { NextToken: token }),
      },
      signal,
    );
    at ??= clockOf(date, batch.now);
    const page = readPage(body);
    pages.push(page);
    token = page.NextToken;
    if (token === undefined || pages.length >= PAGES) break;
  }
  on.succeeded();
  return { results: readResults(pages, call.idOf), at };
}

function together(answers: readonly Answer[], now: number): Answer {
  const results = new Map<string, QueryResult>();
  for (const answer of answers) for (const [text, result] of answer.results) results.set(text, result);
  // The earliest: nothing that is taken for complete may be younger than the look.
  return { results, at: answers.length === 0 ? now : Math.min(...answers.map(({ at }) => at)) };
}

async function askCall(batch: Batch, call: ComposedCall, on: Sending, signal: AbortSignal): Promise<Answer> {
  try {
    return await askPages(batch, call, on, signal);
  } catch (error) {
    const { queries } = call;
    if (isUnreadable(error) && queries.length > 1) {
      // One query that CloudWatch cannot read fails the whole call: the others are innocent.
      const half = Math.ceil(queries.length / 2);
      const first = await askAll(batch, queries.slice(0, half), on, signal);
      return together([first, await askAll(batch, queries.slice(half), on, signal)], batch.now);
    }
    const failure = { error: on.failed(error) };
    return { results: new Map(queries.map(({ text }) => [text, failure])), at: batch.now };
  }
}

async function askAll(
  batch: Batch,
  queries: readonly CloudWatchQuery[],
  on: Sending,
  signal: AbortSignal,
): Promise<Answer> {
  const { from, to, period, now } = batch;
  const calls = composeCalls(queries, period, Math.ceil((to - from) / period));
  return together(await Promise.all(calls.map((call) => askCall(batch, call, on, signal))), now);
}

/** Sends a batch in as few calls as can be. Errors are in the answer, each at the queries that it is about. */
export async function sendBatch(batch: Batch, on: Sending): Promise<Answer> {
  return await askAll(batch, [...batch.queries.values()], on, AbortSignal.timeout(batch.timeout));
}
