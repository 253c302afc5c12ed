import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { formatDuration, type Millis } from '../model/duration.js';
import type { ComparedMetric, Deviation, SeriesName, VariantQueries } from '../model/metric.js';
import type { MetricFields } from './metric-fields.js';
import { compares, fieldOf, type Texts } from './metric-texts.js';

/** A latency is compared in at least as many pairs of buckets before it may pass (verdicts.md §6, rule 9). */
const FEWEST_PAIRS = 10;
/**
 * With fewer points of each version no data whatsoever brings p to 0.05: of the 20 ways to mix three and three, one is the worst for one
 * direction, and two are for either.
 */
const FEWEST_POINTS: Readonly<Record<Deviation, number>> = { HIGH: 3, LOW: 3, EITHER: 4 };
/** Nobody means a canary that may be three times as bad; a percentage without its sign is meant. */
const LARGE_TOLERANCE = 3;

/** How long a metric is looked at, and for which difference. */
interface Planned {
  interval: Millis;
  resolution: Millis;
  stage: Millis;
  deviation: Deviation;
}

/** Says what of a compared metric is impossible, or cannot have been meant. @returns whether it can be judged at all */
export function checkCompared(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  test: ComparedMetric['test'],
  path: Path,
  planned: Planned,
): boolean {
  if (!compares(fields) && !canBeJudgedAlone(reader, fields, texts, test, path)) return false;
  checkBounds(reader, fields, texts, test, path);
  warnOfUnused(reader, fields, texts, test, path);
  warnOfTooFew(reader, texts, test, path, planned);
  const { tolerance } = fields;
  if (tolerance !== undefined && tolerance > LARGE_TOLERANCE) {
    const message = `tolerance ${tolerance} lets the canary be ${tolerance} times as bad`;
    reader.warning([...path, 'tolerance'], message, `Write ${tolerance}% if a percentage is meant.`);
  }
  return true;
}

function canBeJudgedAlone(
  reader: Reader,
  { expected }: MetricFields,
  { kind }: Texts,
  test: ComparedMetric['test'],
  path: Path,
): boolean {
  if (test === 'MANN_WHITNEY') {
    const message = 'MANN_WHITNEY compares two versions, and THRESHOLD has one';
    reader.error([...path, 'test'], message, 'Write strategy: CANARY_PRIMARY.');
    return false;
  }
  if (kind === 'VALUE') {
    const message = 'SEQUENTIAL judges a ratio of two counts, and this is a value';
    reader.error([...path, 'test'], message, 'Write errors: and requests:, or delete test.');
    return false;
  }
  if (expected?.max === undefined) {
    const message = 'max is not given: no rate of errors would be too high';
    reader.error([...path, 'expected'], message, 'Write expected: {max: 0.01}.');
    return false;
  }
  return true;
}

function checkBounds(
  reader: Reader,
  fields: MetricFields,
  { kind }: Texts,
  test: ComparedMetric['test'],
  path: Path,
): void {
  const { expected } = fields;
  if (!expected) return;
  const at = [...path, 'expected'];
  if (kind !== 'COUNTS' || test !== 'SEQUENTIAL') {
    const fix = 'Delete it, or add a metric with THRESHOLD.';
    reader.warning(at, 'expected is not used: two versions are compared', fix);
    return;
  }
  const { min, max } = expected;
  if (max !== undefined && (max <= 0 || max >= 1)) {
    const message = `max ${max} is no share of the requests`;
    if (compares(fields)) {
      reader.warning([...at, 'max'], `${message} and is not used`, 'Write a number between 0 and 1: 0.01.');
    } else {
      const fix = 'Write a number between 0 and 1, such as 0.01, or test: EACH_POINT.';
      reader.error([...at, 'max'], message, fix);
    }
  }
  if (min !== undefined) reader.warning([...at, 'min'], 'min is not used for a rate of errors', 'Delete it.');
}

/** Says of each field that nothing will read it, and why. */
export function unusedBy(reader: Reader, fields: MetricFields, path: Path) {
  return (field: keyof MetricFields, why: string): void => {
    if (fields[field] === undefined) return;
    reader.warning([...path, field], `${field} is not used: ${why}`, 'Delete it.');
  };
}

function warnOfUnused(
  reader: Reader,
  fields: MetricFields,
  { kind, field }: Texts,
  test: ComparedMetric['test'],
  path: Path,
): void {
  const { strategy = 'THRESHOLD' } = fields;
  const unused = unusedBy(reader, fields, path);
  if (test === 'SEQUENTIAL') {
    unused('failureLimit', 'the evidence of all windows is judged together');
    unused('consecutiveFailureLimit', 'the evidence of all windows is judged together');
  }
  if (kind === 'VALUE' || test === 'MANN_WHITNEY') unused('minRequests', 'no requests are counted here; minPoints is');
  if (kind === 'COUNTS') {
    unused('watermark', 'the requests show that data flows');
    unused('emptyValue', 'no errors are none where there are requests');
  }
  if (strategy !== 'CANARY_BASELINE') unused('baselineArgs', `${strategy} asks for no baseline`);
  // PipeCD renders a query that it asks once as the primary's.
  const single = strategy === 'PREVIOUS' && field === 'query';
  if (single) unused('canaryArgs', 'PREVIOUS takes primaryArgs, as in PipeCD');
  if (strategy !== 'CANARY_PRIMARY' && !single) unused('primaryArgs', `${strategy} asks for no primary`);
  if (strategy !== 'PREVIOUS') unused('onNoPrevious', 'only PREVIOUS compares with an earlier deployment');
  if (strategy === 'THRESHOLD') {
    unused('deviation', 'THRESHOLD has bounds');
    unused('tolerance', 'THRESHOLD has bounds');
  }
}

/** Warns of a stage so short that its honest end can only be "not enough data". */
function warnOfTooFew(
  reader: Reader,
  { kind }: Texts,
  test: ComparedMetric['test'],
  path: Path,
  { interval, resolution, stage, deviation }: Planned,
): void {
  if (test === 'MANN_WHITNEY') {
    const points = Math.floor(interval / resolution);
    const fewest = FEWEST_POINTS[deviation];
    if (points >= fewest || points === 0) return;
    const message = `a window has ${points} points of each version: whatever their values, the test cannot fail with fewer than ${fewest}`;
    const fix = `Write interval: ${formatDuration(fewest * resolution)} or longer.`;
    reader.warning([...path, 'interval'], message, fix);
    return;
  }
  const pairs = Math.floor(stage / resolution);
  if (kind === 'COUNTS' || pairs >= FEWEST_PAIRS) return;
  const message = `the stage has ${pairs} buckets of ${formatDuration(resolution)}: with fewer than ${FEWEST_PAIRS} a value can never pass`;
  reader.warning(path, message, `Make the stage ${formatDuration(FEWEST_PAIRS * resolution)} long or longer.`);
}

/** Refuses a query that asks the same of both versions. Where the provider is not known it may be one that tells them apart by itself. */
export function refuseSame(
  reader: Reader,
  fields: MetricFields,
  texts: Texts,
  path: Path,
  [canary, reference]: readonly [VariantQueries, VariantQueries],
  known: boolean,
): void {
  for (const name of ['value', 'errors', 'requests'] satisfies SeriesName[]) {
    if (canary[name] === undefined || canary[name] !== reference[name]) continue;
    const what = texts.field === 'errors' ? `the query ${name} is` : 'the query is';
    const message = `${what} the same for both versions: it would be compared with itself`;
    const fix = 'Filter by {{ .Variant.TargetGroup }} or {{ .Variant.Name }}, or write metric: http-5xx-rate.';
    const at = [...path, fieldOf(fields, texts, name)];
    if (known) reader.error(at, message, fix);
    else reader.warning(at, message, fix);
    return;
  }
}

/** Which difference is a bad one, where the file does not say it. */
export function deviationOf(reader: Reader, fields: MetricFields, { kind }: Texts, path: Path): Deviation {
  if (fields.deviation) return fields.deviation;
  if (kind === 'COUNTS') return 'HIGH';
  if (fields.metric !== undefined) return fields.metric === 'requests' ? 'LOW' : 'HIGH';
  const message = 'deviation is not given: as in PipeCD, a canary that is better also rolls back';
  reader.warning([...path, 'strategy'], message, 'Write deviation: HIGH where higher is worse, LOW where lower is.');
  return 'EITHER';
}
