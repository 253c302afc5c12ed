import type { MetricSource } from '../model/metric.js';

/** What people call the sources. */
export const SOURCE_NAME: Readonly<Record<MetricSource, string>> = {
  DATADOG: 'Datadog',
  PROMETHEUS: 'Prometheus',
  CLOUDWATCH: 'CloudWatch',
  TASKS: 'The tasks',
  HTTP: 'The check',
};
