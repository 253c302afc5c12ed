import { z } from 'zod';

const countersSchema = z.object({
  requests: z.number(),
  /** Requests that met a group with no registered target that takes traffic: ALB answers 503. */
  emptyGroup503: z.number(),
  /** Requests sent to targets that are not healthy, because their group had no healthy one. */
  failOpen: z.number(),
  /** Requests of a rule whose weights are all 0. */
  noWeight503: z.number(),
  elb5xx: z.number(),
  target5xx: z.number(),
  byTargetGroup: z.record(z.string(), z.object({ requests: z.number(), errors: z.number() })),
  byImage: z.record(z.string(), z.object({ requests: z.number(), errors: z.number() })),
});

const bucketSchema = z.object({
  /** Epoch ms. */
  start: z.number(),
  loadBalancers: z.record(z.string(), z.object({ elb502: z.number(), elb503: z.number() })),
  /** By `<load balancer ARN> <target group ARN>`. */
  groups: z.record(
    z.string(),
    z.object({
      requests: z.number(),
      target2xx: z.number(),
      target4xx: z.number().default(0),
      target5xx: z.number(),
      /** Mean response time of a version in ms → how many of its answers are in here. */
      responses: z.record(z.string(), z.number()).default({}),
      healthy: z.number(),
      unhealthy: z.number(),
    }),
  ),
});

/** The traffic's history as it is kept on disk: all counters, and the buckets of the last hours. */
export const trafficRecordSchema = z.object({
  version: z.literal(1),
  /** Epoch ms up to which the traffic is in here. */
  until: z.number(),
  counters: countersSchema,
  buckets: z.array(bucketSchema),
  /** What each task answered since it started, as it would count it itself: by status, and by mean response time in ms. */
  byTask: z
    .record(
      z.string(),
      z.object({ statuses: z.record(z.string(), z.number()), responses: z.record(z.string(), z.number()) }),
    )
    .default({}),
  /** Fractions of requests that have not become whole ones yet, by what they are counted for. */
  carry: z.record(z.string(), z.number()),
});

export type Counters = z.infer<typeof countersSchema>;
export type MetricBucket = z.infer<typeof bucketSchema>;
export type TrafficRecord = z.infer<typeof trafficRecordSchema>;

/** Counters at zero. */
export function noCounters(): Counters {
  return {
    requests: 0,
    emptyGroup503: 0,
    failOpen: 0,
    noWeight503: 0,
    elb5xx: 0,
    target5xx: 0,
    byTargetGroup: {},
    byImage: {},
  };
}

/** A history in which nothing has happened. */
export function noTraffic(now: number): TrafficRecord {
  return { version: 1, until: now, counters: noCounters(), buckets: [], byTask: {}, carry: {} };
}
