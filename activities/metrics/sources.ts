import type { AnalysisProvider, SecretRef } from '../../config/server.js';
import type { Metric } from '../../model/metric.js';
import type { Limiter } from '../aws/limiter.js';
import { createCloudWatchShared, createCloudWatchSource } from './cloudwatch/client.js';
import { createDatadogSource, type DatadogShared } from './datadog/client.js';
import { createPrometheusSource, type PrometheusShared } from './prometheus/client.js';
import { createHttpSource } from './http/client.js';
import { SourceError, type MetricSourceClient } from './source.js';
import { createTasksSource, type TasksWorld } from './tasks/client.js';

/** Finds the source of a metric by the provider that it names. */
export type FindSource = (metric: Pick<Metric, 'provider' | 'source'>) => MetricSourceClient;

/**
 * All configured metrics sources, with what they share: rate limits for each account and questions on their way. Make one for each
 * process.
 * @param aws `limiter`: one for the worker: how often each account may be asked; without one nothing is held back
 * `tasks`: what finds the tasks of a version; without it they cannot be asked
 * @throws SourceError from what it returns, when the provider is not configured or is of another kind.
 */
export function createSources(
  providers: readonly AnalysisProvider[],
  openSecret: (ref: SecretRef) => Promise<string>,
  { limiter = { admit: () => Promise.resolve() }, tasks }: { limiter?: Limiter; tasks?: TasksWorld } = {},
): FindSource {
  const datadog: DatadogShared = { limits: new Map(), flying: new Map() };
  const cloudWatch = createCloudWatchShared(limiter);
  const prometheus: PrometheusShared = { limits: new Map(), flying: new Map() };
  function create(provider: AnalysisProvider): MetricSourceClient {
    switch (provider.type) {
      case 'DATADOG':
        return createDatadogSource(provider, openSecret, datadog);
      case 'CLOUDWATCH':
        return createCloudWatchSource(provider, cloudWatch);
      case 'PROMETHEUS':
        return createPrometheusSource(provider, openSecret, prometheus);
      case 'TASKS':
        return createTasksSource(provider, tasks);
      default:
        return provider satisfies never;
    }
  }
  const clients = new Map(providers.map((each) => [each.name, create(each)]));

  const http = createHttpSource();

  return function find({ provider, source }) {
    // It needs no configuration: the metric holds the whole request.
    if (source === 'HTTP') return http;
    const client = clients.get(provider);
    const kind = providers.find((each) => each.name === provider)?.type;
    if (client && kind === source) return client;
    const known = providers.map((each) => each.name).join(', ') || 'none';
    throw new SourceError(
      'refused',
      `No analysis provider ${provider} of type ${source} is configured where this was measured (there: ${known}).`,
    );
  };
}
