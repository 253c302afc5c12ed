import { setTimeout } from 'node:timers/promises';
import type { CloudWatchQuery } from '../../../model/cloudwatch-query.js';
import type { Millis } from '../../../model/duration.js';
import type { Answer } from './decode.js';
import type { CloudWatchRequest } from './request.js';

/** How long a question waits for others that are asked at the same moment. */
const WINDOW: Millis = 10;

/** Questions that go to CloudWatch together. Times in epoch ms. */
export interface Batch {
  /** The earliest and the latest that any of them wants. */
  from: number;
  to: number;
  period: Millis;
  queries: Map<string, CloudWatchQuery>;
  /** The longest that any of them waits. */
  timeout: Millis;
  now: number;
}

interface Flight extends Batch {
  sent: boolean;
  answer: Promise<Answer>;
}

/** What is on its way, by whom is asked and the length of the buckets. */
export type Flights = Map<string, Set<Flight>>;

function covers(flight: Flight, { from, to, queries }: CloudWatchRequest): boolean {
  return flight.from <= from && flight.to >= to && queries.every(({ text }) => flight.queries.has(text));
}

/**
 * Puts a question to others that wait to be sent to the same place, or to one on its way that asks the same already. CloudWatch is
 * billed by the metric and limits the calls, so all that is asked at one moment goes in one call.
 * @param place whom is asked: the account, as whom, in which region
 * @param send sends a batch; errors are in its answer
 */
export function askTogether(
  flights: Flights,
  place: string,
  request: CloudWatchRequest,
  { now, timeout }: Pick<Batch, 'now' | 'timeout'>,
  send: (batch: Batch) => Promise<Answer>,
): Promise<Answer> {
  const key = `${place} ${request.period}`;
  const mine = flights.get(key) ?? new Set<Flight>();
  flights.set(key, mine);
  const same = [...mine].find((flight) => covers(flight, request));
  if (same) return same.answer;

  const waiting = [...mine].find(({ sent }) => !sent);
  if (waiting) {
    waiting.from = Math.min(waiting.from, request.from);
    waiting.to = Math.max(waiting.to, request.to);
    waiting.timeout = Math.max(waiting.timeout, timeout);
    for (const query of request.queries) waiting.queries.set(query.text, query);
    return waiting.answer;
  }

  const { from, to, period } = request;
  const batch: Batch = {
    from,
    to,
    period,
    now,
    timeout,
    queries: new Map(request.queries.map((each) => [each.text, each])),
  };
  const flight: Flight = Object.assign(batch, { sent: false, answer: leave() });
  mine.add(flight);
  return flight.answer;

  async function leave(): Promise<Answer> {
    await setTimeout(WINDOW);
    flight.sent = true;
    try {
      return await send(batch);
    } finally {
      mine.delete(flight);
      if (mine.size === 0) flights.delete(key);
    }
  }
}
