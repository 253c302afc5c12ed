import { createHash } from 'node:crypto';
import type { Look } from '../../../analysis/judge.js';
import type { DatadogProvider, SecretRef } from '../../../config/server.js';
import { isSeveral, metricsOf } from '../../../model/datadog-query.js';
import type { Metric } from '../../../model/metric.js';
import {
  SourceError,
  type Confirming,
  type MetricSourceClient,
  type Question,
  type SeriesAnswer,
  type SeriesQuestion,
} from '../source.js';
import { unless } from '../unless.js';
import { metricsApi, openKeys, type Keys } from './connection.js';
import { decodeDatadog, decodeSeries, readQuery, type Series } from './decode.js';
import { datadogFailure } from './failure.js';
import {
  askMetadata,
  HISTORY,
  isWellKnown,
  KNOWN_FOR,
  metricsSeen,
  unconfirmedMetric,
  unknownMetric,
  type Metadata,
} from './known-metrics.js';
import { notBefore, type Head } from '../rate-limit.js';
import { datadogRequest, joined, seriesRequest, severalQueries, type DatadogRequest } from './request.js';
import { loadTimeseries, sendTimeseries } from './timeseries.js';

function accountOf(provider: DatadogProvider, keys: Keys): string {
  return createHash('sha256').update(`${provider.address}\n${keys.apiKey}`).digest('hex');
}

/** One answer of the API. */
interface Answer {
  series: Series[];
  head: Head;
}

/** What all questions to all Datadog accounts share. */
export interface DatadogShared {
  /** Account → the earliest next question, epoch ms. */
  limits: Map<string, number>;
  /** Questions on their way, so that the same one is not asked twice at once. */
  flying: Map<string, Promise<Answer>>;
}

async function send(
  provider: DatadogProvider,
  keys: Keys,
  request: DatadogRequest,
  timeout: number,
  seen: (head: Head) => void,
): Promise<Answer> {
  let head: Head = { status: 0, headers: {} };
  const hear = (answered: Head): void => seen((head = answered));
  if (provider.apiVersion === 'v2') {
    const series = await sendTimeseries(provider, keys, request, timeout, hear);
    return { series, head };
  }
  const { from, to, queries } = request;
  const body: unknown = await metricsApi(provider, keys, timeout, hear).queryMetrics({
    from,
    to,
    query: joined(request),
  });
  return { series: readQuery(body, queries.length), head };
}

/**
 * Datadog's query endpoint, of v1 or v2 of its API, as a metrics source. Keys are opened at each use, so a rotated key needs no restart. The same question
 * asked twice at once is sent once, and an account that asked for a pause is not asked before it is over.
 */
export function createDatadogSource(
  provider: DatadogProvider,
  openSecret: (ref: SecretRef) => Promise<string>,
  shared: DatadogShared,
): MetricSourceClient {
  // Takes seconds; begun before the first question's time limit is.
  if (provider.apiVersion === 'v2') void loadTimeseries();
  /** Metric → until when it is known that this provider has it, epoch ms. */
  const known = new Map<string, number>();

  /** @throws SourceError when the account asked for a pause that is not over. */
  function checkLimit(account: string, now: number): void {
    const earliest = shared.limits.get(account) ?? 0;
    if (earliest <= now) return;
    const pause = Math.ceil((earliest - now) / 1000);
    throw new SourceError('transient', `Datadog's rate limit leaves no question for another ${pause} s.`, earliest);
  }

  function keepLimit(account: string, now: number): (head: Head) => void {
    return (head) => {
      const next = notBefore(head, now);
      if (next === undefined) shared.limits.delete(account);
      else shared.limits.set(account, next);
    };
  }

  /** One call, shared with everybody who asks the same at this moment. */
  async function exchange(
    request: DatadogRequest,
    { now, timeout, cancelled }: Pick<SeriesQuestion, 'now' | 'timeout' | 'cancelled'>,
  ): Promise<Answer> {
    const keys = await openKeys(provider, openSecret);
    // Datadog counts each kind of question by itself.
    const account = `${accountOf(provider, keys)} ${provider.apiVersion ?? 'v1'}`;
    cancelled.throwIfAborted();
    const question = [account, keys.applicationKey, request.from, request.interval, joined(request)].join('\n');
    let answer = shared.flying.get(question);
    if (!answer) {
      checkLimit(account, now);
      answer = send(provider, keys, request, timeout, keepLimit(account, now)).finally(() =>
        shared.flying.delete(question),
      );
      shared.flying.set(question, answer);
    }
    try {
      return await unless(cancelled, answer);
    } catch (error) {
      if (cancelled.aborted) throw cancelled.reason;
      throw datadogFailure(provider, error, timeout, now);
    }
  }

  async function ask({ metric, from, now, cancelled }: Question): Promise<Look> {
    if (isSeveral(metric.query)) throw severalQueries(`The query of ${metric.name}`);
    const request = datadogRequest(metric, from, now);
    const { series, head } = await exchange(request, { now, timeout: metric.timeout, cancelled });
    const look = decodeDatadog(metric, request, series, head.headers['date'], now);
    for (const name of metricsSeen(metric, look)) known.set(name, Infinity);
    return look;
  }

  async function read(question: SeriesQuestion): Promise<SeriesAnswer> {
    const { request, indexOf } = seriesRequest(question);
    const { series, head } = await exchange(request, question);
    return decodeSeries(question, request, indexOf, series, head.headers['date']);
  }

  async function metadata(name: string, { metric, now, cancelled }: Confirming): Promise<Metadata> {
    const keys = await openKeys(provider, openSecret);
    const account = `${accountOf(provider, keys)} metadata`;
    cancelled.throwIfAborted();
    checkLimit(account, now);
    try {
      return await unless(cancelled, askMetadata(provider, keys, name, metric.timeout, keepLimit(account, now)));
    } catch (error) {
      if (cancelled.aborted) throw cancelled.reason;
      throw datadogFailure(provider, error, metric.timeout, now);
    }
  }

  async function hasHistory(name: string, confirming: Confirming): Promise<boolean> {
    const { metric, ...rest } = confirming;
    const from = confirming.now - HISTORY;
    const wanted = [{ id: 'history', query: `sum:${name}{*}`, variant: 'primary' as const }];
    const answer = await read({ ...rest, from, wanted, resolution: metric.resolution, timeout: metric.timeout });
    return (answer.series['history'] ?? []).length > 0;
  }

  async function confirm(confirming: Confirming): Promise<string | undefined> {
    const { metric, now } = confirming;
    for (const name of metricsOf(metric.query)) {
      if (isWellKnown(name) || (known.get(name) ?? 0) > now) continue;
      const answer = await metadata(name, confirming);
      if (answer === 'UNKNOWN') throw unknownMetric(metric, name);
      if (answer === 'KNOWN') known.set(name, now + KNOWN_FOR);
      else if (!(await hasHistory(name, confirming))) return unconfirmedMetric(provider, name);
    }
    return undefined;
  }

  return { ask, read, confirm, render: (metric: Metric) => joined(datadogRequest(metric, 0, 0)) };
}
