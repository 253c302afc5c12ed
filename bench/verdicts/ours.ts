import { type ArrivingPoint, replay } from '../../analysis/replay.js';
import type { ComparedMetric } from '../../model/metric.js';
import type { Policy, Verdict } from './policy.js';
import type { Point, Rollout } from './rollout.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** What the product allows of itself for a metric that names no tolerance (verdicts.md §6, rule 3 and rule 8). */
const TOLERANCE = { errors: 1, latency: 1.05 };

/** The setting of a metric of the simulated service: CANARY_PRIMARY with its default test, and the limit that the peers also know. */
function metric(rollout: Rollout, alpha: number): ComparedMetric {
  const { kind, limit } = rollout;
  return {
    name: 'simulated',
    provider: 'simulated',
    source: 'CLOUDWATCH',
    query: 'simulated',
    strategy: 'CANARY_PRIMARY',
    test: 'SEQUENTIAL',
    kind: kind === 'errors' ? 'COUNTS' : 'VALUE',
    canary: {},
    reference: { variant: 'primary', queries: {} },
    deviation: 'HIGH',
    tolerance: TOLERANCE[kind],
    alpha,
    ...(kind === 'errors' && { expected: { max: limit } }),
    interval: rollout.interval * SECOND,
    failureLimit: 0,
    skipOnNoData: false,
    timeout: 30 * SECOND,
    delay: rollout.lag * SECOND,
    maxDelay: Math.max(10 * MINUTE, 2 * rollout.lag * SECOND),
    resolution: MINUTE,
    minMeasured: 0.5,
    errorLimit: 0,
    dryRun: false,
  };
}

/** Our own judge, the very code that the workflow runs, with a budget of `alpha` for this one metric and without extension. */
export function ours(alpha: number): Policy {
  return { name: `sluice ${100 * alpha}%`, budget: alpha, judge: (rollout) => judge(rollout, alpha) };
}

function judge(rollout: Rollout, alpha: number): Verdict {
  const { start, duration, canary, primary, history } = rollout;
  const { verdict, decidedAt, measurements } = replay({
    metric: metric(rollout, alpha),
    start: start * SECOND,
    duration: duration * SECOND,
    maxDuration: duration * SECOND,
    points: { canary: arriving(canary, rollout), primary: arriving([...history, ...primary], rollout) },
  });
  return {
    verdict: verdict === 'PASS' ? 'PROMOTE' : verdict === 'FAIL' ? 'ROLLBACK' : 'HOLD',
    at: (decidedAt - start * SECOND) / MINUTE,
    measurements: measurements.filter((window) => (window.canary?.length ?? 0) > 0).length,
  };
}

/** In milliseconds. The requests behind a p95 are left out: the metric has the value alone. */
function arriving(points: readonly Point[], { kind }: Rollout): ArrivingPoint[] {
  return points.map(({ at, arrivedAt, requests, errors, value }) => ({
    at: at * SECOND,
    arrivedAt: arrivedAt * SECOND,
    ...(kind === 'errors' && requests !== undefined && { requests }),
    ...(errors !== undefined && { errors }),
    ...(value !== undefined && { value }),
  }));
}
