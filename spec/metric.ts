import { z } from 'zod';
import { duration, percentage, text } from '../document/scalars.js';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import { MINUTE, SECOND } from '../model/duration.js';
import type { Millis } from '../model/duration.js';
import type { Metric } from '../model/metric.js';
import type { TargetGroup } from '../model/release.js';
import { notConfigured } from './known-providers.js';
import type { KnownAnalysisProvider, KnownProviders } from './known-providers.js';
import { warnOfQuery } from './metric-query.js';
import { warnOfQuotient } from './metric-quotient.js';
import { checkDelay, checkLimits, readWindows } from './metric-windows.js';
import { renderQuery } from './query-template.js';
import type { QueryVariables } from './query-template.js';

/** What a metric is read against. */
export interface MetricContext {
  app: string;
  appCustomArgs: Readonly<Record<string, string>>;
  /** Undefined when no server configuration is at hand: then names of providers are not checked. */
  known: KnownProviders | undefined;
  /** The stage's, to plan the windows. */
  duration: Millis;
  targetGroups: { primary?: TargetGroup | undefined; canary?: TargetGroup | undefined };
}

const QUERY_TIMEOUT = 30 * SECOND;
const DEFAULT_MIN_MEASURED = 0.5;
const LONGEST_QUERY = 10_000;
/** Stands in where no server configuration is at hand; the values are Datadog's defaults. */
const ASSUMED: Omit<KnownAnalysisProvider, 'name'> = { type: 'DATADOG', maxDelay: 20 * MINUTE, resolution: MINUTE };

/** Strategies of PipeCD that this version does not have. */
const COMPARING = ['PREVIOUS', 'CANARY_BASELINE', 'CANARY_PRIMARY'];

const args = z.record(z.string(), text).optional();
const count = z.int().min(0).optional();

const head = z.object({ strategy: z.string().optional(), template: z.unknown().optional() });

const query = z
  .string()
  .max(LONGEST_QUERY)
  .refine((written) => written.trim() !== '', { error: 'must not be empty' });

const shape = z.object({
  name: z
    .string()
    .regex(/^[\w.-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, dots, dashes or underscores' })
    .optional(),
  strategy: z.string().optional(),
  provider: z.string().min(1),
  query,
  expected: z.object({ min: z.number().optional(), max: z.number().optional() }).optional(),
  interval: duration,
  failureLimit: count,
  consecutiveFailureLimit: z.int().min(1).optional(),
  skipOnNoData: z.boolean().optional(),
  timeout: duration.optional(),
  deviation: z.string().optional(),
  canaryArgs: args,
  baselineArgs: args,
  primaryArgs: args,
  delay: duration.optional(),
  maxDelay: duration.optional(),
  resolution: duration.optional(),
  watermark: query.optional(),
  emptyValue: z.number().optional(),
  minMeasured: percentage.optional(),
  errorLimit: count,
  dryRun: z.boolean().optional(),
});

type Fields = z.output<typeof shape>;

/** Reads one metric of an ANALYSIS stage. `index` gives the name of one that has none. */
export function readMetric(
  reader: Reader,
  value: unknown,
  path: Path,
  index: number,
  context: MetricContext,
): Metric | undefined {
  if (refusedKind(reader, value, path)) return undefined;
  const fields = reader.read(shape, value, path);
  if (!fields) return undefined;
  const provider = findProvider(reader, fields, path, context.known);
  const expected = readExpected(reader, fields, path);
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
  warnOfUnused(reader, fields, path);
  const query = render(reader, fields, 'query', path, context) ?? '';
  const watermark = render(reader, fields, 'watermark', path, context);
  warnOfQuery(reader, [...path, 'query'], query, context.targetGroups);
  warnOfQuotient(reader, [...path, 'query'], query, fields.emptyValue);
  if (!provider || !expected) return undefined;
  const minMeasured = fields.minMeasured === undefined ? DEFAULT_MIN_MEASURED : fields.minMeasured / 100;
  return {
    strategy: 'THRESHOLD',
    name: fields.name ?? `metrics-${index}`,
    provider: fields.provider,
    source: provider.type,
    query,
    expected,
    interval: fields.interval,
    failureLimit: fields.failureLimit ?? 0,
    skipOnNoData: fields.skipOnNoData ?? false,
    timeout: reader.durationOr(QUERY_TIMEOUT, fields.timeout, [...path, 'timeout']),
    ...settings,
    ...written({ consecutiveFailureLimit: fields.consecutiveFailureLimit, watermark, emptyValue: fields.emptyValue }),
    minMeasured,
    // More windows than this that end in ERROR leave too few to be measured: the metric cannot pass any more.
    errorLimit: fields.errorLimit ?? Math.floor(windows * (1 - minMeasured)),
    dryRun: fields.dryRun ?? false,
  };
}

/** Kinds of metrics that this version does not have: said once, instead of every field that they lack. */
function refusedKind(reader: Reader, value: unknown, path: Path): boolean {
  const kind = reader.read(head, value, path, { tolerates: () => true });
  if (!kind) return true;
  if (kind.template !== undefined) {
    reader.error([...path, 'template'], 'analysis templates are not supported yet', 'Write the metric’s fields here.');
    return true;
  }
  const { strategy } = kind;
  if (strategy === undefined || strategy === 'THRESHOLD') return false;
  const message = COMPARING.includes(strategy)
    ? `the strategy ${strategy} is not supported yet`
    : `there is no strategy ${strategy}`;
  reader.error([...path, 'strategy'], message, 'This version has THRESHOLD.');
  return true;
}

function findProvider(
  reader: Reader,
  { provider: name }: Fields,
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

function readExpected(reader: Reader, { expected }: Fields, path: Path): Metric['expected'] | undefined {
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

function warnOfUnused(reader: Reader, fields: Fields, path: Path): void {
  for (const field of ['deviation', 'canaryArgs', 'baselineArgs'] as const) {
    if (fields[field] === undefined) continue;
    reader.warning([...path, field], `${field} is not used by THRESHOLD`, 'Delete it.');
  }
}

/** The text of a field with its variables put in; THRESHOLD asks for the variant `primary`, with `primaryArgs`, as PipeCD does. */
function render(
  reader: Reader,
  fields: Fields,
  field: 'query' | 'watermark',
  path: Path,
  context: MetricContext,
): string | undefined {
  const template = fields[field];
  if (template === undefined) return undefined;
  const variables: QueryVariables = {
    App: { Name: context.app, Env: '' },
    K8s: { Namespace: '' },
    Variant: { Name: 'primary' },
    VariantCustomArgs: fields.primaryArgs ?? {},
    AppCustomArgs: context.appCustomArgs,
  };
  const { query, problems } = renderQuery(template, variables);
  for (const problem of problems) {
    reader.error([...path, field], problem, 'Write the value itself, or a path that has one.');
  }
  if (/\{\{-?\s*\.Variant\.Name\b/.test(template)) {
    const message = '.Variant.Name is "primary" under THRESHOLD, as in PipeCD, even when the canary should be judged';
    reader.warning([...path, field], message, 'Write the canary’s own name or target group.');
  }
  return query.trim();
}
