import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import { ALB_NAMESPACE, neverReported } from '../model/cloudwatch-alb.js';
import {
  cloudWatchQuotient,
  metricTerms,
  parseCloudWatchQuery,
  problemInWords,
  withoutFill,
  type CloudWatchQuery,
} from '../model/cloudwatch-query.js';
import type { Term } from '../model/cloudwatch-term.js';
import type { TargetGroup } from '../model/release.js';
import { groupDimension } from './metric-variables.js';
import { proposeReadyMade } from './ready-made/proposal.js';

interface Groups {
  primary?: TargetGroup | undefined;
  canary?: TargetGroup | undefined;
}

/**
 * Checks what can be seen of a CloudWatch query without asking it: that it can be read and gives one series, that its load balancer's
 * metrics can have points, that it looks at the canary alone, and what a missing point of a quotient means.
 */
export function warnOfCloudWatchQuery(
  reader: Reader,
  path: Path,
  text: string,
  groups: Groups,
  emptyValue?: number,
): void {
  const query = parseCloudWatchQuery(text);
  if (query.kind === 'problem') {
    reader.error(path, `the query cannot be read at ${problemInWords(text, { ...query, fix: '' }).trim()}`, query.fix);
    return;
  }
  if (query.kind === 'insights' && query.groupBy !== undefined) {
    const message = `the query gives one series for each ${query.groupBy}; a verdict needs exactly one`;
    reader.error(path, message, `Delete GROUP BY ${query.groupBy}, or name one in WHERE.`);
  }
  for (const term of metricTerms(query)) {
    const never = neverReported(term);
    if (!never) continue;
    reader.error(path, never.message, never.fix);
    return;
  }
  if (groups.canary) warnOfMixedVersions(reader, path, query, groups.canary, groups.primary);
  warnOfQuotient(reader, path, query, emptyValue);
}

function groupOf({ dimensions }: Term): string | undefined {
  return dimensions.find(({ name }) => name === 'TargetGroup')?.value;
}

function warnOfMixedVersions(
  reader: Reader,
  path: Path,
  query: CloudWatchQuery,
  canary: TargetGroup,
  primary: TargetGroup | undefined,
): void {
  const own = `TargetGroup=${groupDimension(canary.targetGroupArn)}`;
  if (query.kind === 'insights') {
    if (query.namespace !== ALB_NAMESPACE || /\bTargetGroup\b\s*=/.test(query.text)) return;
    const message = 'this query mixes both versions: its WHERE names no target group';
    const fix = `Write SCHEMA("${ALB_NAMESPACE}", LoadBalancer, TargetGroup) WHERE ${own.replace('=', " = '")}'.`;
    reader.warning(path, message, proposeReadyMade([query.metric], fix));
    return;
  }
  const terms = metricTerms(query).filter(({ namespace }) => namespace === ALB_NAMESPACE);
  const names = terms.map(({ metric, stat }) => `${metric} ${stat}`);
  const mixed = terms.filter((term) => groupOf(term) === undefined);
  if (mixed.length > 0) {
    const wholeOnly = mixed.find(({ metric }) => metric.startsWith('HTTPCode_ELB_'))?.metric;
    const other = wholeOnly
      ? ` ${wholeOnly} is counted for the whole load balancer only: use HTTPCode_Target_5XX_Count.`
      : '';
    const message = 'this query mixes both versions: it has no dimension TargetGroup';
    reader.warning(path, message, proposeReadyMade(names, `Add ${own}.${other}`));
    return;
  }
  const old = primary && groupDimension(primary.targetGroupArn);
  if (old !== undefined && terms.length > 0 && terms.every((term) => groupOf(term) === old)) {
    const message = 'this query looks at the primary’s target group, where the old version runs';
    reader.warning(path, message, proposeReadyMade(names, `Write ${own}.`));
  }
}

function warnOfQuotient(reader: Reader, path: Path, query: CloudWatchQuery, emptyValue: number | undefined): void {
  const absence = withoutFill(query) === undefined ? cloudWatchQuotient(query)?.absence : undefined;
  if (absence === 'SEVERAL') {
    const message =
      'the numerator holds several metrics: where one of them has no point, CloudWatch gives none for the quotient, whatever the others count';
    reader.warning(path, message, 'Write FILL(…, 0) around each.');
  } else if (absence === 'OTHER_TAGS' && emptyValue === undefined) {
    const message =
      'the two sides of the quotient have other dimensions: a window in which the numerator has no point is not taken as zero, for the dimensions may be mistyped';
    reader.warning(path, message, 'Write the same dimensions on both sides or, if no point means none, emptyValue: 0.');
  }
}
