import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import { isCompared, type ComparedMetric, type Metric, type ThresholdMetric } from '../model/metric.js';
import type { TargetGroup } from '../model/release.js';
import type { AnalysisTemplates } from './analysis-template.js';
import { queriesFor, readCompared, testOf, textsOf, type Texts } from './compared-metric.js';
import { notConfigured } from './known-providers.js';
import type { KnownAnalysisProvider, KnownProviders } from './known-providers.js';
import { metricShape, type MetricFields } from './metric-fields.js';
import { warnOfQuery } from './metric-query.js';
import { warnOfQuotient } from './metric-quotient.js';
import { CANARY, PIPECD_SINGLE, renderFor } from './metric-variables.js';
import { checkDelay, checkLimits, readWindows } from './metric-windows.js';

/** What a metric is read against. */
export interface MetricContext {
  app: string;
  appCustomArgs: Readonly<Record<string, string>>;
  /** Undefined when no server configuration is at hand: then names of providers are not checked. */
  known: KnownProviders | undefined;
  /** The stage's, to plan the windows. */
  duration: Millis;
  targetGroups: {
    primary?: TargetGroup | undefined;
    canary?: TargetGroup | undefined;
    baseline?: TargetGroup | undefined;
  };
  /** What `template` may name. */
  templates: AnalysisTemplates;
}

/** PipeCD's (pipecd.md §1.5). */
export const QUERY_TIMEOUT = 30 * SECOND;
/** Share of the planned windows (0 to 1). */
export const DEFAULT_MIN_MEASURED = 0.5;
/** Stands in where no server configuration is at hand; the values are Datadog's defaults. */
const ASSUMED: Omit<KnownAnalysisProvider, 'name'> = { type: 'DATADOG', maxDelay: 20 * MINUTE, resolution: MINUTE };

/** Reads one metric of an ANALYSIS stage. `fallback` is the name of one that has none. */
export function readMetric(
  reader: Reader,
  value: unknown,
  path: Path,
  fallback: string,
  context: MetricContext,
): Metric | undefined {
  const fields = reader.read(metricShape, value, path);
  if (!fields) return undefined;
  const provider = findProvider(reader, fields, path, context.known);
  const source = provider?.type ?? ASSUMED.type;
  const settings = readSettings(reader, fields, path, fallback, context, provider);
  const texts = textsOf(reader, fields, path, source);
  if (!texts) return undefined;
  const compared = (fields.strategy ?? 'THRESHOLD') !== 'THRESHOLD' || testOf(fields, texts) !== 'EACH_POINT';
  const metric = compared
    ? readCompared(reader, fields, texts, path, context, settings)
    : readThreshold(reader, fields, texts, path, context, settings);
  if (metric) warnOfTexts(reader, fields, texts, path, metric, context);
  return provider && metric;
}

/** What all metrics have, however they are judged. */
function readSettings(
  reader: Reader,
  fields: MetricFields,
  path: Path,
  fallback: string,
  context: MetricContext,
  provider: KnownAnalysisProvider | undefined,
): Omit<ThresholdMetric, 'strategy' | 'expected' | 'query' | 'failureLimit'> {
  const settings = {
    ...written({ delay: fields.delay ?? provider?.delay }),
    maxDelay: reader.durationOr(provider?.maxDelay ?? ASSUMED.maxDelay, fields.maxDelay, [...path, 'maxDelay']),
    resolution: reader.durationOr(provider?.resolution ?? ASSUMED.resolution, fields.resolution, [
      ...path,
      'resolution',
    ]),
  };
  const windows = readWindows(reader, path, fields.interval, context.duration, settings.resolution);
  checkDelay(reader, path, settings);
  checkLimits(reader, path, fields, windows);
  const minMeasured = fields.minMeasured === undefined ? DEFAULT_MIN_MEASURED : fields.minMeasured / 100;
  return {
    name: fields.name ?? fallback,
    provider: fields.provider,
    source: provider?.type ?? ASSUMED.type,
    interval: fields.interval,
    skipOnNoData: fields.skipOnNoData ?? false,
    timeout: reader.durationOr(QUERY_TIMEOUT, fields.timeout, [...path, 'timeout']),
    ...settings,
    ...written({ emptyValue: fields.emptyValue }),
    minMeasured,
    // More windows than this that end in ERROR leave too few to be measured: the metric cannot pass any more.
    errorLimit: fields.errorLimit ?? Math.floor(windows * (1 - minMeasured)),
    dryRun: fields.dryRun ?? false,
  };
}

function readThreshold(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  context: MetricContext,
  settings: ReturnType<typeof readSettings>,
): ThresholdMetric | undefined {
  warnOfUnused(reader, fields, path);
  const expected = readExpected(reader, fields, path);
  const pipecd = texts.field === 'query';
  const queries = queriesFor(reader, fields, texts, path, pipecd ? PIPECD_SINGLE : CANARY, context);
  if (pipecd && /\{\{-?\s*\.Variant\.Name\b/.test(`${fields.query ?? ''} ${fields.watermark ?? ''}`)) {
    const message = '.Variant.Name is "primary" under THRESHOLD, as in PipeCD, even when the canary should be judged';
    reader.warning([...path, 'query'], message, 'Write the canary’s own name or target group.');
  }
  if (!expected) return undefined;
  const watermark = pipecd
    ? fields.watermark && renderFor(reader, fields, fields.watermark, [...path, 'watermark'], PIPECD_SINGLE, context)
    : queries.watermark;
  return {
    ...settings,
    strategy: 'THRESHOLD',
    test: 'EACH_POINT',
    query: queries.value ?? `${queries.errors ?? ''} / ${queries.requests ?? ''}`,
    expected,
    failureLimit: fields.failureLimit ?? 0,
    ...written({ consecutiveFailureLimit: fields.consecutiveFailureLimit, watermark }),
  };
}

/** What can be seen of the queries without asking them. */
function warnOfTexts(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  metric: ThresholdMetric | ComparedMetric,
  context: MetricContext,
): void {
  if (metric.source !== 'DATADOG' || texts.field === 'metric') return;
  if (texts.field === 'query' && (!isCompared(metric) || metric.kind === 'VALUE')) {
    warnOfQuery(reader, [...path, 'query'], metric.query, isCompared(metric) ? {} : context.targetGroups);
    warnOfQuotient(reader, [...path, 'query'], metric.query, fields.emptyValue);
    return;
  }
  if (!isCompared(metric)) return;
  for (const [name, query] of Object.entries(metric.canary)) {
    const at = texts.field === 'query' ? 'query' : name;
    warnOfQuery(reader, [...path, at], query, { canary: context.targetGroups.canary });
  }
}

function findProvider(
  reader: Reader,
  { provider: name }: MetricFields,
  path: Path,
  known: KnownProviders | undefined,
): KnownAnalysisProvider | undefined {
  if (!known) return { name, ...ASSUMED };
  const found = known.analysisProviders.find((provider) => provider.name === name);
  if (found) return found;
  const names = known.analysisProviders.map((provider) => provider.name);
  const add = `add "${name}" to analysisProviders in the server configuration`;
  const fix = names[0] === undefined ? `A${add.slice(1)}.` : `Write provider: ${names[0]}, or ${add}.`;
  reader.error([...path, 'provider'], notConfigured('analysis provider', name, names), fix);
  return undefined;
}

function readExpected(reader: Reader, { expected }: MetricFields, path: Path): ThresholdMetric['expected'] | undefined {
  const at = [...path, 'expected'];
  if (expected?.min === undefined && expected?.max === undefined) {
    reader.error(
      at,
      'neither min nor max is given: nothing would be judged',
      'Write expected: {max: 0.01}, for example.',
    );
    return undefined;
  }
  if (expected.min !== undefined && expected.max !== undefined && expected.min > expected.max) {
    reader.error(at, `min ${expected.min} is above max ${expected.max}: no value can pass`, 'Exchange them.');
  }
  return written({ min: expected.min, max: expected.max });
}

function warnOfUnused(reader: Reader, fields: MetricFields, path: Path): void {
  for (const field of ['deviation', 'canaryArgs', 'baselineArgs'] as const) {
    if (fields[field] === undefined) continue;
    reader.warning([...path, field], `${field} is not used by THRESHOLD`, 'Delete it.');
  }
}
