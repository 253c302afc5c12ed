import type { ReadyMade } from '../metric-fields.js';

/** By what a load balancer's metrics are called in CloudWatch, and by those who bring them from there; the first that fits. */
const ASKED_BY: readonly [RegExp, ReadyMade][] = [
  [/5_?xx/i, 'http-5xx-rate'],
  [/4_?xx/i, 'http-4xx-rate'],
  [/target_?response_?time.*p50/i, 'latency-p50'],
  [/target_?response_?time.*p99/i, 'latency-p99'],
  [/target_?response_?time/i, 'latency-p95'],
  [/un_?healthy_?host_?count/i, 'unhealthy-hosts'],
  [/^request_?count\b/i, 'requests'],
];

/**
 * What to write in place of a query that mixes both versions: the fix that keeps the query, and the ready-made metric that asks the same
 * of the canary alone, with all of the lines that it needs. A bound of the query's is none of the metric's: it may be a count where that is a share.
 * @param names of the load balancer's metrics in the query
 */
export function proposeReadyMade(names: readonly string[], fix: string): string {
  const found = ASKED_BY.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
  if (found === undefined) return fix;
  const judged = found === 'unhealthy-hosts' ? 'expected: {max: 0}' : 'strategy: CANARY_PRIMARY';
  const lines = found === 'requests' ? `metric: ${found}` : `metric: ${found}, ${judged}`;
  const place = found === 'requests' ? 'query' : 'query, strategy and expected';
  return `${fix} Or write ${lines} in place of ${place}.`;
}
