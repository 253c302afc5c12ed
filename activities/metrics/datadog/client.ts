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
import { decodeDatadog, decodeSeries } from './decode.js';
import { datadogFailure } from './failure.js';
import type { Head } from './http.js';
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
import { notBefore } from './rate-limit.js';
import { datadogRequest, seriesRequest, severalQueries, type DatadogRequest } from './request.js';

function accountOf(provider: DatadogProvider, keys: Keys): string {
  return createHash('sha256').update(`${provider.address}\n${keys.apiKey}`).digest('hex');
}

/** One answer of the API, not yet read. */
interface Answer {
  body: unknown;
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
  request: Pick<DatadogRequest, 'from' | 'to' | 'query'>,
  timeout: number,
  seen: (head: Head) => void,
): Promise<Answer> {
  let head: Head = { status: 0, headers: {} };
  const api = metricsApi(provider, keys, timeout, (answered) => seen((head = answered)));
  const { from, to, query } = request;
  const body: unknown = await api.queryMetrics({ from, to, query });
  return { body, head };
}

/**
 * Datadog's v1 query endpoint as a metrics source. Keys are opened at each use, so a rotated key needs no restart. The same question
 * asked twice at once is sent once, and an account that asked for a pause is not asked before it is over.
 */
export function createDatadogSource(
  provider: DatadogProvider,
  openSecret: (ref: SecretRef) => Promise<string>,
  shared: DatadogShared,
): MetricSourceClient {
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
    request: Pick<DatadogRequest, 'from' | 'to' | 'query'>,
    { now, timeout, cancelled }: Pick<SeriesQuestion, 'now' | 'timeout' | 'cancelled'>,
  ): Promise<Answer> {
    const keys = await openKeys(provider, openSecret);
    const account = accountOf(provider, keys);
    cancelled.throwIfAborted();
    const question = [account, keys.applicationKey, request.from, request.query].join('\n');
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
    const { body, head } = await exchange(request, { now, timeout: metric.timeout, cancelled });
    const look = decodeDatadog(metric, request, body, head.headers['date'], now);
    for (const name of metricsSeen(metric, look)) known.set(name, Infinity);
    return look;
  }

  async function read(question: SeriesQuestion): Promise<SeriesAnswer> {
    const { request, indexOf } = seriesRequest(question);
    const { body, head } = await exchange(request, question);
    return decodeSeries(question, indexOf, body, head.headers['date']);
  }

  async function metadata(name: string, { metric, now, cancelled }: Confirming): Promise<Metadata> {
    const keys = await openKeys(provider, openSecret);
    // Datadog counts each kind of question by itself.
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

  return { ask, read, confirm, render: (metric: Metric) => datadogRequest(metric, 0, 0).query };
}
