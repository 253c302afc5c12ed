import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { Millis } from '../model/duration.js';
import type { Metric } from '../model/metric.js';
import type { TargetGroup } from '../model/release.js';
import type { AnalysisTemplates } from './analysis-template.js';
import { readCompared } from './compared-metric.js';
import type { KnownProviders } from './known-providers.js';
import { metricShape } from './metric-fields.js';
import { checkQueries } from './metric-queries.js';
import { findProvider, readSettings } from './metric-settings.js';
import { compares, testOf, textsOf } from './metric-texts.js';
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
  const settings = readSettings(reader, fields, path, context.duration, provider, {
    name: fallback,
    limits: test !== 'SEQUENTIAL',
  });
  if (!texts) return undefined;
  const read = compares(fields) || test !== 'EACH_POINT' ? readCompared : readThreshold;
  const metric = read(reader, fields, texts, path, context, settings);
  if (metric) checkQueries(reader, fields, texts, path, metric, context);
  return provider && metric;
}
