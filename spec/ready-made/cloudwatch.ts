import type { ReadyMade } from '../metric-fields.js';
import type { ReadyMadeQueries } from './queries.js';

/** ALB's metrics of one target group (AWS's page *CloudWatch metrics for your Application Load Balancer*). */
function ofGroup(stat: string, name: string): string {
  const dimensions = 'LoadBalancer={{ .Variant.LoadBalancer }},TargetGroup={{ .Variant.TargetGroup }}';
  return `${stat}:AWS/ApplicationELB.${name}{${dimensions}}`;
}

const REQUESTS = ofGroup('Sum', 'RequestCount');

/** Ready-made metrics read from CloudWatch. Latencies are in seconds. */
export function cloudWatchQueries(metric: ReadyMade): ReadyMadeQueries {
  switch (metric) {
    case 'http-5xx-rate':
      return { kind: 'COUNTS', texts: { errors: ofGroup('Sum', 'HTTPCode_Target_5XX_Count'), requests: REQUESTS } };
    case 'http-4xx-rate':
      return { kind: 'COUNTS', texts: { errors: ofGroup('Sum', 'HTTPCode_Target_4XX_Count'), requests: REQUESTS } };
    case 'latency-p50':
    case 'latency-p95':
    case 'latency-p99': {
      const value = ofGroup(metric.slice('latency-'.length), 'TargetResponseTime');
      return { kind: 'VALUE', texts: { value, watermark: REQUESTS } };
    }
    case 'requests':
      return { kind: 'VALUE', texts: { value: REQUESTS } };
    case 'unhealthy-hosts':
      return { kind: 'VALUE', texts: { value: ofGroup('Maximum', 'UnHealthyHostCount') } };
    default:
      return metric satisfies never;
  }
}
