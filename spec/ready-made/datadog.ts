import type { ReadyMade } from '../metric-fields.js';
import type { ReadyMadeQueries } from './queries.js';

/** Metrics of Datadog's AWS integration (its page *Amazon Elastic Load Balancing*), of one target group. */
function ofGroup(aggregate: string, name: string): string {
  return `${aggregate}:aws.applicationelb.${name}{targetgroup:{{ .Variant.TargetGroup }}}`;
}

const REQUESTS = `${ofGroup('sum', 'request_count')}.as_count()`;

/** The names of ALB's latency percentiles there. */
const LATENCY = {
  'latency-p50': 'target_response_time.p50',
  'latency-p95': 'target_response_time.p95',
  'latency-p99': 'target_response_time.p99',
} as const;

/** Ready-made metrics read from Datadog. Latencies are in seconds. */
export function datadogQueries(metric: ReadyMade): ReadyMadeQueries {
  switch (metric) {
    case 'http-5xx-rate':
      return {
        kind: 'COUNTS',
        texts: { errors: `${ofGroup('sum', 'httpcode_target_5xx')}.as_count()`, requests: REQUESTS },
      };
    case 'http-4xx-rate':
      return {
        kind: 'COUNTS',
        texts: { errors: `${ofGroup('sum', 'httpcode_target_4xx')}.as_count()`, requests: REQUESTS },
      };
    case 'latency-p50':
    case 'latency-p95':
    case 'latency-p99':
      return { kind: 'VALUE', texts: { value: ofGroup('avg', LATENCY[metric]), watermark: REQUESTS } };
    case 'requests':
      return { kind: 'VALUE', texts: { value: REQUESTS } };
    case 'unhealthy-hosts':
      return { kind: 'VALUE', texts: { value: ofGroup('max', 'un_healthy_host_count') } };
    default:
      return metric satisfies never;
  }
}
