import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { parseCloudWatchQuery, withoutFill } from '../model/cloudwatch-query.js';
import { withoutDefaults } from '../model/datadog-query.js';
import type { ComparedMetric, MetricSource, SeriesName, VariantQueries } from '../model/metric.js';
import type { MetricContext } from './metric.js';
import type { MetricFields } from './metric-fields.js';
import { renderFor, type Subject } from './metric-variables.js';
import { countsOf, quotientText } from './quotient-counts.js';
import { readyMadeQueries } from './ready-made/queries.js';

/** The texts that a metric asks with, before the variables of a version are put in. */
export interface Texts {
  kind: ComparedMetric['kind'];
  texts: Partial<Record<SeriesName, string>>;
  /** The field to name when something is wrong with them. */
  field: 'query' | 'errors' | 'metric';
}

export type MetricTest = 'SEQUENTIAL' | 'MANN_WHITNEY' | 'EACH_POINT';

/** What a metric asks for: a ratio of two counts, or a value. A quotient of two counts of the same selection is taken apart where counts are judged. */
export function textsOf(reader: Reader, fields: MetricFields, path: Path, source: MetricSource): Texts | undefined {
  const { errors, requests, query, metric } = fields;
  const given = [metric && 'metric', query && 'query', (errors ?? requests) && 'errors and requests'].filter(Boolean);
  if (given.length !== 1) {
    const message = given.length === 0 ? 'nothing says what is measured' : `${given.join(' and ')} are given at once`;
    reader.error(path, message, 'Write one of: metric: http-5xx-rate; query: …; errors: … with requests: ….');
    return undefined;
  }
  if (metric !== undefined) return readyMade(reader, fields, path, source);
  if (query !== undefined) return ofQuery(fields, query, source);
  if (errors === undefined || requests === undefined) {
    const [has, lacks] = errors === undefined ? ['requests', 'errors'] : ['errors', 'requests'];
    reader.error([...path, has], `${has} is given without ${lacks}`, `Add ${lacks}: a ratio needs both counts.`);
    return undefined;
  }
  return { kind: 'COUNTS', field: 'errors', texts: { errors, requests } };
}

function readyMade(
  reader: Reader,
  { metric, watermark }: MetricFields,
  path: Path,
  source: MetricSource,
): Texts | undefined {
  const queries = metric && readyMadeQueries(metric, source);
  if (queries) {
    const own = queries.kind === 'VALUE' ? written({ watermark }) : {};
    return { kind: queries.kind, field: 'metric', texts: { ...queries.texts, ...own } };
  }
  reader.error([...path, 'metric'], `${source} has no ${metric ?? 'such'} of its own`, 'Write a query of your own.');
  return undefined;
}

function ofQuery(fields: MetricFields, query: string, source: MetricSource): Texts {
  const gathers = fields.test === 'SEQUENTIAL' || (fields.test === undefined && compares(fields));
  const counts = gathers ? countsOf(query, source) : undefined;
  if (counts) return { kind: 'COUNTS', field: 'query', texts: { ...counts } };
  const watermark = fields.watermark ?? watermarkOf(query, source);
  return { kind: 'VALUE', field: 'query', texts: written({ value: query, watermark }) };
}

/** A query that makes points up where there is no data needs another one to show that data flows. */
function watermarkOf(query: string, source: MetricSource): string | undefined {
  if (source === 'DATADOG') return withoutDefaults(query);
  if (source !== 'CLOUDWATCH') return undefined;
  const read = parseCloudWatchQuery(query);
  return read.kind === 'problem' ? undefined : withoutFill(read)?.text;
}

/** Whether a metric is judged against another version. */
export function compares({ strategy }: Pick<MetricFields, 'strategy'>): boolean {
  return strategy !== undefined && strategy !== 'THRESHOLD';
}

/** How a metric is tested: what the file says, else what fits what it asks for. */
export function testOf(fields: MetricFields, { kind }: Texts): MetricTest {
  return fields.test ?? (compares(fields) || kind === 'COUNTS' ? 'SEQUENTIAL' : 'EACH_POINT');
}

/** The field in which a text of a metric stands. */
export function fieldOf(fields: MetricFields, { field }: Texts, name: SeriesName): keyof MetricFields {
  if (name === 'watermark' && fields.watermark !== undefined) return 'watermark';
  return field === 'errors' && (name === 'errors' || name === 'requests') ? name : field;
}

/** The queries of one version; what is wrong with them is told at the fields in which they stand. */
export function queriesFor(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  subject: Subject,
  context: MetricContext,
): VariantQueries {
  const rendered: VariantQueries = {};
  for (const [name, template] of Object.entries(texts.texts) as [SeriesName, string][]) {
    rendered[name] = renderFor(reader, fields, template, [...path, fieldOf(fields, texts, name)], subject, context);
  }
  return rendered;
}

/** What is judged, as people read it, and as a source that judges point by point is asked. */
export function queryText({ value, errors, requests }: VariantQueries): string {
  return value ?? quotientText({ errors: errors ?? '', requests: requests ?? '' });
}
