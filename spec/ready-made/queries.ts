import type { MetricSource, SeriesName } from '../../model/metric.js';
import type { ReadyMade } from '../metric-fields.js';
import { cloudWatchQueries } from './cloudwatch.js';
import { datadogQueries } from './datadog.js';
import { prometheusQueries } from './prometheus.js';
import { tasksQueries } from './tasks.js';

/** What a ready-made metric asks of a source about one version; the version's group is put in where its name stands. */
export interface ReadyMadeQueries {
  kind: 'COUNTS' | 'VALUE';
  texts: Partial<Record<SeriesName, string>>;
}

/** The queries of a ready-made metric, as templates; undefined where the source has no such metric. */
export function readyMadeQueries(metric: ReadyMade, source: MetricSource): ReadyMadeQueries | undefined {
  switch (source) {
    case 'CLOUDWATCH':
      return cloudWatchQueries(metric);
    case 'DATADOG':
      return datadogQueries(metric);
    case 'PROMETHEUS':
      return prometheusQueries(metric);
    case 'TASKS':
      return tasksQueries(metric);
    case 'HTTP':
      return undefined;
    default:
      return source satisfies never;
  }
}
