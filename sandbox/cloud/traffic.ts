import { stickySeconds, weightsOf } from '../elb/action.js';
import { versionFaults } from '../panel/fault.js';
import type { Cloud } from './cloud.js';
import type { Rule, Target } from './state.js';
import { loadBalancersOf } from './target-health.js';
import { SECOND, bucketLength, scaled } from './times.js';
import type { MetricBucket } from './traffic-record.js';

/** Buckets that are kept: twelve hours of minutes. */
const KEPT_BUCKETS = 720;
/** Sums of fractions come out a hair under the whole number they stand for. */
const ROUNDING = 1e-6;

/**
 * The requests of a stretch of time that lies in one metric bucket, sent through the rules as they are. No random numbers:
 * fractions of requests are carried until they make a whole one.
 *
 * @param from - epoch ms
 * @param to - epoch ms
 */
export function sendTraffic(cloud: Cloud, from: number, to: number): void {
  const { state } = cloud;
  const bucket = bucketAt(cloud, from);
  cloud.traffic.until = to;
  recordHealth(cloud, bucket);
  const shares = state.rules.reduce((sum, rule) => sum + rule.share, 0);
  if (shares === 0) return;
  const requests = (state.world.traffic.requestsPerSecond * (to - from)) / SECOND;
  for (const rule of state.rules) {
    if (rule.share > 0) throughRule(cloud, bucket, rule, (requests * rule.share) / shares);
  }
}

function throughRule(cloud: Cloud, bucket: MetricBucket, rule: Rule, requests: number): void {
  const loadBalancer = cloud.state.listeners.find((listener) => listener.arn === rule.listenerArn)?.loadBalancerArn;
  if (loadBalancer === undefined) return;
  for (const [groupArn, part] of partsOf(cloud, rule)) {
    const count = whole(cloud, `${rule.arn} ${groupArn ?? ''}`, requests * part);
    if (count === 0) continue;
    cloud.traffic.counters.requests += count;
    if (groupArn === undefined) {
      cloud.traffic.counters.noWeight503 += count;
      count503(cloud, bucket, loadBalancer, count);
    } else {
      toGroup(cloud, bucket, loadBalancer, groupArn, count);
    }
  }
}

/**
 * How a rule's requests are divided: clients with a live cookie of a sticky rule go on to their group whatever its weight or health;
 * the others go by weight, and get a cookie if they keep one.
 */
function partsOf(cloud: Cloud, rule: Rule): Map<string | undefined, number> {
  const { now, world } = cloud.state;
  const actions = followedActions(rule, now);
  const sides = weightsOf(actions);
  const total = sides.reduce((sum, side) => sum + side.weight, 0);
  const byWeight = (part: number): [string | undefined, number][] =>
    total === 0
      ? [[undefined, part]]
      : sides.filter((side) => side.weight > 0).map((side) => [side.arn, (part * side.weight) / total]);
  rule.cookies = rule.cookies.filter(
    (cookie) => cookie.until > now && sides.some((side) => side.arn === cookie.groupArn),
  );
  const parts = new Map<string | undefined, number>();
  const add = (arn: string | undefined, part: number) => parts.set(arn, (parts.get(arn) ?? 0) + part);

  const lasting = stickySeconds(actions);
  if (lasting === undefined) {
    for (const [arn, part] of byWeight(1)) add(arn, part);
    return parts;
  }
  const bound = rule.cookies.reduce((sum, cookie) => sum + cookie.part, 0);
  const free = world.traffic.returningShare - bound;
  if (free > ROUNDING) {
    for (const [groupArn, part] of byWeight(free)) {
      if (groupArn !== undefined) rule.cookies.push({ groupArn, part, until: now + scaled(lasting, cloud.speed) });
    }
  }
  for (const cookie of rule.cookies) add(cookie.groupArn, cookie.part);
  const rest = 1 - rule.cookies.reduce((sum, cookie) => sum + cookie.part, 0);
  for (const [arn, part] of byWeight(rest)) add(arn, part);
  return parts;
}

function followedActions(rule: Rule, now: number): Rule['actions'] {
  rule.before = rule.before.filter(({ until }) => until > now);
  return rule.before[0]?.actions ?? rule.actions;
}

/** Inside a group: to its healthy targets; to all of them when none is healthy (fail open); 503 when there is none. Never to another group. */
function toGroup(cloud: Cloud, bucket: MetricBucket, loadBalancer: string, groupArn: string, count: number): void {
  const { counters } = cloud.traffic;
  const group = (counters.byTargetGroup[groupArn] ??= { requests: 0, errors: 0 });
  group.requests += count;
  const registered = cloud.state.targets.filter(
    (target) => target.groupArn === groupArn && target.state !== 'draining',
  );
  if (registered.length === 0) {
    counters.emptyGroup503 += count;
    group.errors += count;
    count503(cloud, bucket, loadBalancer, count);
    return;
  }
  const healthy = registered.filter((target) => target.state === 'healthy');
  const open = healthy.length === 0;
  if (open) counters.failOpen += count;
  const takers = open ? registered : healthy;
  for (const [place, target] of takers.entries()) {
    const taken = whole(cloud, `${groupArn} ${place}`, count / takers.length);
    if (taken > 0) group.errors += toTarget(cloud, bucket, loadBalancer, target, taken, open);
  }
}

function toTarget(
  cloud: Cloud,
  bucket: MetricBucket,
  loadBalancer: string,
  target: Target,
  count: number,
  open: boolean,
): number {
  const { counters } = cloud.traffic;
  const images = cloud.state.tasks.find((task) => task.id === target.taskId)?.images ?? [];
  const faults = versionFaults(cloud.state.faults, images);
  const broken = Math.max(0, ...faults.map((fault) => fault.badGatewayRate ?? 0));
  const failing = Math.max(0, ...faults.map((fault) => fault.errorRate ?? 0));
  const refusing = Math.max(0, ...faults.map((fault) => fault.clientErrorRate ?? 0));
  const key = `${target.groupArn} ${images[0] ?? ''}`;
  const elb502 = open ? count : Math.min(count, whole(cloud, `${key} 502`, count * broken));
  const answered = count - elb502;
  const target5xx = Math.min(answered, whole(cloud, `${key} 5xx`, answered * failing));
  const target4xx = Math.min(answered - target5xx, whole(cloud, `${key} 4xx`, answered * refusing));
  const record = groupRecord(bucket, loadBalancer, target.groupArn);
  record.requests += count;
  record.target5xx += target5xx;
  record.target4xx += target4xx;
  record.target2xx += answered - target5xx - target4xx;
  if (answered > 0) {
    const millis = faults.find((fault) => fault.responseMillis !== undefined)?.responseMillis;
    const mean = String(millis ?? cloud.state.world.traffic.responseMillis);
    record.responses[mean] = (record.responses[mean] ?? 0) + answered;
  }
  if (elb502 > 0) loadBalancerRecord(bucket, loadBalancer).elb502 += elb502;
  countAnswers(cloud, target.taskId, String(cloud.state.world.traffic.responseMillis), {
    200: count - elb502 - target5xx,
    500: target5xx,
  });
  counters.elb5xx += elb502;
  counters.target5xx += target5xx;
  for (const image of images) {
    const version = (counters.byImage[image] ??= { requests: 0, errors: 0 });
    version.requests += count;
    version.errors += elb502 + target5xx;
  }
  return elb502 + target5xx;
}

/** As the task's own process counts: a connection that it broke off is no answer. */
function countAnswers(cloud: Cloud, taskId: string, mean: string, answers: Readonly<Record<string, number>>): void {
  const { statuses, responses } = (cloud.traffic.byTask[taskId] ??= { statuses: {}, responses: {} });
  for (const [status, count] of Object.entries(answers)) {
    if (count === 0) continue;
    statuses[status] = (statuses[status] ?? 0) + count;
    responses[mean] = (responses[mean] ?? 0) + count;
  }
}

function count503(cloud: Cloud, bucket: MetricBucket, loadBalancer: string, count: number): void {
  cloud.traffic.counters.elb5xx += count;
  loadBalancerRecord(bucket, loadBalancer).elb503 += count;
}

function recordHealth(cloud: Cloud, bucket: MetricBucket): void {
  for (const { arn } of cloud.state.world.targetGroups) {
    const targets = cloud.state.targets.filter((target) => target.groupArn === arn);
    for (const loadBalancer of loadBalancersOf(cloud, arn)) {
      const record = groupRecord(bucket, loadBalancer.arn, arn);
      record.healthy = targets.filter((target) => target.state === 'healthy').length;
      record.unhealthy = targets.filter((target) => target.state === 'unhealthy').length;
    }
  }
}

function bucketAt(cloud: Cloud, at: number): MetricBucket {
  const { buckets } = cloud.traffic;
  const length = bucketLength(cloud.speed);
  const start = Math.floor(at / length) * length;
  const last = buckets.at(-1);
  if (last?.start === start) return last;
  const bucket: MetricBucket = { start, loadBalancers: {}, groups: {} };
  buckets.push(bucket);
  buckets.splice(0, buckets.length - KEPT_BUCKETS);
  return bucket;
}

function groupRecord(bucket: MetricBucket, loadBalancer: string, groupArn: string) {
  return (bucket.groups[`${loadBalancer} ${groupArn}`] ??= {
    requests: 0,
    target2xx: 0,
    target4xx: 0,
    target5xx: 0,
    responses: {},
    healthy: 0,
    unhealthy: 0,
  });
}

function loadBalancerRecord(bucket: MetricBucket, loadBalancer: string) {
  return (bucket.loadBalancers[loadBalancer] ??= { elb502: 0, elb503: 0 });
}

/** The whole requests in this part of one and what was carried over; the rest is carried on. */
function whole(cloud: Cloud, key: string, part: number): number {
  const { carry } = cloud.traffic;
  const sum = (carry[key] ?? 0) + part;
  const count = Math.floor(sum + ROUNDING);
  carry[key] = sum - count;
  return count;
}
