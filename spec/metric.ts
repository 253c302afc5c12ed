import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Millis } from '../model/duration.js';
import type { Metric } from '../model/metric.js';
import { lookbackOf } from '../model/prometheus-query.js';
import type { TargetGroup } from '../model/release.js';
import type { AnalysisTemplates } from './analysis-template.js';
import { readCompared } from './compared-metric.js';
import type { KnownAnalysisProvider, KnownProviders } from './known-providers.js';
import { metricShape } from './metric-fields.js';
import type { MetricFields } from './metric-fields.js';
import { checkQueries } from './metric-queries.js';
import { findProvider, readSettings } from './metric-settings.js';
import { compares, testOf, textsOf } from './metric-texts.js';
import type { MetricTest, Texts } from './metric-texts.js';
import { readThreshold } from './threshold-metric.js';

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
  const source = provider?.type ?? 'DATADOG';
  const texts = textsOf(reader, fields, path, source);
  const test = texts && testOf(fields, texts);
  const settings = readSettings(reader, fields, path, context.duration, provider && bucketsFor(provider, texts, test), {
    name: fallback,
    limits: test !== 'SEQUENTIAL',
  });
  if (!texts) return undefined;
  if (!fitsStrategy(reader, fields, path)) return undefined;
  const read = compares(fields) || test !== 'EACH_POINT' ? readCompared : readThreshold;
  const metric = read(reader, fields, texts, path, context, settings);
  if (metric) checkQueries(reader, fields, texts, path, metric, context);
  return provider && metric;
}

/**
 * Evidence is gathered bucket by bucket, and none may hold what another one holds: a query that looks back further than the source's
 * buckets are long is asked in longer ones, unless the file gives the resolution.
 */
function bucketsFor(
  provider: KnownAnalysisProvider,
  texts: Texts | undefined,
  test: MetricTest | undefined,
): KnownAnalysisProvider {
  if (provider.type !== 'PROMETHEUS' || !texts || test === 'EACH_POINT') return provider;
  const lookbacks = Object.values(texts.texts).map((query) => lookbackOf(query) ?? 0);
  return { ...provider, resolution: Math.max(provider.resolution, ...lookbacks) };
}

/** How many hosts are unhealthy is mostly none, of which no ratio can be taken, and is no count among requests. */
function fitsStrategy(reader: Reader, fields: MetricFields, path: Path): boolean {
  const { metric, strategy = 'THRESHOLD', test } = fields;
  if (metric !== 'unhealthy-hosts' || (!compares(fields) && test !== 'SEQUENTIAL')) return true;
  const [field, said] = compares(fields) ? ['strategy', strategy] : ['test', 'SEQUENTIAL'];
  const message = `unhealthy-hosts cannot be judged by ${said}: it is mostly zero, of which no ratio can be taken`;
  reader.error([...path, field], message, 'Write strategy: THRESHOLD and expected: {max: 0}.');
  return false;
}
