import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { isCompared, type Metric, type SeriesName } from '../model/metric.js';
import { warnOfCloudWatchQuery } from './cloudwatch-query.js';
import type { MetricContext } from './metric.js';
import type { MetricFields } from './metric-fields.js';
import { warnOfQuery } from './metric-query.js';
import { warnOfQuotient } from './metric-quotient.js';
import { compares, fieldOf, type Texts } from './metric-texts.js';
import { warnOfPrometheusQuery } from './prometheus-query.js';
import { checkTasksQuery } from './tasks-query.js';

/** A query to look at, and the field in which it stands. */
interface Asked {
  field: keyof MetricFields;
  query: string;
}

/** What can be seen of a metric's queries without asking them. */
export function checkQueries(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  metric: Metric,
  context: MetricContext,
): void {
  if (texts.field === 'metric') return;
  warnOfVariantName(reader, fields, texts, path);
  // A query that is asked for both versions and differs tells them apart; one that is asked once must see the canary alone.
  const both = fields.strategy === 'CANARY_PRIMARY' || fields.strategy === 'CANARY_BASELINE';
  const groups = both ? {} : context.targetGroups;
  for (const { field, query } of askedBy(fields, texts, metric)) {
    const at = [...path, field];
    switch (metric.source) {
      case 'DATADOG':
        warnOfQuery(reader, at, query, groups);
        warnOfQuotient(reader, at, query, fields.emptyValue);
        break;
      case 'CLOUDWATCH':
        warnOfCloudWatchQuery(reader, at, query, groups, fields.emptyValue);
        break;
      case 'PROMETHEUS':
        warnOfPrometheusQuery(reader, at, query, metric, groups);
        break;
      case 'TASKS':
        checkTasksQuery(reader, at, query);
        break;
      case 'HTTP':
        break;
      default:
        metric.source satisfies never;
    }
  }
}

function askedBy(fields: MetricFields, texts: Texts, metric: Metric): Asked[] {
  if (!isCompared(metric)) return [{ field: texts.field, query: metric.query }];
  return (Object.entries(metric.canary) as [SeriesName, string][]).flatMap(([name, query]) =>
    name === 'watermark' ? [] : [{ field: fieldOf(fields, texts, name), query }],
  );
}

/** PipeCD's name for what is asked once is not the one that people expect. */
function warnOfVariantName(reader: Reader, fields: MetricFields, { field }: Texts, path: Path): void {
  const { strategy = 'THRESHOLD', query = '', watermark = '' } = fields;
  if (field !== 'query' || (compares(fields) && strategy !== 'PREVIOUS')) return;
  if (!/\{\{-?\s*\.Variant\.Name\b/.test(`${query} ${watermark}`)) return;
  const message = `.Variant.Name is "primary" under ${strategy}, as in PipeCD, even when the canary should be judged`;
  reader.warning([...path, 'query'], message, 'Write the canary’s own name, or {{ .Variant.TargetGroup }}.');
}
