import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countersOfQuotient,
  matcherTest,
  metricsOfTasksQuery,
  parseTasksQuery,
  type TasksExpression,
} from '../../model/tasks-query.js';
import { tasksQueries } from '../../spec/ready-made/tasks.js';

function parsed(text: string): TasksExpression {
  const read = parseTasksQuery(text);
  if ('error' in read) throw new Error(`${read.error.position}: ${read.error.problem}`);
  return read.expression;
}

function increase(metric: string): TasksExpression {
  return { kind: 'increase', selector: { metric, matchers: [] } };
}

describe('queries to the tasks', () => {
  it('reads selectors', () => {
    expect(parsed(`http_requests_total{status=~"5..",method!='GET', path!~"/a\\"b",zone="",}`)).toEqual({
      kind: 'increase',
      selector: {
        metric: 'http_requests_total',
        matchers: [
          { label: 'status', operator: '=~', value: '5..' },
          { label: 'method', operator: '!=', value: 'GET' },
          { label: 'path', operator: '!~', value: '/a"b' },
          { label: 'zone', operator: '=', value: '' },
        ],
      },
    });
  });

  it('reads functions and arithmetic, which binds as everywhere', () => {
    expect(parsed('rate(a{b="c"})')).toMatchObject({ kind: 'rate', selector: { metric: 'a' } });
    expect(parsed('max(a)')).toMatchObject({ kind: 'gauge', by: 'max' });
    expect(parsed('histogram_quantile(0.95, a_bucket{b="c"})')).toMatchObject({ kind: 'quantile', quantile: 0.95 });
    const operation = (operator: '+' | '-' | '*' | '/', left: TasksExpression, right: TasksExpression) => ({
      kind: 'operation',
      operator,
      left,
      right,
    });
    const [a, b, c] = ['a', 'b', 'c'].map(increase) as [TasksExpression, TasksExpression, TasksExpression];
    expect(parsed('a + b * c')).toEqual(operation('+', a, operation('*', b, c) as TasksExpression));
    expect(parsed('(a + b) * c')).toEqual(operation('*', operation('+', a, b) as TasksExpression, c));
    expect(parsed('a - b - c')).toEqual(operation('-', operation('-', a, b) as TasksExpression, c));
    expect(parsed('a / 1.5e2')).toEqual(operation('/', a, { kind: 'number', value: 150 }));
    expect(parsed('-a')).toEqual(operation('-', { kind: 'number', value: 0 }, a));
    expect(parsed('sum')).toEqual(increase('sum'));
  });

  it.each([
    ['', 0, /the query ends where a metric/],
    ['1 + 2', 0, /names no metric/],
    ['a{b=c}', 4, /value of b stands in no quotes/],
    ['a{b~"c"}', 3, /"~" cannot be read/],
    ['a{="c"}', 2, /label name is missing/],
    ['a{b=~"("}', 5, /no regular expression/],
    ['a{b="c"', 7, /the query ends where }/],
    ['rate(a[5m])', 6, /a range cannot be given/],
    ['sum(rate(a))', 4, /rate\(…\) stands where only a selector can/],
    ['sum by (b) (a)', 4, /by follows the end/],
    ['irate(a)', 0, /no function irate/],
    ['histogram_quantile(95, a_bucket)', 19, /no number from 0 to 1/],
    ['histogram_quantile(0.9, a)', 24, /no histogram's _bucket series/],
    ['(a', 2, /the query ends where \)/],
    ['a b', 2, /b follows the end/],
    ['a +', 3, /the query ends where a metric/],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, 51, /too deep/],
  ])('says of %j where it goes wrong and what to write', (text, position, problem) => {
    const read = parseTasksQuery(text);
    expect(read).toMatchObject({ error: { position, problem: expect.stringMatching(problem) as string } });
    expect('error' in read && read.error.fix).toMatch(/\.$/);
    expect(metricsOfTasksQuery(text)).toEqual([]);
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      'a',
      '{',
      '}',
      '(',
      ')',
      'b="c"',
      '=~',
      ',',
      '+',
      '/',
      '0.5',
      'rate(',
      'sum(',
      '"',
      '[5m]',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((parts) => parts.join('')),
          fc.string(),
        ),
        (text) => {
          const read = parseTasksQuery(text);
          if ('error' in read) expect(read.error.position).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });

  it('names metrics once, in order', () => {
    expect(metricsOfTasksQuery('a{x="1"} / (a + histogram_quantile(0.5, b_bucket)) * 2')).toEqual(['a', 'b_bucket']);
  });

  it('finds the two counters of a quotient', () => {
    expect(countersOfQuotient(parsed('(a / b)'))).toEqual({ numerator: increase('a'), denominator: increase('b') });
    expect(countersOfQuotient(parsed('100 * a / b'))).toBeUndefined();
    expect(countersOfQuotient(parsed('avg(a) / b'))).toBeUndefined();
  });

  it('matches whole values, and a missing label as the empty text', () => {
    expect(matcherTest({ operator: '=~', value: '5..' })('500')).toBe(true);
    expect(matcherTest({ operator: '=~', value: '5..' })('1500')).toBe(false);
    expect(matcherTest({ operator: '!~', value: '4..|5..' })('200')).toBe(true);
    expect(matcherTest({ operator: '=', value: '' })('')).toBe(true);
  });

  it('reads all ready-made queries', () => {
    for (const name of [
      'http-5xx-rate',
      'http-4xx-rate',
      'latency-p50',
      'latency-p95',
      'latency-p99',
      'requests',
    ] as const) {
      for (const text of Object.values(tasksQueries(name)?.texts ?? {}))
        expect(parseTasksQuery(text)).not.toHaveProperty('error');
    }
  });
});
