import { hasErrors } from '../document/check.js';
import { readerOf } from '../document/reader.js';
import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import type { Finding } from '../model/finding.js';
import type { ComparedMetric, MetricStrategy, Variant, VariantQueries } from '../model/metric.js';
import { checkCompared, deviationOf, refuseSame } from './comparison-checks.js';
import type { MetricContext } from './metric.js';
import type { MetricFields } from './metric-fields.js';
import type { Settings } from './metric-settings.js';
import { queriesFor, queryText, testOf, type Texts } from './metric-texts.js';
import { CANARY, PIPECD_SINGLE } from './metric-variables.js';

/** PipeCD's level of the test, for each window (pipecd.md §2.5). */
const MANN_WHITNEY_ALPHA = 0.05;
/** A latency differs by less between two equal versions (verdicts.md §6, settings). */
export const VALUE_TOLERANCE = 1.05;

const REFERENCE: Readonly<Record<MetricStrategy, Exclude<Variant, 'canary'> | undefined>> = {
  THRESHOLD: undefined,
  PREVIOUS: 'previous',
  CANARY_BASELINE: 'baseline',
  CANARY_PRIMARY: 'primary',
};

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
    const fix = 'Delete it, or write strategy: THRESHOLD with expected.';
    reader.error([...path, 'test'], `EACH_POINT compares nothing, and the strategy is ${strategy}`, fix);
    return undefined;
  }
  const deviation = deviationOf(reader, fields, texts, path);
  const planned = { ...settings, stage: context.duration, deviation };
  if (!checkCompared(reader, fields, texts, test, path, planned)) return undefined;
  const variant = REFERENCE[strategy];
  const single = strategy === 'PREVIOUS' && texts.field === 'query';
  const canary = queriesFor(reader, fields, texts, path, single ? PIPECD_SINGLE : CANARY, context);
  const asked = variant !== undefined && variant !== 'previous';
  const queries = asked ? queriesFor(reader, fields, texts, path, { variant, named: variant }, context) : {};
  // A source that asks the tasks themselves tells the versions apart without being told.
  if (asked && settings.source !== 'TASKS') {
    refuseSame(reader, fields, texts, path, [canary, queries], context.known !== undefined);
  }
  const history =
    variant === 'baseline' && test === 'SEQUENTIAL' ? historyQueries(reader, fields, texts, path, context) : undefined;
  const expected = written({ min: fields.expected?.min, max: fields.expected?.max });
  const usual = texts.kind === 'VALUE' && test === 'SEQUENTIAL' ? VALUE_TOLERANCE : 1;
  const byWindow = test === 'MANN_WHITNEY';
  return {
    ...settings,
    strategy,
    test,
    kind: texts.kind,
    query: queryText(canary),
    canary,
    ...(variant && { reference: { variant, queries } }),
    ...(history && { history }),
    deviation,
    tolerance: fields.tolerance ?? usual,
    // The stage shares its budget out when it knows all of its metrics.
    alpha: MANN_WHITNEY_ALPHA,
    failureLimit: byWindow ? (fields.failureLimit ?? 0) : 0,
    ...(Object.keys(expected).length > 0 && { expected }),
    ...written({
      consecutiveFailureLimit: byWindow ? fields.consecutiveFailureLimit : undefined,
      minRequests: fields.minRequests,
      minPoints: fields.minPoints,
    }),
    ...(fields.onNoPrevious === 'PASS' && { onNoPrevious: 'PASS' as const }),
  };
}

/** The baseline's queries as they are for the primary; none where they name what only the baseline has. */
function historyQueries(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  context: MetricContext,
): VariantQueries | undefined {
  const findings: Finding[] = [];
  const quiet = readerOf(reader.document, findings);
  const queries = queriesFor(quiet, fields, texts, path, { variant: 'primary', named: 'primary' }, context);
  return hasErrors(findings) ? undefined : queries;
}
