import type { ReadyMade } from '../metric-fields.js';
import type { ReadyMadeQueries } from './queries.js';

/**
 * ALB's metrics as yet-another-cloudwatch-exporter names them: one gauge for each statistic, with the dimensions as labels. The
 * exporter carries CloudWatch's own one-minute buckets.
 */
function ofGroup(name: string, statistic: string): string {
  return `sum(aws_applicationelb_${name}_${statistic}{dimension_TargetGroup="{{ .Variant.TargetGroup }}"})`;
}

const REQUESTS = ofGroup('request_count', 'sum');

/** Ready-made metrics read from Prometheus. Latencies are in seconds. */
export function prometheusQueries(metric: ReadyMade): ReadyMadeQueries {
  switch (metric) {
    case 'http-5xx-rate':
      return { kind: 'COUNTS', texts: { errors: ofGroup('httpcode_target_5_xx_count', 'sum'), requests: REQUESTS } };
    case 'http-4xx-rate':
      return { kind: 'COUNTS', texts: { errors: ofGroup('httpcode_target_4_xx_count', 'sum'), requests: REQUESTS } };
    case 'latency-p50':
    case 'latency-p95':
    case 'latency-p99': {
      const value = ofGroup('target_response_time', metric.slice('latency-'.length));
      return { kind: 'VALUE', texts: { value, watermark: REQUESTS } };
    }
    case 'requests':
      return { kind: 'VALUE', texts: { value: REQUESTS } };
    case 'unhealthy-hosts':
      return { kind: 'VALUE', texts: { value: ofGroup('un_healthy_host_count', 'maximum') } };
    default:
      return metric satisfies never;
  }
}
