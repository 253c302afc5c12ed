import { createHash } from 'node:crypto';
import { createConfiguration } from '@datadog/datadog-api-client/dist/packages/datadog-api-client-common/configuration.js';
import { BaseServerConfiguration } from '@datadog/datadog-api-client/dist/packages/datadog-api-client-common/servers.js';
// By its own path: the package as a whole costs 2 s and 144 MB at the start, this one API 0.3 s and 32 MB (aws-emulators.md §6).
import { MetricsApi } from '@datadog/datadog-api-client/dist/packages/datadog-api-client-v1/apis/MetricsApi.js';
import type { Look } from '../../../analysis/judge.js';
import type { AnalysisProvider, SecretRef } from '../../../config/server.js';
import type { Metric } from '../../../model/metric.js';
import { SourceError, type MetricSourceClient, type Question } from '../source.js';
import { decodeDatadog } from './decode.js';
import { datadogFailure } from './failure.js';
import { isSeveral } from './expression.js';
import { headerKeepingHttp, type Head } from './http.js';
import { notBefore } from './rate-limit.js';
import { baseUrl, datadogRequest, type DatadogRequest } from './request.js';

interface Keys {
  apiKey: string;
  applicationKey: string;
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

async function openKeys(provider: AnalysisProvider, openSecret: (ref: SecretRef) => Promise<string>): Promise<Keys> {
  try {
    const [apiKey, applicationKey] = await Promise.all([
      openSecret(provider.apiKey),
      openSecret(provider.applicationKey),
    ]);
    return { apiKey, applicationKey };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new SourceError('refused', `The keys of the provider ${provider.name} cannot be read. ${words}`);
  }
}

async function send(
  provider: AnalysisProvider,
  keys: Keys,
  request: DatadogRequest,
  timeout: number,
  seen: (head: Head) => void,
): Promise<Answer> {
  let head: Head = { status: 0, headers: {} };
  const configuration = createConfiguration({
    baseServer: new BaseServerConfiguration(baseUrl(provider.address), {}),
    authMethods: { apiKeyAuth: keys.apiKey, appKeyAuth: keys.applicationKey },
    enableRetry: false,
    httpApi: headerKeepingHttp(AbortSignal.timeout(timeout), (answered) => seen((head = answered))),
  });
  const { from, to, query } = request;
  const body: unknown = await new MetricsApi(configuration).queryMetrics({ from, to, query });
  return { body, head };
}

/** The promise's result, or the reason of a signal that is aborted meanwhile. What it waited for goes on for the others. */
async function unless<T>(cancelled: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled.reason as Error);
    cancelled.addEventListener('abort', stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    cancelled.removeEventListener('abort', stop);
  }
}

/**
 * Datadog's v1 query endpoint as a metrics source. Keys are opened at each use, so a rotated key needs no restart. The same question
 * asked twice at once is sent once, and an account that asked for a pause is not asked before it is over.
 */
export function createDatadogSource(
  provider: AnalysisProvider,
  openSecret: (ref: SecretRef) => Promise<string>,
  shared: DatadogShared,
): MetricSourceClient {
  async function ask({ metric, from, now, cancelled }: Question): Promise<Look> {
    if (isSeveral(metric.query)) {
      const advice = 'Write one metric for each.';
      throw new SourceError(
        'refused',
        `The query of ${metric.name} is several queries, separated by commas. ${advice}`,
      );
    }
    const request = datadogRequest(metric, from, now);
    const keys = await openKeys(provider, openSecret);
    const account = createHash('sha256').update(`${provider.address}\n${keys.apiKey}`).digest('hex');
    cancelled.throwIfAborted();
    const question = [account, keys.applicationKey, request.from, request.query].join('\n');
    let answer = shared.flying.get(question);
    if (!answer) {
      const earliest = shared.limits.get(account) ?? 0;
      if (earliest > now) {
        const pause = Math.ceil((earliest - now) / 1000);
        throw new SourceError('transient', `Datadog's rate limit leaves no question for another ${pause} s.`, earliest);
      }
      answer = send(provider, keys, request, metric.timeout, (head) => {
        const next = notBefore(head, now);
        if (next === undefined) shared.limits.delete(account);
        else shared.limits.set(account, next);
      }).finally(() => shared.flying.delete(question));
      shared.flying.set(question, answer);
    }
    try {
      const { body, head } = await unless(cancelled, answer);
      return decodeDatadog(metric, request, body, head.headers['date'], now);
    } catch (error) {
      if (cancelled.aborted) throw cancelled.reason;
      throw datadogFailure(provider, error, metric.timeout, now);
    }
  }

  return { ask, render: (metric: Metric) => datadogRequest(metric, 0, 0).query };
}
