import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { mathText, termsOf } from '../../../model/cloudwatch-math.js';
import type { CloudWatchQuery } from '../../../model/cloudwatch-query.js';
import { metricKey, type Term } from '../../../model/cloudwatch-term.js';
import { SECOND, type Millis } from '../../../model/duration.js';

/** One call's queries, and under which id each of them answers. */
export interface ComposedCall {
  queries: readonly CloudWatchQuery[];
  data: MetricDataQuery[];
  /** By the query's text. */
  idOf: ReadonlyMap<string, string>;
}

/** Limits of one GetMetricData (its page in the API reference): what it takes, and how many points it gives at once. */
const ENTRIES = 500;
const POINTS = 100_800;

/** A call that is being put together. */
interface Draft {
  queries: CloudWatchQuery[];
  metrics: Map<string, { id: string; term: Term; returned: boolean }>;
  expressions: Map<string, { id: string; entry: MetricDataQuery }>;
}

function keyOf(term: Term): string {
  return `${term.stat} ${metricKey(term)}`;
}

/** Whether the query is one metric and nothing around it. */
function singleTerm(query: CloudWatchQuery): Term | undefined {
  return query.kind === 'math' && query.expression.kind === 'term' ? query.expression.term : undefined;
}

function newEntries(draft: Draft, query: CloudWatchQuery): number {
  if (query.kind === 'insights') return 1;
  const fresh = new Set(
    termsOf(query.expression)
      .map(keyOf)
      .filter((key) => !draft.metrics.has(key)),
  );
  return fresh.size + (singleTerm(query) ? 0 : 1);
}

function fits(draft: Draft, query: CloudWatchQuery, limit: number): boolean {
  if (query.kind === 'insights' && draft.queries.some(({ kind }) => kind === 'insights')) return false;
  return draft.metrics.size + draft.expressions.size + newEntries(draft, query) <= limit;
}

function add(draft: Draft, query: CloudWatchQuery, period: Millis): void {
  draft.queries.push(query);
  const id = `e${draft.expressions.size}`;
  if (query.kind === 'insights') {
    // Of Metrics Insights and nothing else AWS wants the period here.
    draft.expressions.set(query.text, {
      id,
      entry: { Id: id, Expression: query.text, Period: period / SECOND, ReturnData: true },
    });
    return;
  }
  const nameOf = (term: Term): string => {
    const key = keyOf(term);
    const known = draft.metrics.get(key) ?? { id: `m${draft.metrics.size}`, term, returned: false };
    draft.metrics.set(key, known);
    return known.id;
  };
  const single = singleTerm(query);
  const expression = mathText(query.expression, nameOf);
  if (!single) {
    draft.expressions.set(query.text, { id, entry: { Id: id, Expression: expression, ReturnData: true } });
    return;
  }
  const metric = draft.metrics.get(keyOf(single));
  if (metric) metric.returned = true;
}

function metricEntry(
  id: string,
  { stat, namespace, metric, dimensions }: Term,
  period: Millis,
  returned: boolean,
): MetricDataQuery {
  return {
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: dimensions.map(({ name, value }) => ({ Name: name, Value: value })),
      },
      Period: period / SECOND,
      Stat: stat,
    },
    ReturnData: returned,
  };
}

function finished({ queries, metrics, expressions }: Draft, period: Millis): ComposedCall {
  const idOf = new Map([...expressions].map(([text, { id }]) => [text, id]));
  for (const query of queries) {
    const single = singleTerm(query);
    const id = single && metrics.get(keyOf(single))?.id;
    if (id !== undefined) idOf.set(query.text, id);
  }
  return {
    queries,
    data: [
      ...[...metrics.values()].map(({ id, term, returned }) => metricEntry(id, term, period, returned)),
      ...[...expressions.values()].map(({ entry }) => entry),
    ],
    idOf,
  };
}

/**
 * Puts queries into as few calls as CloudWatch's limits allow. A metric that several of them name is asked for once, since it is billed
 * by the metric; one call takes one SELECT.
 * @param buckets how many points each series can have
 */
export function composeCalls(queries: readonly CloudWatchQuery[], period: Millis, buckets: number): ComposedCall[] {
  const limit = Math.max(1, Math.min(ENTRIES, Math.floor(POINTS / Math.max(1, buckets))));
  const drafts: Draft[] = [];
  for (const query of queries) {
    let draft = drafts.find((each) => fits(each, query, limit));
    if (!draft) drafts.push((draft = { queries: [], metrics: new Map(), expressions: new Map() }));
    add(draft, query, period);
  }
  return drafts.map((draft) => finished(draft, period));
}
