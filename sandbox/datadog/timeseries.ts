import { z } from 'zod';
import { parseQueries } from './query.js';
import type { Expression } from './query.js';
import type { Asked, seriesOf } from './series.js';

const input = z.object({
  data: z.object({
    type: z.literal('timeseries_request'),
    attributes: z.object({
      from: z.int(),
      to: z.int(),
      interval: z.int().positive().optional(),
      queries: z
        .array(z.object({ data_source: z.literal('metrics'), name: z.string().optional(), query: z.string().min(1) }))
        .min(1),
      formulas: z.array(z.object({ formula: z.string().min(1) })).optional(),
    }),
  }),
});

/**
 * Reads the body of `POST /api/v2/query/timeseries`: formulas over named queries, or the queries alone. The interval that is wished for
 * is not: buckets are as long as the sandbox keeps them.
 *
 * @returns what is asked for, or what is wrong with the body
 * @throws QueryError where a query or formula cannot be read
 */
export function readTimeseries(body: string): Asked[] | string {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'The body is no JSON';
  }
  const parsed = input.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `Invalid body: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  }
  const { from, to, queries, formulas } = parsed.data.data.attributes;
  if (from >= to) return 'from must be before to';
  const named = new Map<string, Expression>();
  const each = queries.map(({ name, query }) => {
    const [only, second] = parseQueries(query);
    // Arithmetic belongs into formulas; a query names one metric.
    if (only?.expression.kind !== 'metric' || second) return undefined;
    if (name !== undefined) named.set(name, only.expression);
    return only;
  });
  if (each.includes(undefined)) return 'A query must name one metric; write arithmetic and functions in formulas';
  const expressions = formulas?.flatMap(({ formula }) => parseQueries(formula, named)) ?? each;
  return expressions.flatMap((read, index) => (read ? [{ from, to, index, ...read }] : []));
}

/** Series as v2 shows them: the times once, for each series its values or null. */
export function showTimeseries(all: ReturnType<typeof seriesOf>): unknown {
  const times = [...new Set(all.flatMap(({ pointlist }) => pointlist.map(([time]) => time)))].sort((a, b) => a - b);
  return {
    data: {
      id: '0',
      type: 'timeseries_response',
      attributes: {
        series: all.map(({ query_index, tag_set }) => ({ query_index, group_tags: tag_set, unit: null })),
        times,
        values: all.map(({ pointlist }) => {
          const values = new Map(pointlist);
          return times.map((time) => values.get(time) ?? null);
        }),
      },
    },
  };
}
