import type { Millis } from '../../model/duration.js';
import { SECOND } from '../../model/duration.js';
import type { Clock } from '../context.js';

/** Classes of API calls that AWS meters apart, for one account and region. */
export type ApiClass =
  | 'ecs service change'
  | 'ecs service read'
  | 'ecs task definition change'
  | 'ecs task definition read'
  | 'ecs task set change'
  | 'ecs task set read'
  | 'ecs task read'
  | 'ecs task change'
  | 'elb change'
  | 'elb'
  | 'scaling read'
  | 'cloudwatch data'
  | 'cloudwatch list'
  | 'sts';

/**
 * What AWS publishes: burst, and refill for each second (aws-emulators.md §5: the ECS and ELB throttling pages). Task-set calls are
 * in no table that we could read, RunTask and StopTask neither: both are taken as service calls; scaling and sts are guesses on the
 * careful side. CloudWatch publishes rates without bursts (its service-quotas page).
 */
const PUBLISHED: Readonly<Record<ApiClass, { burst: number; perSecond: number }>> = {
  'ecs service change': { burst: 50, perSecond: 5 },
  'ecs service read': { burst: 100, perSecond: 20 },
  'ecs task definition change': { burst: 20, perSecond: 1 },
  'ecs task definition read': { burst: 50, perSecond: 20 },
  'ecs task set change': { burst: 50, perSecond: 5 },
  'ecs task set read': { burst: 100, perSecond: 20 },
  'ecs task read': { burst: 100, perSecond: 20 },
  'ecs task change': { burst: 50, perSecond: 5 },
  'elb change': { burst: 20, perSecond: 3 },
  elb: { burst: 40, perSecond: 10 },
  'scaling read': { burst: 10, perSecond: 4 },
  'cloudwatch data': { burst: 50, perSecond: 50 },
  'cloudwatch list': { burst: 25, perSecond: 25 },
  sts: { burst: 20, perSecond: 10 },
};

/** Others work in the account too. */
const OUR_SHARE = 0.5;

/** ELB meters all its calls together, and the changing ones once more. */
const ALSO_CHARGED: Readonly<Partial<Record<ApiClass, ApiClass>>> = { 'elb change': 'elb' };

interface Waiting {
  urgent: boolean;
  go: () => void;
}

interface Bucket {
  tokens: number;
  filledAt: number;
  queue: Waiting[];
  draining: boolean;
}

export interface Limiter {
  /** Waits for a token of the class (and of those charged with it) in this account and region. Urgent callers, rollbacks, go first. */
  admit(place: { account: string; region: string }, api: ApiClass, urgent: boolean): Promise<void>;
}

/**
 * One for the whole worker, shared by all deployments.
 * @param pace how many times faster than AWS the other side declares itself (a sandbox's speed); 1 for AWS.
 */
export function createLimiter(clock: Clock, pace: number): Limiter {
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string, burst: number): Bucket {
    const known = buckets.get(key);
    if (known) return known;
    const fresh = { tokens: burst, filledAt: clock.now(), queue: [], draining: false };
    buckets.set(key, fresh);
    return fresh;
  }

  async function drain(bucket: Bucket, burst: number, perMs: number): Promise<void> {
    bucket.draining = true;
    while (bucket.queue.length > 0) {
      const now = clock.now();
      bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.filledAt) * perMs);
      bucket.filledAt = now;
      if (bucket.tokens < 1) {
        const wait: Millis = Math.ceil((1 - bucket.tokens) / perMs);
        await clock.sleep(wait);
        continue;
      }
      bucket.tokens -= 1;
      const urgent = bucket.queue.findIndex((waiting) => waiting.urgent);
      const [next] = bucket.queue.splice(Math.max(0, urgent), 1);
      next?.go();
    }
    bucket.draining = false;
  }

  async function take(place: string, api: ApiClass, urgent: boolean): Promise<void> {
    const burst = PUBLISHED[api].burst * OUR_SHARE;
    const perMs = (PUBLISHED[api].perSecond * OUR_SHARE * pace) / SECOND;
    const bucket = bucketOf(`${place} ${api}`, burst);
    const admitted = new Promise<void>((resolve) => bucket.queue.push({ urgent, go: resolve }));
    if (!bucket.draining) void drain(bucket, burst, perMs);
    await admitted;
  }

  return {
    async admit({ account, region }, api, urgent) {
      const place = `${account} ${region}`;
      await take(place, api, urgent);
      const also = ALSO_CHARGED[api];
      if (also) await take(place, also, urgent);
    },
  };
}
