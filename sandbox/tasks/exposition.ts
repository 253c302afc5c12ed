import type { TrafficRecord } from '../cloud/traffic-record.js';
import { SECOND } from '../cloud/times.js';

/** Upper bounds in seconds: the defaults of Prometheus's client libraries. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How many of so many answers took no longer; spread exponentially around their mean. Only rises while the answers do. */
function within(count: number, meanMillis: number, seconds: number): number {
  return meanMillis === 0 ? count : Math.floor(count * (1 - Math.exp((-seconds * SECOND) / meanMillis)));
}

/** What a task's own `/metrics` tells, in the Prometheus text format: requests by status, and how long they took. */
export function expositionOf(traffic: TrafficRecord, taskId: string): string {
  const { statuses, responses } = traffic.byTask[taskId] ?? { statuses: {}, responses: {} };
  const answers = Object.entries(responses).map(([mean, count]) => ({ mean: Number(mean), count }));
  const total = answers.reduce((sum, { count }) => sum + count, 0);
  const seconds = answers.reduce((sum, { mean, count }) => sum + (mean * count) / SECOND, 0);
  return [
    '# HELP http_requests_total Requests that were answered, by status.',
    '# TYPE http_requests_total counter',
    // As client libraries do: a status is there from its first answer on.
    ...Object.entries(statuses).map(([status, count]) => `http_requests_total{status="${status}"} ${count}`),
    '# HELP http_request_duration_seconds How long they took.',
    '# TYPE http_request_duration_seconds histogram',
    ...BOUNDS.map((bound) => {
      const count = answers.reduce((sum, answer) => sum + within(answer.count, answer.mean, bound), 0);
      return `http_request_duration_seconds_bucket{le="${bound}"} ${count}`;
    }),
    `http_request_duration_seconds_bucket{le="+Inf"} ${total}`,
    `http_request_duration_seconds_sum ${seconds}`,
    `http_request_duration_seconds_count ${total}`,
    '# HELP process_resident_memory_bytes Memory of the process.',
    '# TYPE process_resident_memory_bytes gauge',
    'process_resident_memory_bytes 52428800',
    '',
  ].join('\n');
}
