import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { formatDuration } from '../model/duration.js';
import { factors, isNumber } from '../model/expression.js';
import { isCompared, type Metric } from '../model/metric.js';
import {
  brokenPart,
  denominatorOf,
  ratesEachSeries,
  lookbackOf,
  selectorsOf,
  severalBy,
  withoutDefaults,
} from '../model/prometheus-query.js';
import type { TargetGroup } from '../model/release.js';
import { groupDimension } from './metric-variables.js';
import { grammarMistake } from './promql-grammar.js';
import { proposeReadyMade } from './ready-made/proposal.js';

interface Groups {
  primary?: TargetGroup | undefined;
  canary?: TargetGroup | undefined;
}

/** How yet-another-cloudwatch-exporter calls a load balancer's metrics, and the label of a target group. */
const LOAD_BALANCER_METRIC = /^aws_applicationelb_/;
const GROUP_LABEL = /^dimension_TargetGroup$/i;

/**
 * Checks what can be seen of a query in PromQL without asking it: that it is whole and in the grammar, gives one series, looks back no further than each of its
 * values may, and looks at the canary alone.
 */
export function warnOfPrometheusQuery(
  reader: Reader,
  path: Path,
  query: string,
  metric: Pick<Metric, 'interval' | 'resolution' | 'emptyValue' | 'test'>,
  groups: Groups,
): void {
  const broken = brokenPart(query);
  if (broken !== undefined) {
    reader.error(path, `the query cannot be read: ${broken}`, 'Close what is open.');
    return;
  }
  // No error: what speaks Prometheus's API may know more functions than Prometheus does.
  const mistake = grammarMistake(query);
  if (mistake) reader.warning(path, `${mistake.message}: Prometheus would refuse the query`, mistake.fix);
  const several = severalBy(query);
  if (several !== undefined) {
    const message = `the query gives one series for each group (${several}); a verdict needs exactly one`;
    reader.error(path, message, `Delete ${several}, or filter for the one that should be judged.`);
  } else if (ratesEachSeries(query)) {
    const message =
      'nothing makes one series of what the query selects: where there are several, no window can be judged';
    reader.warning(path, message, 'Write sum(…), avg(…) or max(…) around it.');
  }
  checkLookback(reader, path, query, metric);
  if (groups.canary) warnOfMixedVersions(reader, path, query, groups.canary, groups.primary);
  if (!isCompared(metric as Metric)) warnOfQuotient(reader, path, query, metric.emptyValue);
}

/** What the source would refuse at the first window. */
function checkLookback(
  reader: Reader,
  path: Path,
  query: string,
  metric: Pick<Metric, 'interval' | 'resolution' | 'test'>,
): void {
  const back = lookbackOf(query);
  if (back === undefined) {
    const message = 'the query moves its values in time, by @ or a negative offset: they do not belong to the window';
    reader.error(path, message, 'Delete that.');
    return;
  }
  const looks = formatDuration(back);
  if (isCompared(metric as Metric) && back > metric.resolution) {
    const message = `the query looks back ${looks} from each bucket of ${formatDuration(metric.resolution)}: what happened once would be counted several times`;
    reader.error(path, message, `Write resolution: ${looks}, or delete resolution.`);
  } else if (back > metric.interval) {
    const message = `the query looks back ${looks} and its windows are ${formatDuration(metric.interval)} long: each value would hold what was before the window`;
    reader.error(path, message, `Write interval: ${looks} or longer, or a shorter range in the query.`);
  }
}

function warnOfMixedVersions(
  reader: Reader,
  path: Path,
  query: string,
  canary: TargetGroup,
  primary: TargetGroup | undefined,
): void {
  const selectors = selectorsOf(query).filter(({ name }) => name !== undefined && LOAD_BALANCER_METRIC.test(name));
  const names = selectors.map(({ name = '' }) => name.replace(LOAD_BALANCER_METRIC, ''));
  const own = `dimension_TargetGroup="${groupDimension(canary.targetGroupArn)}"`;
  const groupsOf = selectors.map(({ matchers }) => matchers.find(({ label }) => GROUP_LABEL.test(label)));
  if (groupsOf.includes(undefined)) {
    const message = 'this query mixes both versions: it selects no target group';
    reader.warning(path, message, proposeReadyMade(names, `Add ${own}.`));
    return;
  }
  const old = primary && groupDimension(primary.targetGroupArn);
  if (old !== undefined && groupsOf.length > 0 && groupsOf.every((matcher) => matcher?.value === old)) {
    const message = 'this query looks at the primary’s target group, where the old version runs';
    reader.warning(path, message, proposeReadyMade(names, `Write ${own}.`));
  }
}

/** Prometheus does not divide what is not there: a service without errors has no series of them. */
function warnOfQuotient(reader: Reader, path: Path, query: string, emptyValue: number | undefined): void {
  if (emptyValue !== undefined || withoutDefaults(query) !== undefined || denominatorOf(query) !== undefined) return;
  const parts = factors(query)?.filter(({ text }) => !isNumber(text)) ?? [];
  if (!parts.some(({ inverse }) => inverse)) return;
  const message =
    'the numerator of the quotient is no part of its denominator, as far as can be seen: a window in which it has no point is not taken as zero';
  reader.warning(
    path,
    message,
    'Count both with sum(rate(…)) of the same metric or labels or, if no point means none, write emptyValue: 0.',
  );
}
