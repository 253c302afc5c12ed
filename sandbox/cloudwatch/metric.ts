import type { Cloud } from '../cloud/cloud.js';
import { countOf } from '../cloud/response-times.js';
import type { MetricBucket } from '../cloud/traffic-record.js';
import { partOf } from '../datadog/metric.js';
import type { Series, Span } from './series.js';
import { merged, statistic, type Observed } from './statistic.js';

export const NAMESPACE = 'AWS/ApplicationELB';

type GroupRecord = MetricBucket['groups'][string];
type LoadBalancerRecord = MetricBucket['loadBalancers'][string];

/** Dimensions by their names. */
export type Dimensions = Readonly<Record<string, string>>;

const PER_LOAD_BALANCER: Readonly<Record<string, (record: LoadBalancerRecord) => number>> = {
  HTTPCode_ELB_5XX_Count: ({ elb502, elb503 }) => elb502 + elb503,
  HTTPCode_ELB_502_Count: ({ elb502 }) => elb502,
  HTTPCode_ELB_503_Count: ({ elb503 }) => elb503,
};

/** Reported for a target group, and added up for its load balancer. */
const COUNTS: Readonly<Record<string, (record: GroupRecord) => number>> = {
  RequestCount: ({ requests }) => requests,
  HTTPCode_Target_2XX_Count: ({ target2xx }) => target2xx,
  HTTPCode_Target_4XX_Count: ({ target4xx }) => target4xx,
  HTTPCode_Target_5XX_Count: ({ target5xx }) => target5xx,
};

/** Reported for a target group alone. */
const GAUGES: Readonly<Record<string, (record: GroupRecord) => number>> = {
  HealthyHostCount: ({ healthy }) => healthy,
  UnHealthyHostCount: ({ unhealthy }) => unhealthy,
};

const RESPONSE_TIME = 'TargetResponseTime';
export const METRICS = [...Object.keys({ ...PER_LOAD_BALANCER, ...COUNTS, ...GAUGES }), RESPONSE_TIME];

/** The last part of an ARN, which is how CloudWatch's dimensions name a load balancer or a target group. */
function loadBalancerName(arn: string): string {
  return arn.split(':loadbalancer/')[1] ?? '';
}

function targetGroupName(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}

interface Group {
  loadBalancer: string;
  targetGroup: string;
  record: GroupRecord;
}

function groupsOf(bucket: MetricBucket): Group[] {
  return Object.entries(bucket.groups).map(([key, record]) => {
    const [arn = '', group = ''] = key.split(' ');
    return { loadBalancer: loadBalancerName(arn), targetGroup: targetGroupName(group), record };
  });
}

/** The groups that a metric with these dimensions is made of; undefined when it is reported with others. */
function selected(metric: string, dimensions: Dimensions, bucket: MetricBucket): Group[] | undefined {
  const { LoadBalancer, TargetGroup, ...others } = dimensions;
  if (LoadBalancer === undefined || Object.keys(others).length > 0) return undefined;
  if (TargetGroup === undefined && metric in GAUGES) return undefined;
  return groupsOf(bucket).filter(
    (group) => group.loadBalancer === LoadBalancer && (TargetGroup === undefined || group.targetGroup === TargetGroup),
  );
}

/**
 * What a metric observed in one bucket: undefined where the count is zero, as a load balancer reports a count only when there is
 * something to count (load-balancer-cloudwatch-metrics page).
 * @param part how much of the bucket is there, 0 to 1: counts of an incomplete one are part of what they will be
 */
function observe(metric: string, dimensions: Dimensions, bucket: MetricBucket, part: number): Observed | undefined {
  const counted = (value: number): Observed | undefined => {
    const count = Math.floor(value * part);
    return count > 0 ? { kind: 'count', count } : undefined;
  };
  const perLoadBalancer = PER_LOAD_BALANCER[metric];
  if (perLoadBalancer) {
    const record = Object.entries(bucket.loadBalancers).find(
      ([arn]) => Object.keys(dimensions).length === 1 && loadBalancerName(arn) === dimensions['LoadBalancer'],
    )?.[1];
    return record && counted(perLoadBalancer(record));
  }
  const groups = selected(metric, dimensions, bucket);
  if (!groups || groups.length === 0) return undefined;
  const count = COUNTS[metric];
  if (count) return counted(groups.reduce((sum, { record }) => sum + count(record), 0));
  const gauge = GAUGES[metric];
  // Reported if there are registered targets.
  if (gauge) {
    const values = groups
      .filter(({ record }) => record.healthy + record.unhealthy > 0)
      .map(({ record }) => gauge(record));
    return values.length > 0 ? { kind: 'gauge', values } : undefined;
  }
  if (metric !== RESPONSE_TIME) return undefined;
  const responses: Record<string, number> = {};
  for (const { record } of groups) {
    for (const [mean, answers] of Object.entries(record.responses)) {
      const shown = Math.floor(answers * part);
      if (shown > 0) responses[mean] = (responses[mean] ?? 0) + shown;
    }
  }
  return countOf(responses) > 0 ? { kind: 'times', responses } : undefined;
}

/** What has arrived at CloudWatch. */
export interface Arrived {
  buckets: readonly MetricBucket[];
  /** Epoch ms: what happened later is not there yet. */
  until: number;
}

/** One metric's series: a period has a value where it observed anything. */
export function seriesOf(
  cloud: Cloud,
  { buckets, until }: Arrived,
  span: Span,
  { metric, dimensions, stat }: { metric: string; dimensions: Dimensions; stat: string },
): Series {
  const byPeriod = new Map<number, Observed[]>();
  for (const bucket of buckets) {
    const at = Math.floor(bucket.start / span.period) * span.period;
    if (at < span.from || at >= span.to) continue;
    const part = partOf(cloud, bucket, until);
    const observed = part > 0 ? observe(metric, dimensions, bucket, part) : undefined;
    if (observed) byPeriod.set(at, [...(byPeriod.get(at) ?? []), observed]);
  }
  const series = new Map<number, number>();
  for (const [at, all] of [...byPeriod].sort(([a], [b]) => a - b)) {
    const whole = merged(all);
    if (whole) series.set(at, statistic(stat, whole));
  }
  return series;
}

/** Every metric that ever had a value in these buckets, with its dimensions. */
export function listedMetrics({ buckets }: Pick<Arrived, 'buckets'>): { metric: string; dimensions: Dimensions }[] {
  const listed = new Map<string, { metric: string; dimensions: Dimensions }>();
  for (const bucket of buckets) {
    const places = groupsOf(bucket).flatMap(
      ({ loadBalancer: LoadBalancer, targetGroup: TargetGroup }): Dimensions[] => [
        { LoadBalancer },
        { LoadBalancer, TargetGroup },
      ],
    );
    for (const metric of METRICS) {
      for (const dimensions of places) {
        const key = JSON.stringify([metric, dimensions]);
        if (!listed.has(key) && observe(metric, dimensions, bucket, 1)) listed.set(key, { metric, dimensions });
      }
    }
  }
  return [...listed.values()];
}
