export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** Length of one bucket of AWS's metrics (load-balancer-cloudwatch-metrics page: 60-second periods). */
const METRIC_PERIOD = 60;

/**
 * Milliseconds that a time of AWS's takes here: everything AWS keeps time of runs `speed` times faster.
 *
 * @param seconds - the time on AWS
 */
export function scaled(seconds: number, speed: number): number {
  return (seconds * SECOND) / speed;
}

/** Length of a metric bucket in ms: a minute on AWS, and never under a second, as Datadog's API speaks in whole seconds. */
export function bucketLength(speed: number): number {
  return Math.max(1, Math.round(METRIC_PERIOD / speed)) * SECOND;
}

/** How finely the simulation looks at time, in ms. */
export function stepLength(speed: number): number {
  return Math.max(25, Math.min(SECOND, SECOND / speed));
}
