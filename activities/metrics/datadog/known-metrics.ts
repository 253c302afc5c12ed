import type { Look } from '../../../analysis/judge.js';
import { describeSecret } from '../../../config/secret.js';
import type { DatadogProvider } from '../../../config/server.js';
import { metricsOf, quotientOf, withoutDefaults } from '../../../model/datadog-query.js';
import { HOUR, type Millis } from '../../../model/duration.js';
import type { Metric } from '../../../model/metric.js';
import { SourceError } from '../source.js';
import { metricsApi, type Keys } from './connection.js';
import type { Head } from '../rate-limit.js';
import { HttpFailure } from './http.js';

/**
 * Counts that an Application Load Balancer reports only when they are not zero, by the names of Datadog's AWS integration (the pages
 * *CloudWatch metrics for your Application Load Balancer* and *Amazon Elastic Load Balancing*). A balancer that never answered 5xx has
 * never sent one, so whether Datadog knows the name yet says nothing about the name.
 */
const REPORTED_WHEN_NOT_ZERO =
  /^aws\.applicationelb\.(httpcode_elb_([345]xx|50[0234])|httpcode_target_[2345]xx|(target_connection_error|rejected_connection)_count)$/;

/** Whether a metric is known to exist without asking. */
export function isWellKnown(name: string): boolean {
  return REPORTED_WHEN_NOT_ZERO.test(name);
}

/** How long a metric that Datadog said it knows is not asked for again. */
export const KNOWN_FOR: Millis = HOUR;
/** How far back a point is looked for when the key may not read what Datadog knows of a metric. */
export const HISTORY: Millis = 30 * 24 * HOUR;

/**
 * The metrics of a query that a look's points prove to exist. A query without defaults has a point only where all of its metrics have
 * one; one with defaults has points that nobody sent.
 */
export function metricsSeen(metric: Metric, look: Look): string[] {
  const seen = (points: Look['denominator']): boolean => points?.some(({ value }) => value > 0) ?? false;
  const whole =
    withoutDefaults(metric.query) === undefined
      ? look.points.length > 0
      : metric.watermark === undefined && seen(look.watermark);
  if (whole) return metricsOf(metric.query);
  const quotient = quotientOf(metric.query);
  return quotient && seen(look.denominator) ? metricsOf(quotient.denominator) : [];
}

/** What Datadog says of a metric's name; FORBIDDEN when the key may not ask. */
export type Metadata = 'KNOWN' | 'UNKNOWN' | 'FORBIDDEN';

/**
 * Asks `GET /api/v1/metrics/{name}` whether Datadog knows a metric (404: it does not; the API page's *Get metric metadata*).
 * @param timeout in ms
 * @param seen hears of the answer's head
 * @throws what the client or the connection throws for every other answer
 */
export async function askMetadata(
  provider: DatadogProvider,
  keys: Keys,
  name: string,
  timeout: number,
  seen: (head: Head) => void,
): Promise<Metadata> {
  try {
    await metricsApi(provider, keys, timeout, seen).getMetricMetadata({ metricName: name });
    return 'KNOWN';
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    const { status } = error.head;
    if (status === 404 || status === 400) return 'UNKNOWN';
    if (status === 401 || status === 403) return 'FORBIDDEN';
    throw error;
  }
}

/** The error of a window whose points all were filled in for a metric that Datadog does not know. */
export function unknownMetric(metric: Metric, name: string): SourceError {
  return new SourceError(
    'refused',
    `Datadog knows no metric ${name}: no point of it is not the same as none. ` +
      `Check its name in the query of ${metric.name}; a right one becomes known with its first point.`,
  );
}

/** Why a metric could be neither confirmed nor denied, and what helps. */
export function unconfirmedMetric(provider: DatadogProvider, name: string): string {
  return (
    `Nothing shows that Datadog has a metric ${name}: it had no point in 30 days, and the application key of the provider ` +
    `${provider.name} (${describeSecret(provider.applicationKey)}) may not ask for its name. ` +
    'Give the key metrics_read or, if the name is right and no point means none, write emptyValue: 0.'
  );
}
