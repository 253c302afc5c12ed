import type { ReadyMade } from '../metric-fields.js';
import type { ReadyMadeQueries } from './queries.js';

const REQUESTS = 'http_requests_total';

function quantile(q: string): ReadyMadeQueries {
  return {
    kind: 'VALUE',
    texts: { value: `histogram_quantile(${q}, http_request_duration_seconds_bucket)`, watermark: REQUESTS },
  };
}

/** Ready-made metrics scraped from the tasks, by the names that most client libraries' examples use. Latencies are in seconds. */
export function tasksQueries(metric: ReadyMade): ReadyMadeQueries | undefined {
  switch (metric) {
    case 'http-5xx-rate':
      return { kind: 'COUNTS', texts: { errors: 'http_requests_total{status=~"5.."}', requests: REQUESTS } };
    case 'http-4xx-rate':
      return { kind: 'COUNTS', texts: { errors: 'http_requests_total{status=~"4.."}', requests: REQUESTS } };
    case 'latency-p50':
      return quantile('0.5');
    case 'latency-p95':
      return quantile('0.95');
    case 'latency-p99':
      return quantile('0.99');
    case 'requests':
      return { kind: 'VALUE', texts: { value: REQUESTS } };
    // A task does not know what the load balancer thinks of it.
    case 'unhealthy-hosts':
      return undefined;
    default:
      return metric satisfies never;
  }
}
