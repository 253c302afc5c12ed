import type { Look } from '../../../analysis/judge.js';
import type { CloudWatchProvider } from '../../../config/server.js';
import { isReportedWhenNotZero, neverReported } from '../../../model/cloudwatch-alb.js';
import { isPlainArithmetic, metricTerms, withoutFill, type CloudWatchQuery } from '../../../model/cloudwatch-query.js';
import { dimensionsText, metricKey, scopeOf, termText, type Term } from '../../../model/cloudwatch-term.js';
import { DAY, HOUR, type Millis } from '../../../model/duration.js';
import type { Point } from '../../../model/evidence.js';
import { COMMANDS } from '../../aws/commands.js';
import { SourceError, type Confirming, type MetricSourceClient } from '../source.js';
import { isDenied } from './failure.js';
import { isListed, type Listing } from './listed.js';
import { readQuery, type WindowRequest } from './request.js';

/** How long a metric that CloudWatch listed is not asked for again. */
const KNOWN_FOR: Millis = HOUR;
/** How far back a point is looked for when the identity may not list metrics, and in which buckets. */
const HISTORY: Millis = 14 * DAY;
const HISTORY_PERIOD: Millis = HOUR;
/** What confirming needs from the source around it. */
export interface Asking extends Listing {
  history: MetricSourceClient['read'];
}

/** What a source knows of the metrics that it was asked for. */
export interface Known {
  /** Learns from a window's answer: a point proves that its metric exists. */
  sawLook(request: WindowRequest, look: Look, now: number): void;
  saw(query: CloudWatchQuery, points: readonly Point[], now: number): void;
  confirm(confirming: Confirming): Promise<string | undefined>;
}

/** The error of a window whose points all were filled in for a metric that CloudWatch does not have. */
function unknownMetric(what: string, { namespace, metric }: Pick<Term, 'namespace' | 'metric'>): SourceError {
  return new SourceError(
    'refused',
    `CloudWatch knows no metric ${metric} in ${namespace}: no point of it is not the same as none. ` +
      `Check both names in the query of ${what}; a right one becomes known within 15 minutes of its first point.`,
  );
}

/** Makes the memory of one source, and the way to ask CloudWatch for what is not in it. */
export function createConfirm(provider: CloudWatchProvider, on: Asking): Known {
  /** Metric, or whole query → until when it is known to exist; dimensions → until when they are known to be somebody's. Epoch ms. */
  const metrics = new Map<string, number>();
  const scopes = new Map<string, number>();
  const action = COMMANDS.ListMetrics.action;

  function learn(term: Term, until: number): void {
    metrics.set(metricKey(term), until);
    scopes.set(scopeOf(term), until);
  }

  function isKnown(map: ReadonlyMap<string, number>, key: string, now: number): boolean {
    return (map.get(key) ?? 0) > now;
  }

  function saw(query: CloudWatchQuery, points: readonly Point[], now: number): void {
    if (points.length === 0) return;
    if (withoutFill(query) === undefined) metrics.set(query.text, now + KNOWN_FOR);
    if (query.kind === 'insights') metrics.set(`${query.namespace} ${query.metric}`, now + KNOWN_FOR);
    else if (isPlainArithmetic(query)) for (const term of metricTerms(query)) learn(term, now + KNOWN_FOR);
  }

  function sawLook({ judged, denominator, watermark }: WindowRequest, look: Look, now: number): void {
    saw(judged, look.points, now);
    if (denominator) saw(denominator, look.denominator ?? [], now);
    if (watermark) saw(watermark, look.watermark ?? [], now);
  }

  async function hasHistory(term: Term, { metric, now, cancelled }: Confirming): Promise<boolean> {
    const { series } = await on.history({
      wanted: [{ id: 'history', query: termText({ ...term, stat: 'SampleCount' }), variant: 'primary' }],
      from: now - HISTORY,
      now,
      resolution: HISTORY_PERIOD,
      timeout: metric.timeout,
      cancelled,
    });
    return (series['history'] ?? []).length > 0;
  }

  async function confirmListed(term: Term, confirming: Confirming): Promise<string | undefined> {
    const { now } = confirming;
    const { namespace, metric, dimensions } = term;
    const sparse = isReportedWhenNotZero(term);
    const scopeKnown = isKnown(scopes, scopeOf(term), now);
    if (sparse && scopeKnown) return undefined;
    // What a load balancer counts is known by name; that its dimensions are somebody's, any of its metrics shows.
    if (await isListed({ namespace, dimensions, ...(!sparse && { metric }) }, confirming, on)) {
      learn(term, now + KNOWN_FOR);
      return undefined;
    }
    if (!sparse && !(await isListed({ namespace, metric }, confirming, on))) {
      throw unknownMetric(confirming.metric.name, term);
    }
    if (scopeKnown) return undefined;
    return (
      `Nothing shows that CloudWatch has a metric ${metric} with the dimensions ${dimensionsText(dimensions)}: it lists none in ${namespace}. ` +
      'Check them or, if they are right and no point means none, write emptyValue: 0.'
    );
  }

  async function confirmTerm(term: Term, confirming: Confirming): Promise<string | undefined> {
    if (isKnown(metrics, metricKey(term), confirming.now)) return undefined;
    const never = neverReported(term);
    if (never) throw new SourceError('refused', `${never.message}. ${never.fix}`);
    try {
      return await confirmListed(term, confirming);
    } catch (error) {
      if (!isDenied(error)) throw error;
      if (await hasHistory(term, confirming)) return undefined;
      return (
        `Nothing shows that CloudWatch has ${termText(term)}: it had no point in 14 days, and the provider ${provider.name} may not list metrics. ` +
        `Allow ${action} or, if the name is right and no point means none, write emptyValue: 0.`
      );
    }
  }

  /** By its name alone: a SELECT does not say with which dimensions. */
  async function confirmNamed(
    { namespace, metric: name }: Pick<Term, 'namespace' | 'metric'>,
    confirming: Confirming,
  ): Promise<string | undefined> {
    const { now, metric } = confirming;
    const named = { namespace, metric: name };
    const key = `${namespace} ${name}`;
    if (isReportedWhenNotZero(named) || isKnown(metrics, key, now)) return undefined;
    try {
      if (!(await isListed(named, confirming, on))) throw unknownMetric(metric.name, named);
    } catch (error) {
      if (!isDenied(error)) throw error;
      return (
        `Nothing shows that CloudWatch has a metric ${name} in ${namespace}, and the provider ${provider.name} may not list metrics. ` +
        `Allow ${action} or, if the name is right and no point means none, write emptyValue: 0.`
      );
    }
    metrics.set(key, now + KNOWN_FOR);
    return undefined;
  }

  async function confirm(confirming: Confirming): Promise<string | undefined> {
    const { metric } = confirming;
    const query = readQuery(metric.query, `The query of ${metric.name}`);
    if (query.kind === 'insights') return await confirmNamed(query, confirming);
    const terms = metricTerms(query);
    if (terms.length === 0 && !isKnown(metrics, query.text, confirming.now)) {
      return `Nothing shows that ${query.text} finds any metric: it had no point yet. If no point means none, write emptyValue: 0.`;
    }
    for (const term of terms) {
      const doubt = await confirmTerm(term, confirming);
      if (doubt !== undefined) return doubt;
    }
    return undefined;
  }

  return { sawLook, saw, confirm };
}
