import type { Look } from '../../../analysis/judge.js';
import type { PrometheusProvider, SecretRef } from '../../../config/server.js';
import { SECOND, type Millis } from '../../../model/duration.js';
import { provesItself, selectorsOf, writeSelector } from '../../../model/prometheus-query.js';
import { notBefore } from '../rate-limit.js';
import {
  SourceError,
  type Confirming,
  type MetricSourceClient,
  type Question,
  type SeriesAnswer,
  type SeriesQuestion,
} from '../source.js';
import { unless } from '../unless.js';
import { openCredentials } from './credentials.js';
import { dataOf, decodeLook, decodeSeries, matrixOf } from './decode.js';
import { answered, connectionFailure, notPrometheus } from './failure.js';
import { sendHttp, type Reply } from './http.js';
import { doubtOfSelector, HISTORY, KNOWN_FOR, NAMES, unconfirmed } from './known-selectors.js';
import { metricRequest, sentQuery, seriesRequest, shownQuery, type RangeRequest } from './request.js';

/** What all questions to all Prometheus servers share. */
export interface PrometheusShared {
  /** Account → the earliest next question, epoch ms. */
  limits: Map<string, number>;
  /** Questions on their way, so that the same one is not asked twice at once. */
  flying: Map<string, Promise<Reply>>;
}

/** One question below `/api/v1/`. */
interface Call {
  path: string;
  parameters: Readonly<Record<string, string>>;
  /** Queries may be too long for an address. */
  method: 'GET' | 'POST';
}

type Asked = Pick<SeriesQuestion, 'now' | 'timeout' | 'cancelled'>;

/** Answers of a server that has no lists of labels, or does not show them to us. */
const NOT_TO_BE_ASKED = new Set([401, 403, 404, 405, 501]);

class MayNotAsk extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
    this.name = 'MayNotAsk';
  }
}

function seconds(ms: Millis): string {
  return String(ms / SECOND);
}

/**
 * A Prometheus, or a server that speaks its HTTP API, as a metrics source. Credentials are opened at each use, so a rotated one needs no
 * restart. The same question asked twice at once is sent once, and a server that asked for a pause is not asked before it is over.
 */
export function createPrometheusSource(
  provider: PrometheusProvider,
  openSecret: (ref: SecretRef) => Promise<string>,
  shared: PrometheusShared,
): MetricSourceClient {
  /** Selector → until when it is known that the server has it, epoch ms. */
  const known = new Map<string, number>();

  /** One call, shared with everybody who asks the same at this moment. @throws SourceError when nothing was answered */
  async function exchange({ path, parameters, method }: Call, { now, timeout, cancelled }: Asked): Promise<Reply> {
    const { account, headers, tls } = await openCredentials(provider, openSecret);
    cancelled.throwIfAborted();
    const form = new URLSearchParams(parameters).toString();
    const question = [account, path, form].join('\n');
    const earliest = shared.limits.get(account) ?? 0;
    let reply = shared.flying.get(question);
    if (!reply && earliest > now) {
      const pause = Math.ceil((earliest - now) / SECOND);
      throw new SourceError('transient', `Prometheus wants no question for another ${pause} s.`, earliest);
    }
    if (!reply) {
      const url = `${provider.address}/api/v1/${path}`;
      reply = sendHttp({
        url: method === 'GET' ? `${url}?${form}` : url,
        method,
        headers: {
          ...headers,
          accept: 'application/json',
          ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(method === 'POST' && { body: form }),
        ...(tls && { tls }),
        signal: AbortSignal.timeout(timeout),
      }).finally(() => shared.flying.delete(question));
      shared.flying.set(question, reply);
    }
    try {
      const got = await unless(cancelled, reply);
      const next = notBefore(got.head, now);
      if (next === undefined) shared.limits.delete(account);
      else shared.limits.set(account, next);
      return got;
    } catch (error) {
      if (cancelled.aborted) throw cancelled.reason;
      throw connectionFailure(provider, error, timeout);
    }
  }

  async function query({ queries, start, end, step }: RangeRequest, asked: Asked) {
    const reply = await exchange(
      {
        path: 'query_range',
        method: 'POST',
        parameters: {
          query: sentQuery(queries),
          start: seconds(start),
          end: seconds(end),
          step: seconds(step),
          timeout: seconds(asked.timeout),
        },
      },
      asked,
    );
    if (reply.head.status !== 200) throw answered(provider, reply, asked.now, queries);
    const series = matrixOf(dataOf(reply)?.data);
    if (!series) throw notPrometheus(provider, reply);
    return { series, reply };
  }

  function markKnown(text: string): void {
    if (!provesItself(text)) return;
    for (const selector of selectorsOf(text)) known.set(writeSelector(selector), Infinity);
  }

  async function ask({ metric, from, now, cancelled }: Question): Promise<Look> {
    const request = metricRequest(metric, from, now);
    const { series, reply } = await query(request.range, { now, timeout: metric.timeout, cancelled });
    const look = decodeLook(metric, request, series, reply, { from, now });
    if (look.points.length > 0) markKnown(metric.query);
    return look;
  }

  async function read(question: SeriesQuestion): Promise<SeriesAnswer> {
    const { range, places } = seriesRequest(question);
    const { series, reply } = await query(range, question);
    const answer = decodeSeries(question, range, places, series, reply);
    for (const { id, query: text } of question.wanted) {
      if ((answer.series[id] ?? []).length > 0) markKnown(text);
    }
    return answer;
  }

  async function names(path: string, selector: string, { metric, now, cancelled }: Confirming): Promise<string[]> {
    const parameters = { 'match[]': selector, start: seconds(now - HISTORY), end: seconds(now) };
    const asked = { now, timeout: metric.timeout, cancelled };
    const reply = await exchange({ path, parameters, method: 'GET' }, asked);
    if (NOT_TO_BE_ASKED.has(reply.head.status)) throw new MayNotAsk(reply.head.status);
    if (reply.head.status !== 200) throw answered(provider, reply, now, []);
    const answer = dataOf(reply);
    // A list of nothing is null with some servers.
    const list = answer && NAMES.safeParse(answer.data ?? []);
    if (!list?.success) throw notPrometheus(provider, reply);
    return list.data;
  }

  async function confirm(confirming: Confirming): Promise<string | undefined> {
    const { metric, now } = confirming;
    for (const selector of selectorsOf(metric.query)) {
      const text = writeSelector(selector);
      if ((known.get(text) ?? 0) > now) continue;
      try {
        const doubt = await doubtOfSelector(metric, selector, (path, match) => names(path, match, confirming));
        if (doubt !== undefined) return doubt;
      } catch (error) {
        if (error instanceof MayNotAsk) return unconfirmed(provider, text, error.status);
        throw error;
      }
      known.set(text, now + KNOWN_FOR);
    }
    return undefined;
  }

  return { ask, read, confirm, render: shownQuery };
}
