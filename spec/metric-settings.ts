import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE, SECOND, type Millis } from '../model/duration.js';
import type { ThresholdMetric } from '../model/metric.js';
import type { KnownAnalysisProvider } from './known-providers.js';
import { notConfigured, type KnownProviders } from './known-providers.js';
import type { MetricFields } from './metric-fields.js';
import { checkDelay, checkLimits, readWindows } from './metric-windows.js';

/** What all metrics have, however they are judged. */
export type Settings = Omit<
  ThresholdMetric,
  'strategy' | 'test' | 'expected' | 'http' | 'query' | 'watermark' | 'failureLimit' | 'consecutiveFailureLimit'
>;

/** PipeCD's (pipecd.md §1.5). */
export const QUERY_TIMEOUT = 30 * SECOND;
/** Share of the planned windows (0 to 1). */
export const DEFAULT_MIN_MEASURED = 0.5;
/** Stands in where no server configuration is at hand; the values are Datadog's defaults. */
const ASSUMED: Omit<KnownAnalysisProvider, 'name'> = { type: 'DATADOG', maxDelay: 20 * MINUTE, resolution: MINUTE };

/** The fields that a check of any kind may have. */
export type CommonFields = Pick<
  MetricFields,
  | 'name'
  | 'interval'
  | 'failureLimit'
  | 'consecutiveFailureLimit'
  | 'skipOnNoData'
  | 'timeout'
  | 'minMeasured'
  | 'errorLimit'
  | 'dryRun'
>;

/** Reads what every check has: its windows, and what becomes of those that could not be measured. */
export function readCommon(
  reader: Reader,
  fields: CommonFields,
  path: Path,
  stage: Millis,
  given: Pick<Settings, 'provider' | 'source' | 'delay' | 'maxDelay' | 'resolution'> & { name: string },
): Settings & { windows: number } {
  const windows = readWindows(reader, path, fields.interval, stage, given.resolution);
  checkDelay(reader, path, given);
  const minMeasured = fields.minMeasured === undefined ? DEFAULT_MIN_MEASURED : fields.minMeasured / 100;
  return {
    ...given,
    name: fields.name ?? given.name,
    interval: fields.interval,
    skipOnNoData: fields.skipOnNoData ?? false,
    timeout: reader.durationOr(QUERY_TIMEOUT, fields.timeout, [...path, 'timeout']),
    minMeasured,
    // More windows than this that end in ERROR leave too few to be measured: the metric cannot pass any more.
    errorLimit: fields.errorLimit ?? Math.floor(windows * (1 - minMeasured)),
    dryRun: fields.dryRun ?? false,
    windows,
  };
}

/** What a metric has besides what is judged. @param provider undefined when it is not configured, which was said */
export function readSettings(
  reader: Reader,
  fields: MetricFields,
  path: Path,
  stage: Millis,
  provider: KnownAnalysisProvider | undefined,
  { name, limits }: { name: string; limits: boolean },
): Settings {
  const { maxDelay, resolution, type } = provider ?? ASSUMED;
  const { windows, ...settings } = readCommon(reader, fields, path, stage, {
    name,
    provider: fields.provider,
    source: type,
    ...written({ delay: fields.delay ?? provider?.delay }),
    maxDelay: reader.durationOr(maxDelay, fields.maxDelay, [...path, 'maxDelay']),
    resolution: reader.durationOr(resolution, fields.resolution, [...path, 'resolution']),
  });
  if (limits) checkLimits(reader, path, fields, windows);
  return { ...settings, ...written({ emptyValue: fields.emptyValue }) };
}

/** The provider that a metric names. @returns undefined when it is not configured, which is said */
export function findProvider(
  reader: Reader,
  { provider: name }: Pick<MetricFields, 'provider'>,
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
