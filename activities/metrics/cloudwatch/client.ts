import type { Look } from '../../../analysis/judge.js';
import type { CloudWatchProvider } from '../../../config/server.js';
import { SECOND, type Millis } from '../../../model/duration.js';
import type { Metric } from '../../../model/metric.js';
import { isStale, kindOf } from '../../aws/errors.js';
import type { Limiter } from '../../aws/limiter.js';
import { COMMANDS } from '../../aws/commands.js';
import {
  SourceError,
  type Confirming,
  type MetricSourceClient,
  type Question,
  type SeriesAnswer,
  type SeriesQuestion,
} from '../source.js';
import { unless } from '../unless.js';
import { askTogether, type Flights } from './batch.js';
import { budgetOf, connect, placeOf, type Connection } from './connection.js';
import { readLook, readSeries, type Answer } from './decode.js';
import { cloudWatchFailure, isDenied } from './failure.js';
import { createConfirm } from './known-metrics.js';
import { seriesRequest, windowRequest, type CloudWatchRequest } from './request.js';
import { sendBatch } from './send.js';

/** What all questions to CloudWatch share. */
export interface CloudWatchShared {
  limiter: Limiter;
  connections: Map<string, Connection>;
  flights: Flights;
  /** Account and region → until when nothing is asked after a throttled call (epoch ms), and how long that was. */
  pauses: Map<string, { until: number; length: Millis }>;
}

const FIRST_PAUSE = 2 * SECOND;
const LONGEST_PAUSE = 60 * SECOND;
const { action } = COMMANDS.GetMetricData;

/** Nothing is on its way yet. */
export function createCloudWatchShared(limiter: Limiter): CloudWatchShared {
  return { limiter, connections: new Map(), flights: new Map(), pauses: new Map() };
}

/**
 * CloudWatch's GetMetricData as a metrics source. What is asked at the same moment as the same identity goes in one call, the same
 * question on its way is sent once, and an account that throttled is left alone for a while.
 */
export function createCloudWatchSource(provider: CloudWatchProvider, shared: CloudWatchShared): MetricSourceClient {
  const place = placeOf(provider);
  const { account, region } = budgetOf(provider);
  const budget = `${account} ${region}`;
  const known = createConfirm(provider, { connection, failed, history: read });

  function connection(): Connection {
    const open = shared.connections.get(place) ?? connect(provider, shared.limiter);
    shared.connections.set(place, open);
    return open;
  }

  /** @throws SourceError while the pause after a throttled call is not over. */
  function checkPause(now: number): void {
    const until = shared.pauses.get(budget)?.until ?? 0;
    if (until <= now) return;
    const pause = Math.ceil((until - now) / SECOND);
    throw new SourceError('transient', `CloudWatch in ${region} throttled, and is asked again in ${pause} s.`, until);
  }

  function failed(error: unknown, now: number, call: { action: string; timeout: Millis }): SourceError {
    const kind = kindOf(error);
    if (kind === 'throttled') {
      const before = shared.pauses.get(budget);
      // Several calls of one moment are one reason for one pause.
      const length = !before
        ? FIRST_PAUSE
        : before.until > now
          ? before.length
          : Math.min(LONGEST_PAUSE, before.length * 2);
      shared.pauses.set(budget, { until: now + length, length });
    }
    // A client keeps credentials that have no end: mended ones are seen by a new client alone.
    if ((kind === 'credentials' && !isDenied(error)) || isStale(error)) shared.connections.delete(place);
    const until = shared.pauses.get(budget)?.until;
    return cloudWatchFailure(provider, error, { ...call, ...(until !== undefined && { notBefore: until }) });
  }

  async function exchange(
    request: CloudWatchRequest,
    { now, timeout, cancelled }: Pick<SeriesQuestion, 'now' | 'timeout' | 'cancelled'>,
  ): Promise<Answer> {
    cancelled.throwIfAborted();
    checkPause(now);
    const answer = askTogether(shared.flights, place, request, { now, timeout }, (batch) =>
      sendBatch(batch, {
        provider,
        connection: connection(),
        succeeded: () => shared.pauses.delete(budget),
        failed: (error) => failed(error, batch.now, { action, timeout: batch.timeout }),
      }),
    );
    try {
      return await unless(AbortSignal.any([cancelled, AbortSignal.timeout(timeout)]), answer);
    } catch (error) {
      if (cancelled.aborted) throw cancelled.reason;
      throw cloudWatchFailure(provider, error, { action, timeout });
    }
  }

  async function ask({ metric, from, now, cancelled }: Question): Promise<Look> {
    const request = windowRequest(metric, from, now);
    const look = readLook(request, await exchange(request, { now, timeout: metric.timeout, cancelled }));
    known.sawLook(request, look, now);
    return look;
  }

  async function read(question: SeriesQuestion): Promise<SeriesAnswer> {
    const { request, queriesOf } = seriesRequest(question);
    const answer = readSeries(request, queriesOf, await exchange(request, question));
    for (const [id, { query }] of queriesOf) known.saw(query, answer.series[id] ?? [], question.now);
    return answer;
  }

  function confirm(confirming: Confirming): Promise<string | undefined> {
    return known.confirm(confirming);
  }

  return { ask, read, confirm, render: (metric: Metric) => windowRequest(metric, 0, 0).text };
}
