import type { Reader } from '../document/reader.js';
import { written } from '../document/written.js';
import type { Path } from '../document/yaml.js';
import type { ThresholdMetric, VariantQueries } from '../model/metric.js';
import { unusedBy } from './comparison-checks.js';
import type { MetricContext } from './metric.js';
import type { MetricFields } from './metric-fields.js';
import type { Settings } from './metric-settings.js';
import { queriesFor, queryText, type Texts } from './metric-texts.js';
import { CANARY, PIPECD_SINGLE, renderFor } from './metric-variables.js';

/** A metric of which each point must be inside bounds: PipeCD's THRESHOLD. @param settings what all metrics have, read already */
export function readThreshold(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  context: MetricContext,
  settings: Settings,
): ThresholdMetric | undefined {
  warnOfUnused(reader, fields, texts, path);
  const expected = readExpected(reader, fields, path);
  const subject = texts.field === 'query' ? PIPECD_SINGLE : CANARY;
  const queries = queriesFor(reader, fields, texts, path, subject, context);
  const given =
    fields.watermark && renderFor(reader, fields, fields.watermark, [...path, 'watermark'], subject, context);
  if (!expected) return undefined;
  return {
    ...settings,
    strategy: 'THRESHOLD',
    test: 'EACH_POINT',
    query: queryText(queries),
    expected,
    failureLimit: fields.failureLimit ?? 0,
    ...flowOf(settings, texts, given, queries),
    ...written({ consecutiveFailureLimit: fields.consecutiveFailureLimit }),
  };
}

/**
 * How it is seen that data flows, where the source does not see it in the query itself. Prometheus does not divide what is not there:
 * no errors are none as long as requests are counted, and said to be where the metric's names are known to be right.
 */
function flowOf(
  { source, emptyValue }: Settings,
  { kind, field }: Texts,
  given: string | undefined,
  { watermark, requests }: VariantQueries,
): Partial<Pick<ThresholdMetric, 'watermark' | 'emptyValue'>> {
  const own = given ?? (field === 'metric' ? watermark : undefined);
  if (kind === 'VALUE' || source !== 'PROMETHEUS') return written({ watermark: own });
  return written({ watermark: own ?? requests, emptyValue: emptyValue ?? (field === 'metric' ? 0 : undefined) });
}

function readExpected(reader: Reader, { expected }: MetricFields, path: Path): ThresholdMetric['expected'] | undefined {
  const at = [...path, 'expected'];
  if (expected?.min === undefined && expected?.max === undefined) {
    const message = 'neither min nor max is given: nothing would be judged';
    reader.error(at, message, 'Write expected: {max: 0.01}, for example.');
    return undefined;
  }
  if (expected.min !== undefined && expected.max !== undefined && expected.min > expected.max) {
    reader.error(at, `min ${expected.min} is above max ${expected.max}: no value can pass`, 'Exchange them.');
  }
  return written({ min: expected.min, max: expected.max });
}

function warnOfUnused(reader: Reader, fields: MetricFields, { field }: Texts, path: Path): void {
  const unused = unusedBy(reader, fields, path);
  for (const other of ['deviation', 'tolerance', 'baselineArgs', 'onNoPrevious'] as const) {
    unused(other, 'THRESHOLD compares nothing');
  }
  unused('minRequests', 'each point is judged by itself');
  unused('minPoints', 'each point is judged by itself; minMeasured counts windows');
  if (field === 'query') unused('canaryArgs', 'THRESHOLD takes primaryArgs, as in PipeCD');
  else unused('primaryArgs', 'the canary is asked for');
}
