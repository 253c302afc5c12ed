import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { isSeveral, oneLine, quotientOf, withoutDefaults } from '../model/datadog-query.js';
import type {
  ComparedMetric,
  Deviation,
  MetricSource,
  MetricStrategy,
  SeriesName,
  ThresholdMetric,
  Variant,
  VariantQueries,
} from '../model/metric.js';
import type { MetricContext } from './metric.js';
import type { MetricFields } from './metric-fields.js';
import { CANARY, PIPECD_SINGLE, renderFor, type Subject } from './metric-variables.js';
import { readyMadeQueries, type ReadyMadeQueries } from './ready-made/queries.js';

/** PipeCD's level of the test, for each window (pipecd.md §2.5). */
const MANN_WHITNEY_ALPHA = 0.05;
const VALUE_TOLERANCE = 1.05;

const REFERENCE: Readonly<Record<MetricStrategy, Exclude<Variant, 'canary'> | undefined>> = {
  THRESHOLD: undefined,
  PREVIOUS: 'previous',
  CANARY_BASELINE: 'baseline',
  CANARY_PRIMARY: 'primary',
};

export type MetricTest = 'SEQUENTIAL' | 'MANN_WHITNEY' | 'EACH_POINT';

/** The texts that a metric asks with, before the variables of a version are put in. */
export interface Texts {
  kind: ComparedMetric['kind'];
  texts: Partial<Record<SeriesName, string>>;
  /** The field to name when something is wrong with them. */
  field: 'query' | 'errors' | 'metric';
}

/** Whether the metric is a ratio of two counts, by what it asks for. A Datadog quotient of two counts of the same selection is one. */
export function textsOf(reader: Reader, fields: MetricFields, path: Path, source: MetricSource): Texts | undefined {
  const { errors, requests, query, metric } = fields;
  const given = [metric && 'metric', query && 'query', (errors ?? requests) && 'errors and requests'].filter(Boolean);
  if (given.length !== 1) {
    const message = given.length === 0 ? 'nothing says what is measured' : `${given.join(' and ')} are given at once`;
    reader.error(path, message, 'Write one of: metric: http-5xx-rate; query: …; errors: … with requests: ….');
    return undefined;
  }
  if (metric !== undefined) return readyMade(reader, path, readyMadeQueries(metric, source), source);
  if (query !== undefined) {
    const compares = fields.strategy !== undefined && fields.strategy !== 'THRESHOLD' && fields.test !== 'MANN_WHITNEY';
    const split = source === 'DATADOG' && compares ? datadogCounts(query) : undefined;
    if (split) {
      return { kind: 'COUNTS', field: 'query', texts: split };
    }
    const watermark = fields.watermark ?? (source === 'DATADOG' ? withoutDefaults(query) : undefined);
    return { kind: 'VALUE', field: 'query', texts: written({ value: query, watermark }) };
  }
  if (errors === undefined || requests === undefined) {
    const [has, lacks] = errors === undefined ? ['requests', 'errors'] : ['errors', 'requests'];
    reader.error([...path, has], `${has} is given without ${lacks}`, `Add ${lacks}: a ratio needs both counts.`);
    return undefined;
  }
  return { kind: 'COUNTS', field: 'errors', texts: { errors, requests } };
}

function readyMade(
  reader: Reader,
  path: Path,
  queries: ReadyMadeQueries | undefined,
  source: MetricSource,
): Texts | undefined {
  if (queries) return { kind: queries.kind, field: 'metric', texts: queries.texts };
  reader.error([...path, 'metric'], `${source} has no such ready-made metric`, 'Write a query of your own.');
  return undefined;
}

/** `a / b` as the two counts that it divides, where their absence is known to mean none. */
function datadogCounts(query: string): { errors: string; requests: string } | undefined {
  const line = oneLine(query);
  const { numerator, denominator, absence } = isSeveral(line) ? {} : (quotientOf(line) ?? {});
  return absence === 'ZERO' && numerator !== undefined && denominator !== undefined
    ? { errors: numerator, requests: denominator }
    : undefined;
}

/** How a metric is tested: what the file says, else what fits what it asks for. */
export function testOf(fields: MetricFields, texts: Texts): MetricTest {
  if (fields.test) return fields.test;
  if ((fields.strategy ?? 'THRESHOLD') !== 'THRESHOLD') return 'SEQUENTIAL';
  return texts.kind === 'COUNTS' ? 'SEQUENTIAL' : 'EACH_POINT';
}

/** The queries of one version, with the field at which a mistake in them is told. */
export function queriesFor(
  reader: Reader,
  fields: MetricFields,
  { texts, field }: Texts,
  path: Path,
  subject: Subject,
  context: MetricContext,
): VariantQueries {
  const rendered: VariantQueries = {};
  for (const [name, template] of Object.entries(texts) as [SeriesName, string][]) {
    const at = field === 'errors' ? name : name === 'watermark' && fields.watermark !== undefined ? 'watermark' : field;
    rendered[name] = renderFor(reader, fields, template, [...path, at], subject, context);
  }
  return rendered;
}

type Settings = Omit<
  ThresholdMetric,
  'strategy' | 'test' | 'expected' | 'http' | 'query' | 'watermark' | 'failureLimit' | 'consecutiveFailureLimit'
>;

/** A metric that is judged by comparing or gathering evidence. @param settings what all metrics have, read already */
export function readCompared(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  context: MetricContext,
  settings: Settings,
): ComparedMetric | undefined {
  const strategy = fields.strategy ?? 'THRESHOLD';
  const test = testOf(fields, texts);
  if (test === 'EACH_POINT') {
    reader.error([...path, 'test'], `EACH_POINT compares nothing, and the strategy is ${strategy}`, 'Delete it.');
    return undefined;
  }
  const variant = REFERENCE[strategy];
  const expected = fields.expected && written({ min: fields.expected.min, max: fields.expected.max });
  if (!variant && !canBeJudgedAlone(reader, test, texts, expected, path)) return undefined;
  checkBounds(reader, texts, test, expected, [...path, 'expected'], variant !== undefined);
  warnOfUnused(reader, fields, test, strategy, path);
  const single = strategy === 'PREVIOUS' && texts.field === 'query';
  const canary = queriesFor(reader, fields, texts, path, single ? PIPECD_SINGLE : CANARY, context);
  const reference =
    variant && variant !== 'previous'
      ? queriesFor(reader, fields, texts, path, { variant, named: variant }, context)
      : {};
  if (variant && variant !== 'previous') refuseSame(reader, canary, reference, texts, path);
  const deviation = deviationOf(reader, fields, texts, path);
  const usual = texts.kind === 'VALUE' && test === 'SEQUENTIAL' ? VALUE_TOLERANCE : 1;
  return {
    ...settings,
    strategy,
    test,
    kind: texts.kind,
    query: canary.value ?? `${canary.errors ?? ''} / ${canary.requests ?? ''}`,
    canary,
    ...(variant && { reference: { variant, queries: reference } }),
    deviation,
    tolerance: fields.tolerance ?? usual,
    // The stage shares its budget out when it knows all of its metrics.
    alpha: MANN_WHITNEY_ALPHA,
    failureLimit: test === 'SEQUENTIAL' ? 0 : (fields.failureLimit ?? 0),
    ...(expected && Object.keys(expected).length > 0 && { expected }),
    ...written({
      consecutiveFailureLimit: test === 'SEQUENTIAL' ? undefined : fields.consecutiveFailureLimit,
      minRequests: fields.minRequests,
      minPoints: fields.minPoints,
    }),
    ...(fields.onNoPrevious === 'PASS' && { onNoPrevious: 'PASS' as const }),
  };
}

function canBeJudgedAlone(
  reader: Reader,
  test: MetricTest,
  texts: Texts,
  expected: { max?: number } | undefined,
  path: Path,
): boolean {
  if (test === 'MANN_WHITNEY') {
    reader.error(
      [...path, 'test'],
      'MANN_WHITNEY compares two versions, and THRESHOLD has one',
      'Write strategy: CANARY_PRIMARY.',
    );
    return false;
  }
  if (texts.kind === 'VALUE') {
    const message = 'SEQUENTIAL judges a ratio of two counts, and this is a value';
    reader.error([...path, 'test'], message, 'Write errors: and requests:, or delete test.');
    return false;
  }
  if (expected?.max === undefined) {
    reader.error(
      [...path, 'expected'],
      'max is not given: no rate of errors would be too high',
      'Write expected: {max: 0.01}.',
    );
    return false;
  }
  return true;
}

function checkBounds(
  reader: Reader,
  texts: Texts,
  test: MetricTest,
  expected: { min?: number; max?: number } | undefined,
  path: Path,
  compares: boolean,
): void {
  if (!expected) return;
  const used = texts.kind === 'COUNTS' && test === 'SEQUENTIAL';
  if (!used) {
    reader.warning(
      path,
      'expected is not used: two versions are compared',
      'Delete it, or add a metric with THRESHOLD.',
    );
    return;
  }
  const { min, max } = expected;
  if (max !== undefined && (max <= 0 || max >= 1)) {
    const message = `max ${max} is no share of the requests`;
    if (compares)
      reader.warning([...path, 'max'], `${message} and is not used`, 'Write a number between 0 and 1: 0.01.');
    else reader.error([...path, 'max'], message, 'Write a number between 0 and 1, such as 0.01, or test: EACH_POINT.');
  }
  if (min !== undefined) reader.warning([...path, 'min'], 'min is not used for a rate of errors', 'Delete it.');
}

function refuseSame(
  reader: Reader,
  canary: VariantQueries,
  reference: VariantQueries,
  { field }: Texts,
  path: Path,
): void {
  if (JSON.stringify(canary) !== JSON.stringify(reference)) return;
  const message = 'the query is the same for both versions: it would be compared with itself';
  const fix = 'Filter by {{ .Variant.TargetGroup }} or {{ .Variant.Name }}, or write metric: http-5xx-rate.';
  reader.error([...path, field], message, fix);
}

function deviationOf(reader: Reader, fields: MetricFields, texts: Texts, path: Path): Deviation {
  if (fields.deviation) return fields.deviation;
  if (texts.kind === 'COUNTS') return 'HIGH';
  if (fields.metric !== undefined) return fields.metric === 'requests' ? 'LOW' : 'HIGH';
  const message = 'deviation is not given: as in PipeCD, a canary that is better also rolls back';
  reader.warning([...path, 'strategy'], message, 'Write deviation: HIGH where higher is worse, LOW where lower is.');
  return 'EITHER';
}

function warnOfUnused(
  reader: Reader,
  fields: MetricFields,
  test: MetricTest,
  strategy: MetricStrategy,
  path: Path,
): void {
  const unused = (field: keyof MetricFields, why: string): void => {
    if (fields[field] !== undefined) reader.warning([...path, field], `${field} is not used: ${why}`, 'Delete it.');
  };
  if (test === 'SEQUENTIAL') {
    unused('failureLimit', 'the evidence of all windows is judged together');
    unused('consecutiveFailureLimit', 'the evidence of all windows is judged together');
  }
  if (strategy !== 'CANARY_BASELINE') unused('baselineArgs', `${strategy} asks for no baseline`);
  if (strategy !== 'PREVIOUS') unused('onNoPrevious', 'only PREVIOUS compares with an earlier deployment');
  if (strategy === 'THRESHOLD') unused('deviation', 'THRESHOLD has bounds');
}
