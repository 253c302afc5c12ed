import type { Absence } from '../model/datadog-query.js';
import type { MetricSource } from '../model/metric.js';

type Advice = Readonly<Record<Exclude<Absence, 'ZERO'>, string>>;

const DATADOG: Advice = {
  GAUGES: 'The denominator has: if no point means none, write .as_count() on both sides, or emptyValue: 0.',
  SEVERAL:
    'The denominator has. The numerator holds several queries, and one without a point hides the others: write default_zero(…) around each.',
  OTHER_TAGS:
    'The denominator has, under other tags, so that nothing shows that the numerator’s are right: write the same on both sides or, if no point means none, emptyValue: 0.',
};

const CLOUDWATCH: Advice = {
  GAUGES: 'The denominator has: if no point means none, write Sum: or SampleCount: on both sides, or emptyValue: 0.',
  SEVERAL:
    'The denominator has. The numerator holds several metrics, and one without a point hides the others: write FILL(…, 0) around each.',
  OTHER_TAGS:
    'The denominator has, under other dimensions, so that nothing shows that the numerator’s are right: write the same on both sides or, if no point means none, emptyValue: 0.',
};

/** What to write, in the source's own language, where a quotient has no point although its denominator has some. */
export function adviceOnAbsence(source: MetricSource, absence: Absence): string {
  if (absence === 'ZERO') return '';
  return (source === 'CLOUDWATCH' ? CLOUDWATCH : DATADOG)[absence];
}
