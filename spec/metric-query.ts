import type { Reader } from '../document/reader.js';
import type { Path } from '../document/yaml.js';
import type { TargetGroup } from '../model/release.js';
import { groupDimension } from './metric-variables.js';
import { proposeReadyMade } from './ready-made/proposal.js';

/** Metrics of a load balancer: CloudWatch's, under the names that Datadog gives them. */
const LOAD_BALANCER_METRIC = /\baws\.applicationelb\.([a-z0-9_.]+)\s*\{([^}]*)\}/g;
/** ALB counts these per load balancer and never per target group. */
const WHOLE_LOAD_BALANCER_ONLY = /^httpcode_elb_/;
const GROUPED = /\}\s*by\s*\{\s*([^}]+?)\s*\}/i;

interface Groups {
  primary?: TargetGroup | undefined;
  canary?: TargetGroup | undefined;
}

/** Checks what can be seen of a Datadog query without asking it: that it gives one series, and that it looks at the canary alone. */
export function warnOfQuery(reader: Reader, path: Path, query: string, groups: Groups): void {
  const by = GROUPED.exec(query)?.[1];
  if (by !== undefined) {
    const message = `the query gives one series for each ${by}; a verdict needs exactly one`;
    reader.error(path, message, `Delete "by {${by}}", or filter for the one that should be judged.`);
  }
  refuseTargetGroupOfWhole(reader, path, query);
  if (groups.canary) warnOfMixedVersions(reader, path, query, groups.canary, groups.primary);
}

/** Such a query never has a point, and a quotient would take that for no errors. */
function refuseTargetGroupOfWhole(reader: Reader, path: Path, query: string): void {
  for (const [, name = '', filter = ''] of query.matchAll(LOAD_BALANCER_METRIC)) {
    if (!WHOLE_LOAD_BALANCER_ONLY.test(name) || !/(^|[\s,(])targetgroup:/i.test(filter)) continue;
    const message = `aws.applicationelb.${name} is counted for the whole load balancer: with a target group among its filters it never has a point`;
    reader.error(path, message, 'Write httpcode_target_5xx, which each target group has.');
    return;
  }
}

function warnOfMixedVersions(
  reader: Reader,
  path: Path,
  query: string,
  canary: TargetGroup,
  primary: TargetGroup | undefined,
): void {
  const metrics = [...query.matchAll(LOAD_BALANCER_METRIC)].map(([, name = '', filter = '']) => ({ name, filter }));
  const mixed = metrics.filter(({ filter }) => !/\btargetgroup:/i.test(filter));
  const [first] = mixed;
  const own = filterOf(canary);
  if (first) {
    const wholeOnly = mixed.find(({ name }) => WHOLE_LOAD_BALANCER_ONLY.test(name));
    const other = wholeOnly
      ? ` ${wholeOnly.name} is counted for the whole load balancer only: use httpcode_target_5xx.`
      : '';
    const message = 'this query mixes both versions: it has no filter on one target group';
    const fix = `Add ${own} to the filters.${other}`;
    const names = metrics.map(({ name }) => name);
    reader.warning(path, message, proposeReadyMade(names, fix));
    return;
  }
  const old = primary && filterOf(primary);
  if (old !== undefined && metrics.length > 0 && metrics.every(({ filter }) => filter.includes(old))) {
    reader.warning(
      path,
      'this query looks at the primary’s target group, where the old version runs',
      proposeReadyMade(
        metrics.map(({ name }) => name),
        `Filter for ${own}.`,
      ),
    );
  }
}

/** Datadog's tag of a target group: CloudWatch's dimension, the end of the ARN. */
function filterOf({ targetGroupArn }: TargetGroup): string {
  return `targetgroup:${groupDimension(targetGroupArn)}`;
}
