import type { Cloud } from '../cloud/cloud.js';
import { SECOND, bucketLength } from '../cloud/times.js';
import { countOf, meanOf, quantileOf } from '../cloud/response-times.js';
import type { Responses } from '../cloud/response-times.js';
import type { MetricBucket } from '../cloud/traffic-record.js';

/** One value of one resource in one bucket, with the tags that Datadog's AWS integration gives it. */
export interface Sample {
  tags: string[];
  value: number;
}

/** How much of a bucket is there, 0 to 1: counts of an incomplete one are part of what they will be. */
type Part = number;

type GroupRecord = MetricBucket['groups'][string];
type LoadBalancerRecord = MetricBucket['loadBalancers'][string];

const PER_LOAD_BALANCER: Readonly<Record<string, (record: LoadBalancerRecord) => number>> = {
  'aws.applicationelb.httpcode_elb_5xx': ({ elb502, elb503 }) => elb502 + elb503,
  'aws.applicationelb.httpcode_elb_502': ({ elb502 }) => elb502,
  'aws.applicationelb.httpcode_elb_503': ({ elb503 }) => elb503,
};

const PER_TARGET_GROUP: Readonly<Record<string, (record: GroupRecord) => number>> = {
  'aws.applicationelb.request_count': ({ requests }) => requests,
  'aws.applicationelb.httpcode_target_2xx': ({ target2xx }) => target2xx,
  'aws.applicationelb.httpcode_target_4xx': ({ target4xx }) => target4xx,
  'aws.applicationelb.httpcode_target_5xx': ({ target5xx }) => target5xx,
};

type GroupSample = (record: GroupRecord, part: Part) => number | undefined;

/** The percentiles that the integration has of a target's answers (Datadog's page *Amazon Elastic Load Balancing*). */
const PERCENTILES = [50, 90, 95, 99];

function answerTime(of: (responses: Responses) => number): GroupSample {
  return ({ responses }, part) => (Math.floor(countOf(responses) * part) > 0 ? of(responses) / SECOND : undefined);
}

/** Undefined where there is nothing to take an average of. */
const GAUGE_PER_TARGET_GROUP: Readonly<Record<string, GroupSample>> = {
  'aws.applicationelb.target_response_time.average': answerTime(meanOf),
  ...Object.fromEntries(
    PERCENTILES.map((percent) => [
      `aws.applicationelb.target_response_time.p${percent}`,
      answerTime((responses) => quantileOf(responses, percent / 100)),
    ]),
  ),
  'aws.applicationelb.healthy_host_count': ({ healthy }) => healthy,
  'aws.applicationelb.un_healthy_host_count': ({ unhealthy }) => unhealthy,
};

/** What Datadog's integration says of a metric; undefined for one that it does not have. Known whether it ever had a point or not. */
export function metadataOf(metric: string): { type: string; integration: string; short_name: string } | undefined {
  const known = [PER_LOAD_BALANCER, PER_TARGET_GROUP, GAUGE_PER_TARGET_GROUP].some((each) =>
    Object.hasOwn(each, metric),
  );
  const name = metric.replace('aws.applicationelb.', '').replace(/[._]/g, ' ');
  return known ? { type: 'gauge', integration: 'amazon_web_services', short_name: name } : undefined;
}

/**
 * What a metric says in a bucket: nothing where the count is zero, as ALB reports a count only when there is something to count, and
 * counts as requests only those that found a target (load-balancer-cloudwatch-metrics page).
 */
export function samplesOf(cloud: Cloud, metric: string, bucket: MetricBucket, part: Part): Sample[] {
  const counted = (value: number, tags: string[]): Sample[] => {
    const shown = Math.floor(value * part);
    return shown > 0 ? [{ tags, value: shown }] : [];
  };
  const perLoadBalancer = PER_LOAD_BALANCER[metric];
  if (perLoadBalancer) {
    return Object.entries(bucket.loadBalancers).flatMap(([arn, record]) =>
      counted(perLoadBalancer(record), tagsOf(cloud, arn)),
    );
  }
  const groups = Object.entries(bucket.groups).map(([key, record]) => {
    const [arn = '', group = ''] = key.split(' ');
    return { record, tags: [...tagsOf(cloud, arn), groupTag(group)] };
  });
  const perGroup = PER_TARGET_GROUP[metric];
  if (perGroup) return groups.flatMap(({ record, tags }) => counted(perGroup(record), tags));
  const gauge = GAUGE_PER_TARGET_GROUP[metric];
  return groups.flatMap(({ record, tags }) => {
    const value = gauge?.(record, part);
    return value === undefined ? [] : [{ tags, value }];
  });
}

/** Part of the bucket that happened up to `until`, of what has happened of it. */
export function partOf(cloud: Cloud, bucket: MetricBucket, until: number): Part {
  const happened = Math.min(bucketLength(cloud.speed), cloud.state.now - bucket.start);
  if (happened <= 0) return 0;
  return Math.max(0, Math.min(happened, until - bucket.start)) / happened;
}

function tagsOf(cloud: Cloud, arn: string): string[] {
  const { world, loadBalancers } = cloud.state;
  const found = loadBalancers.find((candidate) => candidate.arn === arn);
  return [
    ...world.datadog.tags,
    `region:${world.region}`,
    `aws_account:${world.account}`,
    `loadbalancer:${arn.split(':loadbalancer/')[1] ?? ''}`,
    ...(found ? [`hostname:${found.dnsName}`, `dnsname:${found.dnsName}`, `name:${found.name}`] : []),
  ].map((tag) => tag.toLowerCase());
}

/** A group's tag is its CloudWatch dimension: `targetgroup:targetgroup/blue/1111…`. */
function groupTag(arn: string): string {
  return `targetgroup:${arn.split(':').at(-1) ?? ''}`.toLowerCase();
}
